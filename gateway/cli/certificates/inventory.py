"""`gateway certs add|list|expiring|release|withdraw|self-check|refresh`: the inventory of signing certificates."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from certs.errors import CertsError
from certs.model import CertificateRole
from certs.store import SigningCertificate
from gateway.callers import OPERATOR
from gateway.certificate_care import check_keys, refresh_revocation
from gateway.cli.certificates.reading import app, read_certificates
from gateway.cli.session import open_services
from gateway.db.tables.documents import SignaturePictureRow
from gateway.signing_requests import release_certificate


@app.command()
def add(
    unit_id: str,
    role: CertificateRole,
    certificate: Path,
    key_source: Annotated[str, typer.Option(help="pkcs11:token=…;object=…?pin-source=file:/… or pkcs12:/path?…")],
    chain: Annotated[Path | None, typer.Option(help="Issuers, PEM, nearest first")] = None,
    picture: Annotated[Path | None, typer.Option(help="Transparent PNG: handwriting or seal")] = None,
) -> None:
    """Add a certificate to the inventory; the PIN stays where key_source says it is. Prints the certificate's id."""
    now = datetime.now(UTC)
    ders = read_certificates(certificate)
    chain_ders = read_certificates(chain) if chain else ders[1:]
    with open_services() as services, services.unit_of_work() as work:
        try:
            row = work.certificates.add(
                unit_id=unit_id,
                label=certificate.stem,
                role=role,
                certificate_der=ders[0],
                chain_ders=chain_ders,
                key_source_uri=key_source,
                now=now,
            )
        except CertsError as error:
            raise typer.BadParameter(str(error)) from None
        if picture is not None:
            sha256 = services.blobs.put_file(picture).sha256
            work.session.add(SignaturePictureRow(certificate_id=row.id, unit_id=unit_id, sha256=sha256, set_at=now))
        work.audited(OPERATOR, "certificate.added", row.id, unit_id, now, sha256=row.sha256)
        work.commit()
        print(row.id)


@app.command("list")
def list_certificates(
    unit_id: str, as_json: Annotated[bool, typer.Option("--json", help="Machine-readable")] = False
) -> None:
    """List a unit's signing certificates with state and validity."""
    with open_services() as services, services.unit_of_work(read_only=True) as work:
        rows = work.certificates.list(unit_id)
    _show(rows, as_json)


@app.command()
def expiring(days: int = 90, as_json: Annotated[bool, typer.Option("--json", help="Machine-readable")] = False) -> None:
    """List the certificates in use that expire within so many days, the most urgent first."""
    with open_services() as services, services.unit_of_work(read_only=True) as work:
        rows = work.certificates.find_expiring(datetime.now(UTC) + timedelta(days=days))
    _show(rows, as_json)


def _show(rows: Sequence[SigningCertificate], as_json: bool) -> None:
    shown = [
        {
            "id": row.id,
            "role": row.role,
            "holder": row.holder_name,
            "state": row.state,
            "hold": row.hold_code or "",
            "valid_until": row.valid_until.isoformat(),
        }
        for row in rows
    ]
    if as_json:
        print(json.dumps(shown, ensure_ascii=False, indent=1))
        return
    table = Table(*(shown[0] if shown else {"certificates": ""}))
    for item in shown:
        table.add_row(*item.values())
    Console().print(table)


@app.command()
def release(certificate_id: str, actor: Annotated[str, typer.Option(help="Who decided this")]) -> None:
    """Lift a hold after its cause (a wrong PIN, say) is mended; the steps that waited go on."""
    with open_services() as services, services.unit_of_work() as work:
        try:
            count = release_certificate(work, certificate_id, actor, datetime.now(UTC))
        except CertsError as error:
            raise typer.BadParameter(str(error)) from None
        work.commit()
    print(f"Released; {count} waiting step(s) go on.")


@app.command()
def withdraw(
    certificate_id: str,
    actor: Annotated[str, typer.Option(help="Who decided this")],
    replaced_by: Annotated[str | None, typer.Option(help="The successor's id, if it has one")] = None,
) -> None:
    """End use of a certificate for good; requests that still name it are told so."""
    now = datetime.now(UTC)
    with open_services() as services, services.unit_of_work() as work:
        try:
            row = work.certificates.withdraw(certificate_id, replaced_by)
        except CertsError as error:
            raise typer.BadParameter(str(error)) from None
        work.audited(actor, "certificate.withdrawn", row.id, row.unit_id, now, replaced_by=replaced_by)
        work.commit()
    print("Withdrawn.")


@app.command("self-check")
def self_check(
    certificate_id: Annotated[str | None, typer.Argument(help="Without it: all keys in use")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable")] = False,
) -> None:
    """Let each key in use sign a nonce, for once a week; ends with 1 if one does not. A refused PIN holds its key."""
    with open_services() as services:
        checks = check_keys(services, datetime.now(UTC), certificate_id)
    if as_json:
        print(json.dumps([asdict(check) for check in checks], ensure_ascii=False, indent=1))
    else:
        for check in checks:
            outcome = f"{check.code}: {check.fact}" if check.code else "signs"
            print(f"{check.certificate_id}  {check.holder_name}: {outcome}")
    if any(check.code for check in checks) or (certificate_id and not checks):
        raise typer.Exit(1)


@app.command()
def refresh(as_json: Annotated[bool, typer.Option("--json", help="Machine-readable")] = False) -> None:
    """Ask OCSP responders and CRL addresses anew about every certificate in use, and keep the answers."""
    with open_services() as services:
        done = refresh_revocation(services, datetime.now(UTC))
    if as_json:
        print(json.dumps([asdict(item) for item in done], ensure_ascii=False, indent=1))
    else:
        for item in done:
            print(f"{item.certificate_id}  {item.holder_name}: {item.answers} answer(s) {'; '.join(item.failures)}")
    if any(not item.answers for item in done):
        raise typer.Exit(1)
