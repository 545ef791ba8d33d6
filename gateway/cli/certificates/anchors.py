"""`gateway certs install-anchor|confirm-anchor`: trust anchors, by two persons."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from certs.errors import CertsError
from certs.model import Purpose
from gateway.cli.certificates.reading import app, read_certificates
from gateway.cli.session import open_services


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
