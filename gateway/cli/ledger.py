"""`gateway ledger`: the books."""

from datetime import datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sqlalchemy import select

from gateway.cli.session import open_services
from gateway.db.tables.callers import UnitRow
from payments.journeys import check_books
from payments.ledger.income import income_lines
from payments.local_time import end_of_day

app = typer.Typer(no_args_is_help=True, help="Check and read the books.")


@app.callback()
def group() -> None:
    """Check and read the books."""


@app.command()
def check() -> None:
    """Derive every unit's books anew and name each difference; fails where there is one.

    The journal is compared with itself (balance, numbers) and with the orders, attempts, refunds, receipts and kept
    callbacks that it came from.
    """
    faults = []
    with open_services() as services, services.unit_of_work(read_only=True) as work:
        units = list(work.session.scalars(select(UnitRow).order_by(UnitRow.code)))
        for unit in track(units, description="Checking", console=Console(stderr=True), transient=True):
            found = check_books(work.payments, unit.id, services.providers.named)
            faults += [f"{unit.code}: {fault}" for fault in found]
    for fault in faults:
        print(fault)
    if faults:
        raise typer.Exit(1)
    print(f"The books of {len(units)} units hold.")


@app.command()
def balances(
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Through this day in Vietnam; default all")
    ] = None,
) -> None:
    """Show every unit's trial balance, through a day or over all that was booked."""
    moment = None if until is None else end_of_day(until.date())
    table = Table("unit", "account", "currency", "debit", "credit", "balance")
    with open_services() as services, services.unit_of_work(read_only=True) as work:
        for unit in work.session.scalars(select(UnitRow).order_by(UnitRow.code)):
            for row in work.payments.journal.trial_balance(unit.id, moment).accounts:
                figures = (f"{value:,}" for value in (row.debit_minor, row.credit_minor, row.balance_minor))
                table.add_row(unit.code, row.account, row.currency, *figures)
    Console().print(table)


@app.command()
def income(
    first: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"])],
    through: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"])],
) -> None:
    """Show what each budget line of each unit collected and gave back between two days in Vietnam."""
    table = Table("unit", "kind", "chapter", "sub-item", "credited", "collected", "returned", "net")
    start, end = end_of_day(first.date() - timedelta(days=1)), end_of_day(through.date())
    with open_services() as services, services.unit_of_work(read_only=True) as work:
        for unit in work.session.scalars(select(UnitRow).order_by(UnitRow.code)):
            journal = work.payments.journal
            for line in income_lines(journal.trial_balance(unit.id, end), journal.trial_balance(unit.id, start)):
                figures = (f"{value:,}" for value in (line.collected_minor, line.returned_minor, line.net_minor))
                table.add_row(unit.code, line.kind, line.chapter, line.sub_item, line.credited_unit, *figures)
    Console().print(table)
