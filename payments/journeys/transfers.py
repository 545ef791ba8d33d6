"""Bank transfers that name an order by its reference: from statements, or from a bank's own notices."""

from datetime import datetime

from config.identifiers import new_id
from payments.events import Record
from payments.journeys.settlement import MoneyIn, book_order_paid, book_suspended
from payments.ledger.accounts import bank
from payments.model import STATEMENT, BankTransfer, Settlement, SettlementOutcome
from payments.states import AttemptState, OrderState
from payments.store.payments import PaymentStore
from payments.store.tables import FeeOrderRow, PaymentAttemptRow


def settle_transfer(store: PaymentStore, transfer: BankTransfer, *, now: datetime, record: Record) -> Settlement:
    """Book a transfer at most once: the order paid, if it is open and the amount is the order's, else suspense.

    A statement that shows a transfer of which a notice told before only confirms it: each entry confirms one notice
    of the same order, account and amount. An unknown reference books nothing: the statement's break tells of it.
    """
    known = store.find_order_by_transfer_reference(transfer.transfer_reference)
    if known is None:
        return Settlement(SettlementOutcome.ATTEMPT_NOT_FOUND, event=transfer)
    order = store.lock_order(known.id)
    before = store.find_attempt(transfer.provider, transfer.bank_reference) or _told_before(store, order, transfer)
    if before is not None:
        return Settlement(SettlementOutcome.DUPLICATE, order_id=before.order_id, attempt_id=before.id, event=transfer)
    attempt = _attempt_row(order, transfer, now)
    store.add_attempt(attempt)
    money = MoneyIn(attempt, transfer.bank_reference, transfer.received_at, bank(transfer.account_number))
    if order.state == OrderState.OPEN and transfer.amount == order.amount:
        entry_id = book_order_paid(store, order, money, now=now, record=record)
        outcome = SettlementOutcome.BOOKED
    else:
        reason = "amount-differs" if order.state == OrderState.OPEN else f"order-{order.state}"
        entry_id = book_suspended(store, order, money, reason, now=now, record=record)
        outcome = SettlementOutcome.SUSPENDED
    return Settlement(outcome, order_id=order.id, attempt_id=attempt.id, entry_id=entry_id, event=transfer)


def _told_before(store: PaymentStore, order: FeeOrderRow, transfer: BankTransfer) -> PaymentAttemptRow | None:
    """Return the attempt that is this very transfer as another channel told of it, and tie the two together."""
    received_on = bank(transfer.account_number).code
    same = [
        attempt
        for attempt in store.attempts_of(order.id)
        if attempt.received_on == received_on and attempt.amount == transfer.amount
    ]
    for attempt in same:
        if attempt.statement_reference == transfer.bank_reference or attempt.reference == transfer.bank_reference:
            return attempt
    if transfer.provider != STATEMENT:
        return None
    for attempt in same:
        if attempt.provider != STATEMENT and attempt.statement_reference is None:
            attempt.statement_reference = transfer.bank_reference
            return attempt
    return None


def _attempt_row(order: FeeOrderRow, transfer: BankTransfer, now: datetime) -> PaymentAttemptRow:
    return PaymentAttemptRow(
        id=new_id(),
        unit_id=order.unit_id,
        order_id=order.id,
        provider=transfer.provider,
        reference=transfer.bank_reference,
        state=AttemptState.SUCCEEDED,
        amount_minor=transfer.amount.amount_minor,
        currency=transfer.amount.currency,
        payer_address="",
        provider_transaction=transfer.bank_reference,
        started_at=transfer.received_at,
        expires_at=transfer.received_at,
        paid_at=transfer.received_at,
        booked_at=now,
        received_on=bank(transfer.account_number).code,
        query_count=0,
    )
