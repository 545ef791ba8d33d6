"""`gateway transfers`: providers' payouts and fees, and remittances to the treasury, before statements show them."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.refusals import money_refusals
from gateway.cli.session import open_services
from gateway.db.unit_of_work import UnitOfWork
from gateway.expected_transfers import approve_and_match, reverse_and_match
from gateway.payment_events import recorder
from payments.journeys import (
    TransferWish,
    announce_transfer,
    cancel_transfer,
    payout_wish,
    provider_fee_wish,
    remittance_wish,
)
from payments.money import VND, Money
from payments.states import TransferState
from payments.store.transfer_tables import ExpectedTransferRow, TransferKind

app = typer.Typer(no_args_is_help=True, help="Providers' payouts and fees, and remittances to the treasury.")
ACTOR = "operator"
Officer = Annotated[str, typer.Option("--officer", help="The person who acts")]
Number = Annotated[str, typer.Argument(help="Of the partner's document")]
Account = Annotated[str, typer.Argument(help="Account of the unit whose statement shows it")]
Day = Annotated[datetime, typer.Option("--paid-on", formats=["%Y-%m-%d"], help="Day of payment in Vietnam")]
Entry = Annotated[str | None, typer.Option("--entry", help="Id of the statement's entry, where its text names nothing")]
Dong = Annotated[int, typer.Argument(help="Whole VND")]


@app.command()
def payout(
    unit_id: str,
    provider: str,
    number: Number,
    account: Account,
    gross: Dong,
    fee: Dong,
    net: Dong,
    officer: Officer,
    paid_on: Day,
    entry: Entry = None,
    payments: Annotated[Path | None, typer.Option(help="File with the number of one payment inside a line")] = None,
) -> None:
    """Enter what a provider paid out: gross is fee and net together; another person approves it."""

    inside = _lines(payments)

    def wish() -> TransferWish:
        amounts = Money(gross, VND), Money(fee, VND), Money(net, VND)
        return payout_wish(provider, number, account, amounts, paid_on.date(), entry, inside)

    _announce(unit_id, wish, officer)


@app.command()
def fee(
    unit_id: str,
    provider: str,
    number: Number,
    account: Account,
    amount: Dong,
    officer: Officer,
    paid_on: Day,
    entry: Entry = None,
) -> None:
    """Enter a fee that a provider charges by itself; another person approves it."""
    _announce(
        unit_id,
        lambda: provider_fee_wish(provider, number, account, Money(amount, VND), paid_on.date(), entry),
        officer,
    )


@app.command()
def remit(
    unit_id: str,
    treasury_account: str,
    number: Number,
    account: Account,
    amount: Dong,
    officer: Officer,
    paid_on: Day,
    entry: Entry = None,
) -> None:
    """Enter money that goes to the State Treasury; another person approves it."""
    _announce(
        unit_id,
        lambda: remittance_wish(treasury_account, number, account, Money(amount, VND), paid_on.date(), entry),
        officer,
    )


@app.command()
def approve(transfer_id: str, officer: Officer) -> None:
    """Approve what another person entered; it is booked at once if a statement has shown it already."""
    _write(lambda work, now: approve_and_match(work, transfer_id, officer, actor=ACTOR, now=now))


@app.command()
def cancel(transfer_id: str, reason: str, officer: Officer) -> None:
    """Take back what is not booked yet."""
    _write(
        lambda work, now: cancel_transfer(
            work.payments, transfer_id, officer, reason, now=now, record=recorder(work, ACTOR, now)
        )
    )


@app.command()
def reverse(transfer_id: str, reason: str, officer: Officer) -> None:
    """Take back what was booked and entered wrongly; the statement's entry can then be another transfer."""
    _write(lambda work, now: reverse_and_match(work, transfer_id, officer, reason, actor=ACTOR, now=now))


@app.command("list")
def list_transfers(unit_id: str, kind: TransferKind | None = None, state: TransferState | None = None) -> None:
    """List a unit's transfers, newest first."""
    with open_services() as services, services.unit_of_work(read_only=True) as work:
        states = (state,) if state else ()
        for row in work.payments.transfers.list_transfers(unit_id, kind=kind, states=states):
            print(_words(row))


def _lines(path: Path | None) -> tuple[str, ...]:
    if path is None:
        return ()
    try:
        return tuple(line for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "UTF-8"
        print(f"{path}: Không đọc được tệp / The file cannot be read ({reason})")
        raise typer.Exit(2) from None


def _announce(unit_id: str, wish: Callable[[], TransferWish], officer: str) -> None:
    _write(
        lambda work, now: announce_transfer(
            work.payments, unit_id, wish(), officer, now=now, record=recorder(work, ACTOR, now)
        )
    )


def _write(change: Callable[[UnitOfWork, datetime], ExpectedTransferRow]) -> None:
    now = datetime.now(UTC)
    with open_services() as services, services.unit_of_work() as work:
        with money_refusals():
            row = change(work, now)
        work.commit()
        print(_words(row))


def _words(row: ExpectedTransferRow) -> str:
    people = f"{row.announced_by} / {row.approved_by or '-'}"
    what = f"{row.kind} {row.counterparty} {row.reference}, fee {row.fee_minor:,}"
    where = f"{row.account_number} on {row.paid_on}, text {row.transfer_reference}"
    return f"{row.id}  {row.state:9}  {row.net_minor:,} VND  {what}  {where}  {people}"
