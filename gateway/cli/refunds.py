"""`gateway refunds`: what is to be paid back, for a unit without a system of its own."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

import typer

from gateway.cli.refusals import money_refusals
from gateway.cli.session import open_services
from gateway.db.unit_of_work import UnitOfWork
from gateway.payment_events import recorder
from gateway.refund_routes import ensure_route
from gateway.services import Services
from payments.events import Record
from payments.journeys import (
    RefundWish,
    approve_refund,
    confirm_by_treasury,
    give_up_refund,
    hand_over_refund,
    reject_refund,
    request_proposed,
    request_refund,
)
from payments.money import VND, Money
from payments.states import RefundState
from payments.store.refund_tables import RefundRoute, RefundRow

app = typer.Typer(no_args_is_help=True, help="Refunds: proposed, asked for, approved by a second person, paid.")
ACTOR = "operator"
Officer = Annotated[str, typer.Option("--officer", help="The person who decides")]


@app.command("list")
def list_refunds(unit_id: str, state: RefundState | None = None) -> None:
    """List a unit's refunds, newest first."""
    with open_services() as services, services.unit_of_work(read_only=True) as work:
        for row in work.payments.refunds.list_refunds(unit_id, states=(state,) if state else ()):
            people = f"{row.requested_by or '-'} / {row.approved_by or '-'}"
            print(f"{row.id}  {row.state:10} {row.amount_minor:>15,} VND  {row.source}, {row.route or '-'}  {people}")
            print(f"    {row.reason}")


@app.command()
def ask(
    order_id: str,
    amount: Annotated[int, typer.Argument(help="Whole VND")],
    reason: str,
    officer: Officer,
    key: Annotated[str, typer.Option(help="Names this action: given again with it, it is the same refund")],
    route: RefundRoute = RefundRoute.PROVIDER,
    name: str = "",
    bank: str = "",
    account: str = "",
) -> None:
    """Ask to pay back part or all of a paid order; another person approves it."""

    def change(work: UnitOfWork, services: Services, now: datetime, record: Record) -> RefundRow:
        ensure_route(services, work, work.payments.get_order(order_id).paid_attempt_id, route)
        payee = _payee(route, name, bank, account)
        wish = RefundWish(Money(amount, VND), reason, officer, route, key, beneficiary=payee)
        limit = services.settings.refunds.officer_day_limit_minor
        return request_refund(work.payments, order_id, wish, day_limit_minor=limit, now=now, record=record)

    _write(change)


@app.command()
def request(
    refund_id: str,
    officer: Officer,
    route: RefundRoute = RefundRoute.PROVIDER,
    name: str = "",
    bank: str = "",
    account: str = "",
) -> None:
    """Take up a proposal; on paper, name whom it pays, the bank and the account."""
    beneficiary = _payee(route, name, bank, account)

    def change(work: UnitOfWork, services: Services, now: datetime, record: Record) -> RefundRow:
        ensure_route(services, work, work.payments.refunds.get(refund_id).attempt_id, route)
        limit = services.settings.refunds.officer_day_limit_minor
        return request_proposed(
            work.payments, refund_id, officer, route, beneficiary, day_limit_minor=limit, now=now, record=record
        )

    _write(change)


@app.command()
def approve(refund_id: str, officer: Officer) -> None:
    """Approve a refund that another person asked for."""
    _write(
        lambda work, services, now, record: approve_refund(
            work.payments,
            refund_id,
            officer,
            day_limit_minor=services.settings.refunds.officer_day_limit_minor,
            now=now,
            record=record,
        )
    )


@app.command()
def reject(refund_id: str, reason: str, officer: Officer) -> None:
    """Turn down a proposal or a request."""
    _write(
        lambda work, _, now, record: reject_refund(work.payments, refund_id, officer, reason, now=now, record=record)
    )


@app.command("hand-over")
def hand_over(refund_id: str, paper_number: str, officer: Officer) -> None:
    """Note that the order on paper went to the treasury or the bank, under its number."""
    _write(
        lambda work, _, now, record: hand_over_refund(
            work.payments, refund_id, officer, paper_number, now=now, record=record
        )
    )


@app.command("treasury-paid")
def treasury_paid(refund_id: str, treasury_account: str, document: str, officer: Officer) -> None:
    """Note that the treasury paid back what was handed over on paper, by the number of its document."""
    _write(
        lambda work, _, now, record: confirm_by_treasury(
            work.payments, refund_id, treasury_account, document, officer, now=now, record=record
        )
    )


@app.command("give-up")
def give_up(refund_id: str, reason: str, officer: Officer) -> None:
    """Note that a refund will not arrive."""
    _write(
        lambda work, _, now, record: give_up_refund(work.payments, refund_id, officer, reason, now=now, record=record)
    )


def _payee(route: RefundRoute, name: str, bank: str, account: str) -> dict[str, str]:
    return {"name": name, "bank": bank, "account": account} if route is RefundRoute.PAPER else {}


def _write(change: Callable[[UnitOfWork, Services, datetime, Record], RefundRow]) -> None:
    now = datetime.now(UTC)
    with open_services() as services, services.unit_of_work() as work:
        with money_refusals():
            row = change(work, services, now, recorder(work, ACTOR, now))
        work.commit()
        print(f"{row.id} is {row.state}; its transfer's text must carry {row.transfer_reference}.")
