"""`gateway certs`: the inventory of signing certificates and the trust anchors."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from rich.console import Console
from rich.table import Table

from certs.errors import CertsError
from certs.model import CertificateRole, Purpose
from certs.store import SigningCertificate
from gateway.callers import OPERATOR
from gateway.cli.session import open_services
from gateway.db.tables.documents import SignaturePictureRow
from gateway.signing_requests import release_certificate

app = typer.Typer(no_args_is_help=True, help="Signing certificates and trust anchors.")


def read_certificates(path: Path) -> list[bytes]:
    """Return the certificates of a PEM or DER file as DER.

    Raises:
        typer.BadParameter: Not readable as either.
    """
    content = path.read_bytes()
    try:
        if b"-----BEGIN CERTIFICATE-----" in content:
            return [item.public_bytes(Encoding.DER) for item in x509.load_pem_x509_certificates(content)]
        return [x509.load_der_x509_certificate(content).public_bytes(Encoding.DER)]
    except ValueError:
        raise typer.BadParameter(f"{path} holds no certificate in PEM or DER") from None


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


@app.command("install-anchor")
def install_anchor(
    unit_id: str, purpose: Purpose, certificate: Path, actor: Annotated[str, typer.Option(help="Who installs it")]
) -> None:
    """Propose a trust anchor and print its fingerprint; it counts once a second person has confirmed it."""
    now = datetime.now(UTC)
    with open_services() as services, services.unit_of_work() as work:
        row = work.certificates.install_anchor(
            unit_id=unit_id,
            purpose=purpose,
            certificate_der=read_certificates(certificate)[0],
            installed_by=actor,
            trusted_from=now,
            now=now,
        )
        work.audited(actor, "anchor.installed", row.id, unit_id, now, sha256=row.sha256, purpose=purpose.value)
        work.commit()
        print(f"{row.id}\n{row.holder_name}\nSHA-256 {row.sha256}")


@app.command("confirm-anchor")
def confirm_anchor(
    anchor_id: str,
    fingerprint: Annotated[str, typer.Option(help="SHA-256, read from a source of your own")],
    actor: Annotated[str, typer.Option(help="Who confirms it: not the one who installed it")],
) -> None:
    """Confirm a trust anchor by comparing its fingerprint; from then on it counts."""
    now = datetime.now(UTC)
    with open_services() as services, services.unit_of_work() as work:
        try:
            row = work.certificates.confirm_anchor(anchor_id, actor, now)
        except CertsError as error:
            raise typer.BadParameter(str(error)) from None
        if row.sha256 != fingerprint.replace(":", "").lower():
            raise typer.BadParameter("the fingerprint is not this anchor's; nothing was confirmed")
        work.audited(actor, "anchor.confirmed", row.id, row.unit_id, now, sha256=row.sha256)
        work.commit()
    print("Confirmed.")
