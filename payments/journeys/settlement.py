"""Settling one authenticated report of a provider, wherever it came from: the one place where an order becomes paid."""

from dataclasses import dataclass
from datetime import datetime

from config.identifiers import new_id
from payments.events import DomainEvent, Record
from payments.journeys.orders import order_event
from payments.journeys.refunds import propose_refund
from payments.journeys.schedule import NEVER_PAID_AFTER
from payments.journeys.suspense import suspense_break
from payments.journeys.unresolved import note_told
from payments.ledger.accounts import Account, clearing
from payments.ledger.journal import JournalEntry
from payments.ledger.posting_rules import money_suspended, order_paid
from payments.model import ProviderEvent, ProviderOutcome, Settlement, SettlementOutcome
from payments.money import Money
from payments.states import ATTEMPTS, ORDERS, AttemptMove, AttemptState, OrderMove, OrderState, may_move, next_state
from payments.store.payments import PaymentStore
from payments.store.settling import AttemptAtHand, AttemptFacts, OrderAtHand, OrderFacts


@dataclass(frozen=True)
class Matter:
    """What one report is about: the locked order and attempt, and where the report was kept."""

    event: ProviderEvent
    order: OrderAtHand
    attempt: AttemptAtHand
    callback_id: str | None
    now: datetime

    def ended(self, outcome: SettlementOutcome, entry_id: str | None = None) -> Settlement:
        """Return the settlement of this matter."""
        return Settlement(
            outcome,
            order_id=self.order.id,
            attempt_id=self.attempt.id,
            entry_id=entry_id,
            unit_id=self.order.unit_id,
            event=self.event,
        )


def settle_event(
    store: PaymentStore, event: ProviderEvent, *, callback_id: str | None, now: datetime, record: Record
) -> Settlement:
    """Take an authenticated report into account, at most once.

    The order and then the attempt are locked before anything is compared, so that copies of one report that arrive
    at once come here one after the other. Wrong amounts change nothing; success of a closed order goes to suspense.
    """
    locked = store.settling.lock(event.provider, event.reference)
    if locked is None:
        return Settlement(SettlementOutcome.ATTEMPT_NOT_FOUND, event=event)
    order, attempt = locked
    matter = Matter(event, order, attempt, callback_id, now)
    if event.amount != attempt.amount:
        return matter.ended(SettlementOutcome.AMOUNT_MISMATCH)
    # An attempt of which nothing was ever reported has no report that this one could repeat.
    if attempt.provider_code is not None and store.callbacks.find_event(event.provider, event.key) is not None:
        return matter.ended(SettlementOutcome.DUPLICATE)
    if event.outcome is ProviderOutcome.SUCCEEDED:
        return _to_be_asked(store, matter) if event.needs_query else _succeeded(store, matter, record)
    if event.outcome is ProviderOutcome.FAILED:
        return _failed(store, matter, record)
    if event.outcome is ProviderOutcome.NOT_FOUND and now > matter.attempt.expires_at + NEVER_PAID_AFTER:
        return _failed(store, matter, record)
    return _still_unknown(store, matter)


def _to_be_asked(store: PaymentStore, matter: Matter) -> Settlement:
    """Have the provider asked at once, whatever was known before: what it answers is booked, this is not."""
    due = {"query_count": 0, "next_query_at": matter.now}
    if may_move(ATTEMPTS, AttemptState(matter.attempt.state), AttemptMove.STAY_UNKNOWN):
        _note(store, matter, AttemptMove.STAY_UNKNOWN, **due)
    else:
        store.settling.note_attempt(matter.attempt, due)
    return matter.ended(SettlementOutcome.UNKNOWN_NOTED)


def _succeeded(store: PaymentStore, matter: Matter, record: Record) -> Settlement:
    attempt, order, event, now = matter.attempt, matter.order, matter.event, matter.now
    received_on = clearing(event.provider)
    money = MoneyIn(attempt, event.transaction, event.paid_at or now, received_on)
    first_success = may_move(ATTEMPTS, AttemptState(attempt.state), AttemptMove.SUCCEED)
    if first_success:
        paid = {"paid_at": money.paid_at, "booked_at": now, "received_on": received_on.code}
        _note(store, matter, AttemptMove.SUCCEED, **paid)
    _add_event(store, matter)
    is_due = order.state == OrderState.OPEN and attempt.amount == order.amount
    if first_success and is_due:
        return matter.ended(SettlementOutcome.BOOKED, book_order_paid(store, order, money, now=now, record=record))
    reason = _why_not_due(order, first_success=first_success)
    entry_id = book_suspended(store, order, money, reason, now=now, record=record)
    return matter.ended(SettlementOutcome.SUSPENDED, entry_id)


def _why_not_due(order: OrderAtHand, *, first_success: bool) -> str:
    """Return why money is not what an order waits for; an order that was changed since waits for another amount."""
    if order.state != OrderState.OPEN:
        return f"order-{order.state}"
    return "amount-differs" if first_success else "paid-twice"


