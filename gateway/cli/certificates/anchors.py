"""`gateway certs install-anchor|confirm-anchor|end-anchor`: trust anchors, by two persons and for a time."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from certs.model import Purpose
from gateway.anchors import ProposedAnchor, confirm, end, propose
from gateway.callers import check_unit
from gateway.certificate_inventory import Decider
from gateway.cli.certificates.reading import app, read_certificates, refusals
from gateway.cli.session import open_services


@app.command("install-anchor")
def install_anchor(
    unit_id: str,
    purpose: Purpose,
    certificate: Path,
    actor: Annotated[str, typer.Option(help="Who installs it")],
    since: Annotated[datetime | None, typer.Option(help="Trusted from then on, UTC; default now")] = None,
    until: Annotated[datetime | None, typer.Option(help="Sunset: not trusted from then on, UTC; default none")] = None,
) -> None:
    """Propose a trust anchor and print its fingerprint; it counts once a second person has confirmed it."""
    now = datetime.now(UTC)
    starts, ends = _utc(since) or now, _utc(until)
    if ends is not None and ends <= starts:
        raise typer.BadParameter("the sunset must be later than the time from which the anchor is trusted")
    proposed = ProposedAnchor(unit_id, purpose, read_certificates(certificate)[0], starts, ends)
    with open_services() as services, services.unit_of_work() as work, refusals():
        check_unit(work, unit_id)
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
    with open_services() as services, services.unit_of_work() as work, refusals():
        confirm(work, anchor_id, fingerprint, Decider(actor, actor), now)
        work.commit()
    print("Confirmed.")


@app.command("end-anchor")
def end_anchor(
    anchor_id: str,
    actor: Annotated[str, typer.Option(help="Who decides it")],
    reason: Annotated[str, typer.Option(help="Kept in the audit trail")],
    at: Annotated[datetime | None, typer.Option(help="Not trusted from then on, UTC; default now")] = None,
) -> None:
    """Stop trusting an anchor from a time on; what it vouched for earlier stays so."""
    now = datetime.now(UTC)
    with open_services() as services, services.unit_of_work() as work, refusals():
        end(work, anchor_id, _utc(at) or now, Decider(actor, actor), reason, now)
        work.commit()
    print("Ended.")


def _utc(given: datetime | None) -> datetime | None:
    return None if given is None else given.replace(tzinfo=given.tzinfo or UTC)
