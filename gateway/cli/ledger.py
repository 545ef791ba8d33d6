"""`gateway ledger`: the books."""

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from gateway.cli.session import open_services
from gateway.db.tables.callers import UnitRow

app = typer.Typer(no_args_is_help=True, help="Check and read the books.")


@app.callback()
def group() -> None:
    """Check and read the books."""


@app.command()
def check() -> None:
    """Add up every unit's journal from its postings and check that its numbers have no gaps; fails on a difference."""
    faults = []
    with open_services() as services, services.unit_of_work(read_only=True) as work:
        table = Table("unit", "account", "debit", "credit", "balance")
        for unit in work.session.scalars(select(UnitRow).order_by(UnitRow.code)):
            found = work.payments.journal.trial_balance(unit.id)
            for row in found.accounts:
                figures = (f"{value:,}" for value in (row.debit_minor, row.credit_minor, row.balance_minor))
                table.add_row(unit.code, row.account, *figures)
            if not found.holds:
                faults.append(f"{unit.code}: debits and credits differ by {dict(found.difference_minor)}")
            faults += [f"{unit.code}: {fault}" for fault in work.payments.journal.sequence_faults(unit.id)]
    Console().print(table)
    for fault in faults:
        print(fault)
    if faults:
        raise typer.Exit(1)
    print("Debits equal credits, and no entry is missing.")
