"""`gateway counter`: money taken at the counter, for a unit without a system of its own."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

import typer

from gateway.cli.session import open_services
from gateway.db.unit_of_work import UnitOfWork
from gateway.payment_events import recorder
from payments.errors import PaymentsError
from payments.events import Record
from payments.journeys import CounterTaking, take_at_counter, void_counter_payment
from payments.money import VND, Money
from payments.store.counter_tables import CounterMethod, CounterPaymentRow

app = typer.Typer(no_args_is_help=True, help="Cash and card payments at the counter.")
ACTOR = "operator"
Officer = Annotated[str, typer.Option("--officer", help="The person who acts")]


@app.command()
def take(
    order_id: str,
    method: CounterMethod,
    amount: Annotated[int, typer.Argument(help="Whole VND, exactly what the order comes to")],
    officer: Officer,
    terminal: Annotated[str, typer.Option(help="The POS terminal's id")] = "",
    slip: Annotated[str, typer.Option(help="Number on the card slip")] = "",
) -> None:
    """Book a payment that was received; the receipts follow by the worker."""

    def change(work: UnitOfWork, now: datetime, record: Record) -> CounterPaymentRow:
        taking = CounterTaking(method, Money(amount, VND), officer, terminal, slip)
        return take_at_counter(work.payments, order_id, taking, now=now, record=record)

    _write(change)


@app.command()
def void(payment_id: str, reason: str, officer: Officer) -> None:
    """Take back a payment that was entered wrongly today; by another person than who received it."""
    _write(
        lambda work, now, record: void_counter_payment(
            work.payments, payment_id, officer, reason, now=now, record=record
        )
    )


def _write(change: Callable[[UnitOfWork, datetime, Record], CounterPaymentRow]) -> None:
    now = datetime.now(UTC)
    with open_services() as services, services.unit_of_work() as work:
        try:
            row = change(work, now, recorder(work, ACTOR, now))
        except PaymentsError as error:
            print(f"{error.code}: {error}")
            raise typer.Exit(1) from None
        work.commit()
        state = f"taken back by {row.voided_by}" if row.voided_at else f"received by {row.received_by}"
        print(f"{row.id}  {row.method}  {row.amount_minor:,} VND  {state}")
