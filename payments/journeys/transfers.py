"""Bank transfers that name an order by its reference: from statements, or from a bank's own notices."""

from dataclasses import dataclass
from datetime import datetime

from config.identifiers import new_id
from payments.events import Record
from payments.journeys.settlement import book_order_paid, book_suspended
from payments.ledger.accounts import bank
from payments.model import Settlement, SettlementOutcome
from payments.money import Money
from payments.states import AttemptState, OrderState
from payments.store.payments import PaymentStore
from payments.store.tables import FeeOrderRow, PaymentAttemptRow

PROVIDER = "bank-transfer"


@dataclass(frozen=True)
class BankTransfer:
    """Money that a bank says has arrived.

    Attributes:
        transfer_reference: The order's, as found exactly in the transfer's text.
        bank_reference: What makes the credit unique at the bank, at most 40 characters.
        account_number: Ours, that was credited.
    """

    transfer_reference: str
    bank_reference: str
    account_number: str
    amount: Money
    received_at: datetime


def settle_transfer(store: PaymentStore, transfer: BankTransfer, *, now: datetime, record: Record) -> Settlement:
    """Book a transfer at most once: the order paid, if it is open and the amount is the order's, else suspense.

    An unknown reference books nothing: the statement's break tells of it.
    """
    known = store.find_order_by_transfer_reference(transfer.transfer_reference)
    if known is None:
        return Settlement(SettlementOutcome.ATTEMPT_NOT_FOUND)
    order = store.lock_order(known.id)
    before = store.find_attempt(PROVIDER, transfer.bank_reference)
    if before is not None:
        return Settlement(SettlementOutcome.DUPLICATE, order_id=before.order_id, attempt_id=before.id)
    attempt = _attempt_row(order, transfer, now)
    store.add_attempt(attempt)
    received_on = bank(transfer.account_number)
    if order.state == OrderState.OPEN and transfer.amount == order.amount:
        entry_id = book_order_paid(store, order, received_on, attempt, now=now, record=record)
        return Settlement(SettlementOutcome.BOOKED, order_id=order.id, attempt_id=attempt.id, entry_id=entry_id)
    reason = "amount-differs" if order.state == OrderState.OPEN else f"order-{order.state}"
    entry_id = book_suspended(store, order, received_on, attempt, reason, now=now, record=record)
    return Settlement(SettlementOutcome.SUSPENDED, order_id=order.id, attempt_id=attempt.id, entry_id=entry_id)


def _attempt_row(order: FeeOrderRow, transfer: BankTransfer, now: datetime) -> PaymentAttemptRow:
    return PaymentAttemptRow(
        id=new_id(),
        unit_id=order.unit_id,
        order_id=order.id,
        provider=PROVIDER,
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
        query_count=0,
    )
