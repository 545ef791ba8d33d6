"""Cash from the drawer to the bank: prepared by one person, handed over by another, arrived by a statement."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from config.identifiers import new_id
from payments.errors import CashDepositUnsound, DrawerHoldsLess, RefundUnsound, SamePersonTwice
from payments.events import DomainEvent, Record
from payments.ledger.journal import JournalEntry
from payments.ledger.posting_rules import cash_arrived, cash_handed_over
from payments.money import VND, Money
from payments.officers import officer_name
from payments.providers.vietqr.reference import new_transfer_reference
from payments.states import DEPOSITS, DepositMove, DepositState, next_state
from payments.store.deposit_tables import CashDepositRow
from payments.store.payments import PaymentStore

HANDED_OVER = "cash-handed-over"
ARRIVED = "cash-arrived"
MOST_SLIP_CHARACTERS = 40


def prepare_deposit(
    store: PaymentStore,
    unit_id: str,
    amount: Money,
    account_number: str,
    officer: str,
    *,
    now: datetime,
    record: Record,
) -> CashDepositRow:
    """Count cash out of the drawer for a pay-in; it is in the drawer's books until another person hands it over.

    Raises:
        CashDepositUnsound: No amount of VND above zero, nobody named, or an account that is not the unit's.
        DrawerHoldsLess: The drawer holds less, or the rest of it is prepared for other pay-ins.
    """
    name = _named(officer)
    if amount.currency != VND or not amount.is_positive:
        raise CashDepositUnsound("cash is paid in as a positive amount of VND")
    if not store.has_collection_account(unit_id, (account_number,)):
        raise CashDepositUnsound(f"the unit has no account {account_number[:MOST_SLIP_CHARACTERS]}")
    free = store.deposits.free_minor(unit_id)
    if amount.amount_minor > free:
        raise DrawerHoldsLess(f"{amount.amount_minor} VND are more than the {free} VND that the drawer can give")
    row = CashDepositRow(
        id=new_id(),
        unit_id=unit_id,
        state=DepositState.PREPARED,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        account_number=account_number,
        transfer_reference=new_transfer_reference(),
        prepared_by=name,
        prepared_at=now,
    )
    store.deposits.add(row)
    record(_event("cash-deposit.prepared", row, officer=name))
    return row


def hand_over_deposit(
    store: PaymentStore, deposit_id: str, slip_number: str, officer: str, *, now: datetime, record: Record
) -> CashDepositRow:
    """Note that the bank took the cash and gave a slip: it is in transit until a statement shows it.

    Raises:
        CashDepositNotFound, TransitionNotAllowed: It is not prepared.
        CashDepositUnsound, DepositSlipAlreadyUsed: Nobody is named, or the slip proves nothing or another pay-in.
        SamePersonTwice: Whoever prepared it does not hand it over.
    """
    name, slip = _named(officer), " ".join(slip_number.split()).upper()
    if not 0 < len(slip) <= MOST_SLIP_CHARACTERS or not slip.isprintable():
        raise CashDepositUnsound(f"the bank's slip has a number of at most {MOST_SLIP_CHARACTERS} characters")
    row = store.deposits.lock(deposit_id)
    state = next_state(DEPOSITS, DepositState(row.state), DepositMove.HAND_OVER)
    if row.prepared_by == name:
        raise SamePersonTwice(f"{name} prepared the pay-in and does not hand it over")
    row.state, row.handed_over_by, row.handed_over_at = state, name, now
    store.deposits.note_slip(row, slip)
    description = f"Nộp tiền mặt vào tài khoản {row.account_number}, phiếu {slip}"
    _post(store, row, HANDED_OVER, description, now)
    record(_event("cash-deposit.handed-over", row, officer=name))
    return row


def cancel_deposit(
    store: PaymentStore, deposit_id: str, officer: str, reason: str, *, now: datetime, record: Record
) -> CashDepositRow:
    """Put cash back into the drawer's books, on a person's word that it is there again.

    Raises:
        CashDepositNotFound, TransitionNotAllowed: It has arrived or was cancelled.
        CashDepositUnsound: Nobody is named, or no reason is given.
        SamePersonTwice: Whoever handed it over does not say that it came back.
    """
    name = _named(officer)
    if not reason.strip():
        raise CashDepositUnsound("a pay-in is cancelled for a reason")
    row = store.deposits.lock(deposit_id)
    state = next_state(DEPOSITS, DepositState(row.state), DepositMove.CANCEL)
    if row.handed_over_by == name:
        raise SamePersonTwice(f"{name} handed the cash over and does not take it back")
    if row.state == DepositState.HANDED_OVER:
        entry = store.journal.find_about(row.id, HANDED_OVER)
        if entry is None:
            raise LookupError(f"cash deposit {row.id} was handed over without a journal entry")
        store.journal.reverse(entry.id, now)
    row.state, row.cancelled_by, row.cancelled_at, row.cancel_reason = state, name, now, reason.strip()
    record(_event("cash-deposit.cancelled", row, officer=name, reason=row.cancel_reason))
    return row


def note_arrival(
    store: PaymentStore, deposit_id: str, statement_entry_id: str, *, now: datetime, record: Record
) -> CashDepositRow:
    """Book the credit of a statement that is this pay-in.

    Raises:
        CashDepositNotFound, TransitionNotAllowed: It is not on its way.
    """
    row = store.deposits.lock(deposit_id)
    row.state = next_state(DEPOSITS, DepositState(row.state), DepositMove.ARRIVE)
    row.arrived_at, row.statement_entry_id = now, statement_entry_id
    _post(store, row, ARRIVED, f"Tiền mặt đã về tài khoản {row.account_number}", now)
    record(_event("cash-deposit.arrived", row))
    return row


def _post(store: PaymentStore, row: CashDepositRow, kind: str, description: str, now: datetime) -> None:
    received_on = store.ledger_account(row.unit_id, row.account_number)
    postings = cash_handed_over(row.amount) if kind == HANDED_OVER else cash_arrived(row.amount, received_on)
    store.journal.post(JournalEntry(row.unit_id, kind, row.id, description, now, postings))


def _named(officer: str) -> str:
    try:
        return officer_name(officer)
    except RefundUnsound:
        raise CashDepositUnsound("the person who acts is named, in at most 120 printable characters") from None


def _event(type_: str, row: CashDepositRow, **more: Any) -> DomainEvent:
    data: Mapping[str, Any] = {
        "cash_deposit_id": row.id,
        "account_number": row.account_number,
        "amount_minor": row.amount_minor,
        "currency": row.currency,
        **more,
    }
    return DomainEvent(type_, row.unit_id, row.id, data)
