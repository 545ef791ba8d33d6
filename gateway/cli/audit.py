"""`gateway audit`: the audit trail."""

import typer

from gateway.cli.session import open_services
from gateway.db.audit import find_faults

app = typer.Typer(no_args_is_help=True, help="Check the audit trail.")


@app.callback()
def group() -> None:
    """Check the audit trail."""


@app.command()
def verify() -> None:
    """Walk every unit's hash chain; names each entry that is missing or was changed."""
    with open_services() as services, services.unit_of_work(read_only=True) as work:
        faults = list(find_faults(work.session))
    for fault in faults:
        print(fault)
    if faults:
        raise typer.Exit(1)
    print("Every unit's audit chain holds.")
