"""`gateway certs add|list|expiring|hold|release|withdraw|profiles|self-check|refresh`: the inventory."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from certs.errors import CertificateStateConflict
from certs.model import CertificateRole
from certs.store import SigningCertificate
from gateway.callers import OPERATOR, check_unit
from gateway.certificate_care import check_one, find_checkable, refresh_revocation
from gateway.certificate_inventory import Decider, NewCertificate, allow_profiles, take_in
from gateway.certificate_inventory import hold as put_on_hold
from gateway.certificate_inventory import withdraw as end_use
from gateway.cli.certificates.reading import app, read_certificates, refusals, shown_progress
from gateway.cli.refusals import told
from gateway.cli.session import open_services
from gateway.db.tables.documents import SignaturePictureRow
from gateway.signing_requests import release_certificate

WORDS = {
    "id": "mã",
    "role": "vai trò",
    "holder": "người giữ",
    "state": "trạng thái",
    "hold": "lý do giữ",
    "valid_until": "hết hạn",
    "key": "nơi giữ khoá",
    "profiles": "được dùng cho",
    "replaced_by": "thay bằng",
    "self_checked_at": "tự kiểm tra lúc",
    "self_check": "lỗi tự kiểm tra",
}


@app.command()
def add(
    unit_id: str,
    role: CertificateRole,
    certificate: Path,
    key_source: Annotated[str, typer.Option(help="pkcs11:token=…;object=…?pin-source=file:/… or pkcs12:/path?…")],
    chain: Annotated[Path | None, typer.Option(help="Issuers, PEM, nearest first")] = None,
    picture: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Transparent PNG: handwriting or seal")
    ] = None,
    profile: Annotated[list[str] | None, typer.Option(help="What it may be used for; repeat; default all")] = None,
) -> None:
    """Add a certificate on your word, without asking its key (see import). Prints the certificate's id."""
    now = datetime.now(UTC)
    ders = read_certificates(certificate)
    new = NewCertificate(
        unit_id=unit_id,
        label=certificate.stem,
        role=role,
        certificate_der=ders[0],
        chain_ders=tuple(read_certificates(chain) if chain else ders[1:]),
        key_source_uri=key_source,
        allowed_profiles=tuple(profile or ()),
    )
    with open_services() as services, services.unit_of_work() as work, refusals():
        row = take_in(work, new, services.profiles, Decider(OPERATOR, OPERATOR), now, key_proved=True)
        if picture is not None:
            sha256 = services.blobs.put_file(picture).sha256
            work.session.add(SignaturePictureRow(certificate_id=row.id, unit_id=unit_id, sha256=sha256, set_at=now))
        work.commit()
        print(row.id)


@app.command("list")
def list_certificates(
    unit_id: str, as_json: Annotated[bool, typer.Option("--json", help="Machine-readable")] = False
) -> None:
    """List a unit's signing certificates with state and validity."""
    with open_services() as services, services.unit_of_work(read_only=True) as work, refusals():
        check_unit(work, unit_id)
        rows = work.certificates.list(unit_id)
    _show(rows, as_json)


@app.command()
def expiring(
    days: Annotated[int, typer.Option(min=0, max=3650)] = 90,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable")] = False,
) -> None:
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
            "key": row.key_source_uri.partition(":")[0],
            "profiles": ", ".join(row.allowed_profiles or ()),
            "replaced_by": row.replaced_by or "",
            "self_checked_at": row.self_checked_at.isoformat() if row.self_checked_at else "",
            "self_check": row.self_check_code or "",
        }
        for row in rows
    ]
    if as_json:
        print(json.dumps(shown, ensure_ascii=False, indent=1))
        return
    if not shown:
        print("Không có chứng thư nào / no certificate")
        return
    table = Table(*(f"{WORDS[name]}\n{name.replace('_', ' ')}" for name in shown[0]))
    for item in shown:
        table.add_row(*item.values())
    Console().print(table)


