"""`gateway certs trusted-list import|confirm|refresh|show|end`: followed by two persons' word."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from certs.errors import CertsError
from certs.inspection import describe_certificate
from certs.model import Purpose
from certs.trusted_lists.store import LISTED_PURPOSES, TrustedListRow
from config.confinement import ConfinementError
from gateway.cli.certificates.reading import app
from gateway.cli.session import open_services
from gateway.services import Services
from gateway.trusted_lists.deciding import ProposedList, confirm_list, end_list, propose_list
from gateway.trusted_lists.fetching import fetch, read
from gateway.trusted_lists.refreshing import refresh_list

lists = typer.Typer(no_args_is_help=True, help="Trusted lists (ETSI TS 119 612): import, confirm, refresh, show, end.")
app.add_typer(lists, name="trusted-list")

AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable")]
Actor = Annotated[str, typer.Option(help="Who does it")]


@lists.command("import")
def import_list(
    unit_id: str,
    source: Annotated[str, typer.Argument(help="A file, or the http(s) address where newer versions come from too")],
    actor: Actor,
    purpose: Annotated[list[Purpose], typer.Option(help="For what its services are trusted; several times")],
    territory: Annotated[
        list[str] | None, typer.Option(help="Of a list of lists: a member to follow, such as VN; several times")
    ] = None,
    location: Annotated[str | None, typer.Option(help="For a file: where newer versions come from")] = None,
) -> None:
    """Propose a list and print its signer's fingerprint; it counts once a second person has confirmed that."""
    if not set(purpose) <= set(LISTED_PURPOSES):
        raise typer.BadParameter(f"a list can be trusted for {', '.join(LISTED_PURPOSES)}")
    now = datetime.now(UTC)
    with open_services() as services:
        try:
            content, address = _content(services, source, location)
            proposed = ProposedList(unit_id, content, address, purpose, territory or ())
            row = propose_list(services, proposed, actor, now)
            signer = describe_certificate(read(services, content, now).signer_der)
        except (CertsError, ConfinementError) as error:
            raise typer.BadParameter(f"{error.code}: {error}") from None
    print(f"{row.id}\n{row.operator_name} ({row.territory})\n{signer.subject}\nSHA-256 {row.signers[0]}")


@lists.command()
def confirm(
    list_id: str,
    fingerprint: Annotated[str, typer.Option(help="SHA-256 of the signer's certificate, from a source of your own")],
    actor: Annotated[str, typer.Option(help="Who confirms it: not the one who imported it")],
) -> None:
    """Confirm a list by its signer's fingerprint; from then on it counts, and newer versions come by themselves."""
    with open_services() as services:
        try:
            confirm_list(services, list_id, fingerprint, actor, datetime.now(UTC))
        except (CertsError, ConfinementError) as error:
            raise typer.BadParameter(f"{error.code}: {error}") from None
    print("Confirmed.")


@lists.command()
def refresh(
    list_id: Annotated[str | None, typer.Argument(help="Without it: all that have an address")] = None,
    file: Annotated[Path | None, typer.Option(help="A newer version that was brought as a file")] = None,
    as_json: AsJson = False,
) -> None:
    """Look for newer versions now; ends with 1 if one is refused. The version in force goes on serving."""
    now = datetime.now(UTC)
    if file is not None and list_id is None:
        raise typer.BadParameter("say which list the file is a version of")
    with open_services() as services:
        with services.unit_of_work(read_only=True) as work:
            every = [row.id for row in work.trusted_lists.list() if row.state == "active" and row.location]
        try:
            content = file.read_bytes() if file is not None else None
            done = [refresh_list(services, one, now, content) for one in ([list_id] if list_id else every)]
        except CertsError as error:
            raise typer.BadParameter(f"{error.code}: {error}") from None
        except OSError as error:
            raise typer.BadParameter(f"cannot read {file}: {error.strerror}") from None
    if as_json:
        print(json.dumps([asdict(item) for item in done], ensure_ascii=False, indent=1))
    for item in () if as_json else done:
        outcome = f"{item.code}: {item.fact}" if item.code else "new version" if item.changed else "no newer version"
        print(f"{item.list_id}  {item.territory} {item.sequence_number}: {outcome}")
    if any(item.code for item in done):
        raise typer.Exit(1)


@lists.command()
def show(
    list_id: Annotated[str | None, typer.Argument(help="Without it: all")] = None, as_json: AsJson = False
) -> None:
    """Show the lists, the version in force of each, and why a newer one was refused; of one list also its services."""
    with open_services() as services, services.unit_of_work(read_only=True) as work:
        try:
            rows = work.trusted_lists.list() if list_id is None else [work.trusted_lists.get(list_id)]
        except CertsError as error:
            raise typer.BadParameter(str(error)) from None
        shown = [_described(row) for row in rows]
        if list_id is not None:
            shown[0]["services"] = [
                {
                    "purpose": one.purpose,
                    "provider": one.provider_name,
                    "service": one.service_name,
                    "trusted_from": one.trusted_from.isoformat(),
                    "trusted_until": one.trusted_until.isoformat() if one.trusted_until else None,
                    "sha256": one.sha256,
                }
                for one in work.trusted_lists.anchor_rows(list_id)
            ]
    if as_json:
        print(json.dumps(shown, ensure_ascii=False, indent=1))
        return
    for item in shown:
        for name, value in item.items():
            print(f"{name.replace('_', ' '):18} {_plain(value)}")
        print()


@lists.command()
def end(
    list_id: str,
    actor: Actor,
    second: Annotated[str, typer.Option(help="The second person who decided it")],
) -> None:
    """Stop following a list; what it vouched for until now stays so."""
    with open_services() as services:
        try:
            end_list(services, list_id, actor, second, datetime.now(UTC))
        except CertsError as error:
            raise typer.BadParameter(f"{error.code}: {error}") from None
    print("Ended.")


def _content(services: Services, source: str, location: str | None) -> tuple[bytes, str | None]:
    if source.startswith(("http://", "https://")):
        return fetch(services, source), source
    try:
        return Path(source).read_bytes(), location
    except OSError as error:
        raise typer.BadParameter(f"cannot read {source}: {error.strerror}") from None


def _described(row: TrustedListRow) -> dict[str, Any]:
    times = {"issued_at": row.issued_at, "next_update": row.next_update, "checked_at": row.checked_at}
    overdue = row.next_update is not None and row.next_update <= datetime.now(UTC)
    return {
        "id": row.id,
        "operator": row.operator_name,
        "territory": row.territory,
        "state": row.state,
        "sequence_number": row.sequence_number,
        **{name: time.isoformat() if time else None for name, time in times.items()},
        "overdue": overdue,
        "location": row.location,
        "purposes": row.purposes,
        "signers": row.signers,
        "problem_code": row.problem_code,
        "problem_detail": row.problem_detail,
        "problem_since": row.problem_since.isoformat() if row.problem_since else None,
    }


def _plain(value: object) -> str:
    if isinstance(value, list):
        lines = [", ".join(str(part) for part in one.values()) if isinstance(one, dict) else str(one) for one in value]
        return "\n                   ".join(lines)
    return "-" if value is None else str(value)
