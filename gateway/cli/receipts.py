"""`gateway receipts`: series, and closing a year."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from gateway.cli.refusals import money_refusals
from gateway.cli.session import open_services
from gateway.payment_events import recorder
from payments.journeys import close_year as close_year_of
from payments.receipts.forms import receipt_forms

app = typer.Typer(no_args_is_help=True, help="Receipts: their series, and closing a year.")
ACTOR = "operator"


@app.command("series")
def list_series(unit_id: str) -> None:
    """List a unit's series with the number given last."""
    with open_services() as services, services.unit_of_work(read_only=True) as work:
        for row in work.payments.receipts.series(unit_id):
            closed = f"closed {row.closed_at:%Y-%m-%d} by {row.closed_by}" if row.closed_at else "open"
            print(f"{row.form_code}  {row.series}  {row.last_number:07d}  {closed}")


@app.command("close-year")
def close_year(unit_id: str, year: int, officer: Annotated[str, typer.Option(help="The person who closes")]) -> None:
    """Close the series of a year that is over; they number nothing any more."""
    now = datetime.now(UTC)
    with open_services() as services, services.unit_of_work() as work:
        forms = receipt_forms(services.settings.receipts)
        record = recorder(work, ACTOR, now)
        with money_refusals():
            closed = close_year_of(work.payments, unit_id, year, officer, forms=forms, now=now, record=record)
        work.commit()
        for row in closed:
            print(f"{row.form_code} {row.series} is closed; its last number is {row.last_number:07d}.")
