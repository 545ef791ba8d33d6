"""`gateway certs install-anchor|confirm-anchor`: trust anchors, by two persons."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from certs.errors import CertsError
from certs.model import Purpose
from gateway.anchors import ProposedAnchor, confirm, propose
from gateway.certificate_inventory import Decider
from gateway.cli.certificates.reading import app, read_certificates
from gateway.cli.session import open_services


@app.command("install-anchor")
def install_anchor(
    unit_id: str, purpose: Purpose, certificate: Path, actor: Annotated[str, typer.Option(help="Who installs it")]
) -> None:
    """Propose a trust anchor and print its fingerprint; it counts once a second person has confirmed it."""
    now = datetime.now(UTC)
    proposed = ProposedAnchor(unit_id, purpose, read_certificates(certificate)[0], trusted_from=now)
    with open_services() as services, services.unit_of_work() as work:
        row = propose(work, proposed, Decider(actor, actor), now)
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
            confirm(work, anchor_id, fingerprint, Decider(actor, actor), now)
        except CertsError as error:
            raise typer.BadParameter(str(error)) from None
        work.commit()
    print("Confirmed.")