@app.command()
def release(certificate_id: str, actor: Annotated[str, typer.Option(help="Who decided this")]) -> None:
    """Lift a hold after its cause (a wrong PIN, say) is mended; the steps that waited go on."""
    with open_services() as services, services.unit_of_work() as work, refusals():
        count = release_certificate(work, certificate_id, actor, datetime.now(UTC))
        work.commit()
    print(f"Released; {count} waiting step(s) go on.")


@app.command()
def hold(
    certificate_id: str,
    actor: Annotated[str, typer.Option(help="Who decided this; another person has to release it")],
    reason: Annotated[str, typer.Option(help="Why")],
) -> None:
    """Stop use of a certificate for a while; what needs it waits."""
    with open_services() as services, services.unit_of_work() as work, refusals():
        put_on_hold(work, certificate_id, Decider(actor, actor), reason, datetime.now(UTC))
        work.commit()
    print("On hold.")


@app.command()
def profiles(
    certificate_id: str,
    actor: Annotated[str, typer.Option(help="Who decided this")],
    profile: Annotated[list[str] | None, typer.Option(help="Repeat; none: every profile of its role")] = None,
) -> None:
    """Say which signing profiles a certificate may be used for."""
    now, by = datetime.now(UTC), Decider(actor, actor)
    with open_services() as services, services.unit_of_work() as work, refusals():
        row = allow_profiles(work, certificate_id, profile or [], services.profiles, by, now)
        work.commit()
    print(", ".join(row.allowed_profiles or ["all of its role"]))


@app.command()
def withdraw(
    certificate_id: str,
    actor: Annotated[str, typer.Option(help="Who decided this")],
    reason: Annotated[str, typer.Option(help="Why")] = "",
    replaced_by: Annotated[str | None, typer.Option(help="The successor's id, if it has one")] = None,
) -> None:
    """End use of a certificate for good; requests that still name it are told so."""
    with open_services() as services, services.unit_of_work() as work, refusals():
        end_use(work, certificate_id, replaced_by, Decider(actor, actor), reason, datetime.now(UTC))
        work.commit()
    print("Withdrawn.")


@app.command("self-check")
def self_check(
    certificate_id: Annotated[str | None, typer.Argument(help="Without it: all keys in use")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable")] = False,
) -> None:
    """Let each key sign a nonce, as workers do once a week; ends with 1 if one does not. A refused PIN holds it."""
    with open_services() as services:
        found = find_checkable(services, datetime.now(UTC), certificate_id)
        if certificate_id and not found:
            with services.unit_of_work(read_only=True) as work, refusals():
                row = work.certificates.get(certificate_id)
            fact = f"its key is not the gateway's, or may not be asked now: {row.hold_code or row.state}"
            print(told(CertificateStateConflict.code, fact), file=sys.stderr)
            raise typer.Exit(1)
        each = (check_one(services, one) for one in shown_progress(found, "Keys"))
        checks = [check for check in each if check is not None]
    if as_json:
        print(json.dumps([asdict(check) for check in checks], ensure_ascii=False, indent=1))
    else:
        for check in checks:
            outcome = told(check.code, check.fact) if check.code else "ký đúng / signs"
            print(f"{check.certificate_id}  {check.holder_name}: {outcome}")
    if any(check.code for check in checks):
        raise typer.Exit(1)


@app.command()
def refresh(as_json: Annotated[bool, typer.Option("--json", help="Machine-readable")] = False) -> None:
    """Ask OCSP responders and CRL addresses anew about every certificate in use; ends with 1 if one has no answer."""
    with open_services() as services:
        with services.unit_of_work(read_only=True) as work:
            ids = work.session.scalars(select(SigningCertificate.id).order_by(SigningCertificate.id)).all()
        each = (refresh_revocation(services, datetime.now(UTC), one) for one in shown_progress(ids, "Certificates"))
        done = [item for items in each for item in items]
    if as_json:
        print(json.dumps([asdict(item) for item in done], ensure_ascii=False, indent=1))
    else:
        for item in done:
            answers = f"{item.answers} trả lời / answers"
            print(f"{item.certificate_id}  {item.holder_name}: {'; '.join((answers, *item.failures))}")
    if any(not item.answers for item in done):
        raise typer.Exit(1)
