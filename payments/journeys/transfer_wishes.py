"""Announcing what a statement will show: a provider's payout, a provider's fee, a remittance to the treasury."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from config.identifiers import new_id
from payments.errors import (
    AccountHoldsLess,
    ClearingHoldsLess,
    ExpectedTransferUnsound,
    ProviderNeverUsed,
    RefundUnsound,
    StatementEntryUnfit,
    TransferReferenceUsed,
)
from payments.events import DomainEvent, Record
from payments.journeys.payout_lists import check_payments, listed_payments
from payments.ledger.accounts import CASH_IN_TRANSIT, DRAWER, AccountKind, clearing
from payments.local_time import HANOI
from payments.money import VND, Money
from payments.officers import officer_name
from payments.providers.vietqr.reference import new_transfer_reference
from payments.reconciliation.model import BookedEntry, movements_of
from payments.reconciliation.rows import entry_of
from payments.states import TransferState
from payments.store.payments import PaymentStore
from payments.store.transfer_tables import ExpectedTransferRow, TransferKind

MOST_REFERENCE_CHARACTERS = 60
MOST_ACCOUNT_CHARACTERS = 40
# Cash is not paid out by anybody: it goes to the bank as a deposit.
NO_PROVIDERS = frozenset({DRAWER.qualifier, CASH_IN_TRANSIT.qualifier})
NOTHING = Money(0)


@dataclass(frozen=True)
class TransferWish:
    """What a partner's document says.

    Attributes:
        counterparty: The provider; of a remittance the account at the treasury.
        reference: The document's number. paid_on: Its day in Vietnam.
        gross, fee: A payout of gross with fee kept back; a fee that was charged by itself, with gross nothing; a
            remittance of gross, with fee nothing.
        statement_entry_id: The statement's entry that shows it, where its text names neither number nor our reference.
        payments: Of a payout, the payments that it consists of, if the document lists them: our references or the
            provider's numbers.
    """

    kind: TransferKind
    counterparty: str
    reference: str
    account_number: str
    gross: Money
    fee: Money
    paid_on: date
    statement_entry_id: str | None = None
    payments: tuple[str, ...] = ()


def payout_wish(
    provider: str,
    reference: str,
    account_number: str,
    amounts: tuple[Money, Money, Money],
    paid_on: date,
    statement_entry_id: str | None = None,
    payments: tuple[str, ...] = (),
) -> TransferWish:
    """Return the wish for a payout of (gross, fee, net).

    Raises:
        ExpectedTransferUnsound: Gross is not fee and net together.
    """
    gross, fee, net = amounts
    if {gross.currency, fee.currency, net.currency} != {VND}:
        raise ExpectedTransferUnsound("amounts are VND")
    if fee + net != gross:
        raise ExpectedTransferUnsound(
            f"net {net.amount_minor:,} and fee {fee.amount_minor:,} are not gross {gross.amount_minor:,}"
        )
    return TransferWish(
        TransferKind.PAYOUT, provider, reference, account_number, gross, fee, paid_on, statement_entry_id, payments
    )


def provider_fee_wish(
    provider: str,
    reference: str,
    account_number: str,
    fee: Money,
    paid_on: date,
    statement_entry_id: str | None = None,
) -> TransferWish:
    """Return the wish for a fee that a provider takes from the account by itself."""
    kind = TransferKind.PROVIDER_FEE
    return TransferWish(kind, provider, reference, account_number, NOTHING, fee, paid_on, statement_entry_id)


def remittance_wish(
    treasury_account: str,
    reference: str,
    account_number: str,
    amount: Money,
    paid_on: date,
    statement_entry_id: str | None = None,
) -> TransferWish:
    """Return the wish for money that goes from an account of the unit to one at the treasury."""
    kind = TransferKind.REMITTANCE
    return TransferWish(kind, treasury_account, reference, account_number, amount, NOTHING, paid_on, statement_entry_id)


def announce_transfer(
    store: PaymentStore, unit_id: str, wish: TransferWish, officer: str, *, now: datetime, record: Record
) -> ExpectedTransferRow:
    """Note a transfer that a statement will show or has shown; nothing is booked before another person approves it.

    The same document with the same content again is the transfer that stands.

    Raises:
        ExpectedTransferUnsound: Amounts, day, number or account cannot be, or nobody is named.
        ProviderNeverUsed: The unit took no money through this provider.
        TransferReferenceUsed: The document's number stands for another content.
        PayoutPaymentsUnfit: The payments listed are not what was paid out.
        ClearingHoldsLess, AccountHoldsLess: By the books there is less than is to leave.
        StatementEntryUnfit: The statement's entry named is not this transfer.
    """
    name, reference, counterparty = named(officer), _number(wish.reference), _counterparty(wish)
    _check_amounts(wish)
    if wish.paid_on > now.astimezone(HANOI).date():
        raise ExpectedTransferUnsound("the day of payment is not over the day of entry")
    if not store.has_collection_account(unit_id, (wish.account_number,)):
        raise ExpectedTransferUnsound(f"the unit has no account {wish.account_number[:MOST_ACCOUNT_CHARACTERS]}")
    if wish.kind is TransferKind.REMITTANCE:
        _check_destination(store, unit_id, wish.account_number, counterparty)
    enough = _holder(store, unit_id, wish, counterparty)
    standing = store.transfers.find_standing(unit_id, wish.kind, counterparty, reference)
    row = _row(unit_id, wish, counterparty, reference, name, now)
    payments = listed_payments(store, unit_id, counterparty, wish.payments)
    if standing is not None:
        same_payments = store.paid_out.of_transfer(standing.id) == sorted(payment.id for payment in payments)
        if _content(standing) != _content(row) or not same_payments:
            raise TransferReferenceUsed(f"number {reference} stands for {standing.net_minor:,} VND, {standing.state}")
        return standing
    enough()
    check_payments(store, row, payments)
    if wish.statement_entry_id is not None:
        check_entry(store, row, wish.statement_entry_id)
    store.transfers.add(row)
    store.paid_out.add(row, [payment.id for payment in payments])
    record(transfer_event("expected-transfer.announced", row, officer=name))
    return row


def check_entry(store: PaymentStore, row: ExpectedTransferRow, entry_id: str) -> None:
    """Let a statement's entry pass that may be this transfer.

    Raises:
        StatementEntryUnfit: It may not.
    """
    entry = store.statements.find_entry(entry_id)
    if entry is None or (entry.unit_id, entry.account) != (row.unit_id, row.account_number):
        raise StatementEntryUnfit(f"account {row.account_number} has no statement entry {entry_id[:36]}")
    if (entry.amount_minor, entry.currency) != (row.net_minor, row.currency):
        raise StatementEntryUnfit(f"the entry shows {entry.amount_minor:,}, the transfer is {row.net_minor:,} VND")
    if entry.reversal or len(movements_of(BookedEntry(entry.id, entry_of(entry)))) != 1:
        raise StatementEntryUnfit("the entry takes another one back, or holds several transfers")
    if store.statements.matches_of([entry_id]):
        raise StatementEntryUnfit("the entry is matched already")


def named(officer: str) -> str:
    """Return the person who acts, as names are kept.

    Raises:
        ExpectedTransferUnsound: Nobody is named.
    """
    try:
        return officer_name(officer)
    except RefundUnsound:
        raise ExpectedTransferUnsound("the person who acts is named, in at most 120 printable characters") from None


def transfer_event(type_: str, row: ExpectedTransferRow, **more: str) -> DomainEvent:
    """Return an event about a transfer."""
    data = {
        "expected_transfer_id": row.id,
        "kind": row.kind,
        "counterparty": row.counterparty,
        "reference": row.reference,
        "account_number": row.account_number,
        "gross_minor": abs(row.gross_minor),
        "fee_minor": row.fee_minor,
        "net_minor": row.net_minor,
        "currency": row.currency,
        **more,
    }
    return DomainEvent(type_, row.unit_id, row.id, data)


def _number(reference: str) -> str:
    number = " ".join(reference.split()).upper()
    if not 0 < len(number) <= MOST_REFERENCE_CHARACTERS or not number.isprintable():
        raise ExpectedTransferUnsound(f"the document has a number of at most {MOST_REFERENCE_CHARACTERS} characters")
    return number


def _counterparty(wish: TransferWish) -> str:
    given = wish.counterparty.strip()
    if not 0 < len(given) <= MOST_ACCOUNT_CHARACTERS or not given.isprintable():
        raise ExpectedTransferUnsound("a provider, or an account at the treasury, is named in at most 40 characters")
    return given


def _check_amounts(wish: TransferWish) -> None:
    gross, fee = wish.gross, wish.fee
    if (gross.currency, fee.currency) != (VND, VND):
        raise ExpectedTransferUnsound("amounts are VND")
    sound = {
        TransferKind.PAYOUT: 0 <= fee.amount_minor < gross.amount_minor,
        TransferKind.PROVIDER_FEE: gross == NOTHING and fee.is_positive,
        TransferKind.REMITTANCE: gross.is_positive and fee == NOTHING,
    }
    if not sound[wish.kind]:
        raise ExpectedTransferUnsound("amounts are above zero, and a fee is less than what it was kept back from")


def _check_destination(store: PaymentStore, unit_id: str, account_number: str, destination: str) -> None:
    if destination == account_number:
        raise ExpectedTransferUnsound("money does not go to the account from which it comes")
    own = store.has_collection_account(unit_id, (destination,))
    if own and store.ledger_account(unit_id, destination).kind is AccountKind.BANK:
        raise ExpectedTransferUnsound(f"account {destination} is one at a bank, not at the treasury")


def _holder(store: PaymentStore, unit_id: str, wish: TransferWish, counterparty: str) -> Callable[[], None]:
    """Lock the journal and return the check that there is enough.

    More than a provider holds by the books means that it took a payment of which we do not know yet, or that the
    document is not this unit's. Booked all the same, it would hide that payment; so it is found first.
    """
    if wish.kind is TransferKind.REMITTANCE:
        held = store.transfers.held_minor(unit_id, store.ledger_account(unit_id, wish.account_number)) or 0
        free = held - store.transfers.promised_to_treasury(unit_id, wish.account_number)
        refusal: Exception = AccountHoldsLess(f"account {wish.account_number} holds {free:,} VND that are not promised")
    else:
        known = None if counterparty in NO_PROVIDERS else store.transfers.held_minor(unit_id, clearing(counterparty))
        if known is None:
            raise ProviderNeverUsed(f"the unit took no money through {counterparty}")
        free = known - store.transfers.promised_by_provider(unit_id, counterparty)
        refusal = ClearingHoldsLess(f"{counterparty} holds {free:,} VND that are not in another payout")

    def enough() -> None:
        if wish.gross.amount_minor > free:
            raise refusal

    return enough


def _row(
    unit_id: str, wish: TransferWish, counterparty: str, reference: str, officer: str, now: datetime
) -> ExpectedTransferRow:
    leaves = wish.kind is TransferKind.REMITTANCE
    return ExpectedTransferRow(
        id=new_id(),
        unit_id=unit_id,
        kind=wish.kind,
        state=TransferState.ANNOUNCED,
        counterparty=counterparty,
        reference=reference,
        transfer_reference=new_transfer_reference(),
        account_number=wish.account_number,
        gross_minor=-wish.gross.amount_minor if leaves else wish.gross.amount_minor,
        fee_minor=wish.fee.amount_minor,
        currency=wish.gross.currency,
        paid_on=wish.paid_on,
        announced_by=officer,
        announced_at=now,
        statement_entry_id=wish.statement_entry_id,
        arrival_id=new_id() if leaves else None,
    )


def _content(row: ExpectedTransferRow) -> tuple[object, ...]:
    return row.gross_minor, row.fee_minor, row.currency, row.account_number, row.paid_on