def _failed(store: PaymentStore, matter: Matter, record: Record) -> Settlement:
    attempt = matter.attempt
    if not may_move(ATTEMPTS, AttemptState(attempt.state), AttemptMove.FAIL):
        # It failed before, or money was proven since: an older or contradicting report changes nothing.
        return matter.ended(SettlementOutcome.DUPLICATE)
    _note(store, matter, AttemptMove.FAIL)
    _add_event(store, matter)
    data = {"attempt_id": attempt.id, "provider": attempt.provider, "code": matter.event.code}
    record(order_event("attempt.failed", matter.order, **data))
    return matter.ended(SettlementOutcome.FAILURE_NOTED)


def _still_unknown(store: PaymentStore, matter: Matter) -> Settlement:
    attempt = matter.attempt
    if not may_move(ATTEMPTS, AttemptState(attempt.state), AttemptMove.STAY_UNKNOWN):
        return matter.ended(SettlementOutcome.DUPLICATE)
    if matter.event.outcome is ProviderOutcome.UNKNOWN:
        # It goes on being asked about.
        _note(store, matter, AttemptMove.STAY_UNKNOWN, next_query_at=attempt.next_query_at)
    return matter.ended(SettlementOutcome.UNKNOWN_NOTED)


def _note(store: PaymentStore, matter: Matter, move: AttemptMove, **more: object) -> None:
    changed = {
        "state": next_state(ATTEMPTS, AttemptState(matter.attempt.state), move),
        "provider_transaction": matter.event.transaction,
        "provider_code": matter.event.code,
        "next_query_at": None,
        **more,
    }
    store.settling.note_attempt(matter.attempt, changed)
    if matter.attempt.state == AttemptState.UNRESOLVED:
        note_told(store, matter.order.unit_id, matter.attempt.id, matter.now)


def _add_event(store: PaymentStore, matter: Matter) -> None:
    event = matter.event
    store.callbacks.add_event(
        {
            "id": new_id(),
            "unit_id": matter.order.unit_id,
            "provider": event.provider,
            "event_key": event.key,
            "attempt_id": matter.attempt.id,
            "callback_id": matter.callback_id,
            "transaction": event.transaction,
            "outcome": event.outcome,
            "code": event.code,
            "amount_minor": event.amount.amount_minor,
            "currency": event.amount.currency,
            "paid_at": event.paid_at,
            "recorded_at": matter.now,
        }
    )


@dataclass(frozen=True)
class MoneyIn:
    """Money that came for an order.

    Attributes:
        transaction: The provider's own number of this money, by which it is paid back.
        received_on: The account on which it lies.
    """

    attempt: AttemptFacts
    transaction: str
    paid_at: datetime
    received_on: Account


def book_order_paid(store: PaymentStore, order: OrderFacts, money: MoneyIn, *, now: datetime, record: Record) -> str:
    """Move a locked, open order to paid with its journal entry, and say so. Returns the entry's id."""
    attempt = money.attempt
    state = next_state(ORDERS, OrderState(order.state), OrderMove.PAY)
    store.settling.pay_order(order.id, state, attempt.id, money.paid_at, now)
    total = Money(order.amount_minor, order.currency)
    postings = order_paid(store.settling.fees_of(order), total, money.received_on)
    description = f"Thu phí, lệ phí hồ sơ {order.dossier_code} ({attempt.provider} {money.transaction})"
    entry = store.journal.post(JournalEntry(order.unit_id, "order-paid", order.id, description, now, postings))
    told = {"attempt_id": attempt.id, "provider": attempt.provider, "entry_id": entry.id}
    record(order_event("order.paid", order, state=state, **told))
    return entry.id


def book_suspended(
    store: PaymentStore, order: OrderFacts, money: MoneyIn, reason: str, *, now: datetime, record: Record
) -> str:
    """Keep money apart that a locked order is not waiting for, propose to pay it back, and say so.

    Returns the entry's id.
    """
    attempt = money.attempt
    description = f"Tiền chờ xử lý của hồ sơ {order.dossier_code} ({attempt.provider}, {reason})"
    postings = money_suspended(attempt.amount, money.received_on)
    entry = store.journal.post(JournalEntry(order.unit_id, "money-suspended", order.id, description, now, postings))
    data = {
        "order_id": order.id,
        "dossier_code": order.dossier_code,
        "attempt_id": attempt.id,
        "amount_minor": attempt.amount.amount_minor,
        "currency": attempt.amount.currency,
        "reason": reason,
        "entry_id": entry.id,
    }
    store.statements.add_breaks([suspense_break(order, attempt.amount, money.received_on, reason, entry.id, now)])
    propose_refund(store, order, attempt, money.transaction, entry.id, reason, now=now, record=record)
    record(DomainEvent("payment.suspended", order.unit_id, order.id, data))
    return entry.id
