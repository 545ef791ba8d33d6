"""`gateway fees`: the catalogue of what procedures cost."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.refusals import money_refusals
from gateway.cli.session import open_services
from payments.catalogue.files import read_csv, read_json
from payments.journeys import import_catalogue

app = typer.Typer(no_args_is_help=True, help="The catalogue of fees: import and list.")
ACTOR = "operator"


@app.command("import")
def import_file(
    unit_id: str, file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="*.json, else CSV")]
) -> None:
    """Take in fees or reductions from a file, whole or not at all; the same file again changes nothing."""
    read = read_json if file.suffix.lower() == ".json" else read_csv
    now = datetime.now(UTC)
    with open_services() as services, services.unit_of_work() as work:
        with money_refusals():
            done = import_catalogue(work.payments, unit_id, read(file.read_bytes()), now=now)
        counts = {"added": done.added, "ended": done.ended, "unchanged": done.unchanged}
        work.audited(ACTOR, "catalogue.imported", unit_id, unit_id, now, **counts)
        work.commit()
    print(f"{done.added} added, {done.ended} ended, {done.unchanged} as before.")


@app.command("list")
def list_fees(unit_id: str, procedure_code: str | None = None) -> None:
    """List a unit's fees with their formulas and periods."""
    with open_services() as services, services.unit_of_work(read_only=True) as work:
        for row in work.payments.catalogue.entries(unit_id, procedure_code=procedure_code):
            until = f"until {row.valid_until}" if row.valid_until else "on"
            print(f"{row.procedure_code}  {row.fee_code}  {row.kind}  {row.chapter}-{row.sub_item}  {row.name}")
            print(f"    {row.formula['text']}; from {row.valid_from} {until}; {row.legal_basis}")
