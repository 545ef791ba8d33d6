"""Taking money at the counter, in cash or by card, and taking such a payment back on the same day."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from config.identifiers import new_id
from payments.errors import (
    CounterAmountDiffers,
    CounterPaymentUnsound,
    CounterVoidTooLate,
    DrawerHoldsLess,
    FeeOrderExpired,
    FeeOrderPaymentUnderWay,
    RefundUnsound,
    SamePersonTwice,
    SlipAlreadyUsed,
)
from payments.events import DomainEvent, Record
from payments.journeys.orders import ensure_open, order_event
from payments.journeys.receipt_ends import cancel_receipt
from payments.journeys.settlement import MoneyIn, book_order_paid
from payments.ledger.accounts import clearing
from payments.local_time import HANOI
from payments.money import Money
from payments.officers import officer_name
from payments.states import (
    ATTEMPTS,
    ORDERS,
    RECEIPTS,
    AttemptMove,
    AttemptState,
    OrderMove,
    OrderState,
    ReceiptMove,
    ReceiptState,
    RefundState,
    may_move,
    next_state,
)
from payments.store.counter_tables import CounterMethod, CounterPaymentRow
from payments.store.payments import PaymentStore
from payments.store.tables import FeeOrderRow, PaymentAttemptRow

# Attempts need a provider's name; it tells apart the two clearing accounts.
PROVIDERS: Final = {CounterMethod.CASH: "counter-cash", CounterMethod.POS: "counter-pos"}
VOIDED = "voided"
MOST_SLIP_CHARACTERS = 40


@dataclass(frozen=True)
class CounterTaking:
    """What was received.

    Attributes:
        officer: Who received it. terminal, slip_number: Of a card's slip; empty for cash.
    """

    method: CounterMethod
    amount: Money
    officer: str
    terminal: str = ""
    slip_number: str = ""


def take_at_counter(
    store: PaymentStore, order_id: str, taking: CounterTaking, *, now: datetime, record: Record
) -> CounterPaymentRow:
    """Book money that was received at the counter: the order is paid, and its receipts are issued.

    Raises:
        FeeOrderNotFound, FeeOrderAlreadyPaid, FeeOrderCancelled, FeeOrderExpired: It cannot be paid.
        FeeOrderPaymentUnderWay: A provider has not yet said whether it took the money.
        CounterAmountDiffers, CounterPaymentUnsound, SlipAlreadyUsed: It cannot stand as entered.
    """
    officer, terminal, slip_number = _checked(taking)
    order = store.lock_order(order_id)
    ensure_open(order)
    if order.expires_at <= now:
        raise FeeOrderExpired(f"the time to pay fee order {order.id} is over")
    if any(attempt.state == AttemptState.UNKNOWN for attempt in store.attempts_of(order.id)):
        raise FeeOrderPaymentUnderWay("a provider has not said yet whether it took the money")
    if taking.amount != order.amount:
        raise CounterAmountDiffers(f"{taking.amount.amount_minor} VND is not the order's {order.amount_minor} VND")
    if slip_number and store.counter.find_slip(order.unit_id, terminal, slip_number) is not None:
        raise SlipAlreadyUsed(f"slip {slip_number} of terminal {terminal} proves another payment")
    row = _row(order, taking, officer, now)
    row.terminal, row.slip_number = terminal or None, slip_number or None
    attempt = _attempt_row(order, row, now)
    store.add_attempt(attempt)
    store.counter.add(row)
    money = MoneyIn(attempt, attempt.provider_transaction or row.id, now, clearing(attempt.provider))
    book_order_paid(store, order, money, now=now, record=record)
    record(_event("counter-payment.taken", row, order, officer))
    return row


def void_counter_payment(
    store: PaymentStore, payment_id: str, officer: str, reason: str, *, now: datetime, record: Record
) -> CounterPaymentRow:
    """Take a payment back that was entered wrongly today: its entry is reversed, its receipts are cancelled.

    The order may then be paid again.

    Raises:
        CounterPaymentNotFound, CounterPaymentUnsound, CounterVoidTooLate: It cannot be taken back so.
        DrawerHoldsLess: Its cash is no longer in the drawer.
        SamePersonTwice: Whoever received it does not take it back.
    """
    name = _named(officer)
    if not reason.strip():
        raise CounterPaymentUnsound("a payment is taken back for a reason")
    order = store.lock_order(store.counter.get(payment_id).order_id)
    row = store.counter.get(payment_id)
    if row.voided_at is not None:
        raise CounterPaymentUnsound("the payment was taken back before")
    if row.received_by == name:
        raise SamePersonTwice(f"{name} received the money and does not take the payment back")
    if _day(row.received_at) != _day(now):
        raise CounterVoidTooLate("a payment is taken back on the day on which it was received; later it is refunded")
    _ensure_not_refunded(store, order)
    _ensure_in_the_drawer(store, row)
    _reopen(store, order, row, now)
    row.voided_at, row.voided_by, row.void_reason = now, name, reason.strip()
    for receipt in store.receipts.of_order(order.id):
        if may_move(RECEIPTS, ReceiptState(receipt.state), ReceiptMove.CANCEL):
            cancel_receipt(store, receipt.id, name, reason.strip(), now=now, record=record)
    record(order_event("order.reopened", order, counter_payment_id=row.id, reason=row.void_reason))
    record(_event("counter-payment.voided", row, order, name))
    return row


def _reopen(store: PaymentStore, order: FeeOrderRow, row: CounterPaymentRow, now: datetime) -> None:
    entry = store.journal.find_about(order.id, "order-paid")
    if entry is None:
        raise LookupError(f"fee order {order.id} is paid without a journal entry")
    order.state = next_state(ORDERS, OrderState(order.state), OrderMove.REOPEN)
    order.paid_at, order.paid_attempt_id, order.updated_at = None, None, now
    attempt = store.lock_attempt(row.attempt_id)
    attempt.state = next_state(ATTEMPTS, AttemptState(attempt.state), AttemptMove.VOID)
    attempt.provider_code = VOIDED
    store.journal.reverse(entry.id, now)


def _ensure_not_refunded(store: PaymentStore, order: FeeOrderRow) -> None:
    over = (RefundState.REJECTED, RefundState.FAILED)
    if any(refund.state not in over for refund in store.refunds.of_order(order.id)):
        raise CounterPaymentUnsound("a refund of this payment is asked for or paid; settle that first")


def _ensure_in_the_drawer(store: PaymentStore, row: CounterPaymentRow) -> None:
    if row.method == CounterMethod.CASH and store.deposits.free_minor(row.unit_id) < row.amount_minor:
        raise DrawerHoldsLess("the cash was paid into the bank or is prepared for it; the payment is refunded instead")


def _checked(taking: CounterTaking) -> tuple[str, str, str]:
    terminal, slip_number = (" ".join(text.split()).upper() for text in (taking.terminal, taking.slip_number))
    if (taking.method is CounterMethod.POS) != bool(terminal and slip_number) or bool(terminal) != bool(slip_number):
        raise CounterPaymentUnsound("a card payment names terminal and slip; cash names neither")
    for text in (terminal, slip_number):
        if len(text) > MOST_SLIP_CHARACTERS or not text.isprintable():
            raise CounterPaymentUnsound(f"terminal and slip have at most {MOST_SLIP_CHARACTERS} printable characters")
    return _named(taking.officer), terminal, slip_number


def _named(officer: str) -> str:
    try:
        return officer_name(officer)
    except RefundUnsound:
        raise CounterPaymentUnsound("the person who acts is named, in at most 120 printable characters") from None


def _day(moment: datetime) -> str:
    return moment.astimezone(HANOI).date().isoformat()


def _row(order: FeeOrderRow, taking: CounterTaking, officer: str, now: datetime) -> CounterPaymentRow:
    return CounterPaymentRow(
        id=new_id(),
        unit_id=order.unit_id,
        order_id=order.id,
        attempt_id=new_id(),
        method=taking.method,
        amount_minor=taking.amount.amount_minor,
        currency=taking.amount.currency,
        received_by=officer,
        received_at=now,
    )


def _attempt_row(order: FeeOrderRow, row: CounterPaymentRow, now: datetime) -> PaymentAttemptRow:
    provider = PROVIDERS[CounterMethod(row.method)]
    return PaymentAttemptRow(
        id=row.attempt_id,
        unit_id=order.unit_id,
        order_id=order.id,
        provider=provider,
        reference=row.id,
        state=AttemptState.SUCCEEDED,
        amount_minor=row.amount_minor,
        currency=row.currency,
        payer_address="",
        provider_transaction=row.slip_number,
        started_at=now,
        expires_at=now,
        paid_at=now,
        booked_at=now,
        received_on=clearing(provider).code,
        query_count=0,
    )


def _event(type_: str, row: CounterPaymentRow, order: FeeOrderRow, officer: str) -> DomainEvent:
    data = {
        "counter_payment_id": row.id,
        "order_id": order.id,
        "dossier_code": order.dossier_code,
        "attempt_id": row.attempt_id,
        "method": row.method,
        "amount_minor": row.amount_minor,
        "currency": row.currency,
        "officer": officer,
    }
    return DomainEvent(type_, row.unit_id, row.id, data)
