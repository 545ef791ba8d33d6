"""`gateway counter`: money taken at the counter and cash paid into the bank, for a unit without a system of its own."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

import typer

from gateway.cli.refusals import money_refusals
from gateway.cli.session import open_services
from gateway.db.unit_of_work import UnitOfWork
from gateway.payment_events import recorder
from payments.events import Record
from payments.journeys import (
    CounterTaking,
    cancel_deposit,
    hand_over_deposit,
    prepare_deposit,
    take_at_counter,
    void_counter_payment,
)
from payments.money import VND, Money
from payments.states import DepositState
from payments.store.counter_tables import CounterMethod, CounterPaymentRow
from payments.store.deposit_tables import CashDepositRow

app = typer.Typer(no_args_is_help=True, help="Cash and card payments at the counter, and cash on its way to the bank.")
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


@app.command()
def deposit(
    unit_id: str, amount: Annotated[int, typer.Argument(help="Whole VND")], account_number: str, officer: Officer
) -> None:
    """Count cash out of a unit's drawer for one of its bank accounts; another person hands it over."""
    _write(
        lambda work, now, record: prepare_deposit(
            work.payments, unit_id, Money(amount, VND), account_number, officer, now=now, record=record
        )
    )


@app.command("hand-over")
def hand_over(deposit_id: str, slip: Annotated[str, typer.Argument(help="Of the bank")], officer: Officer) -> None:
    """Note that the bank took the cash and gave a slip; the statement that shows the money ends it."""
    _write(
        lambda work, now, record: hand_over_deposit(work.payments, deposit_id, slip, officer, now=now, record=record)
    )


@app.command("cancel-deposit")
def cancel(deposit_id: str, reason: str, officer: Officer) -> None:
    """Note that the cash is in the drawer again."""
    _write(lambda work, now, record: cancel_deposit(work.payments, deposit_id, officer, reason, now=now, record=record))


@app.command()
def deposits(unit_id: str, state: DepositState | None = None) -> None:
    """List a unit's pay-ins of cash, newest first."""
    with open_services() as services, services.unit_of_work(read_only=True) as work:
        for row in work.payments.deposits.list_deposits(unit_id, states=(state,) if state else ()):
            print(_words(row))


def _write(change: Callable[[UnitOfWork, datetime, Record], CounterPaymentRow | CashDepositRow]) -> None:
    now = datetime.now(UTC)
    with open_services() as services, services.unit_of_work() as work:
        with money_refusals():
            row = change(work, now, recorder(work, ACTOR, now))
        work.commit()
        print(_words(row))


def _words(row: CounterPaymentRow | CashDepositRow) -> str:
    if isinstance(row, CashDepositRow):
        people = f"{row.prepared_by} / {row.handed_over_by or '-'}"
        where = f"{row.account_number}, text {row.transfer_reference}, slip {row.slip_number or '-'}"
        return f"{row.id}  {row.state:11}  {row.amount_minor:,} VND  {where}  {people}"
    state = f"taken back by {row.voided_by}" if row.voided_at else f"received by {row.received_by}"
    return f"{row.id}  {row.method}  {row.amount_minor:,} VND  {state}"
