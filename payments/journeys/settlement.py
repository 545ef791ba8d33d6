"""Settling one authenticated report of a provider, wherever it came from: the one place where an order becomes paid."""

from dataclasses import dataclass
from datetime import datetime

from config.identifiers import new_id
from payments.events import DomainEvent, Record
from payments.journeys.orders import order_event
from payments.journeys.refunds import propose_refund
from payments.journeys.schedule import NEVER_PAID_AFTER
from payments.journeys.suspense import suspense_break
from payments.ledger.accounts import Account, clearing
from payments.ledger.journal import JournalEntry
from payments.ledger.posting_rules import money_suspended, order_paid
from payments.model import ProviderEvent, ProviderOutcome, Settlement, SettlementOutcome
from payments.states import ATTEMPTS, ORDERS, AttemptMove, AttemptState, OrderMove, OrderState, may_move, next_state
from payments.store.payments import PaymentStore
from payments.store.tables import FeeOrderRow, PaymentAttemptRow, ProviderEventRow


@dataclass(frozen=True)
class Matter:
    """What one report is about: the locked order and attempt, and where the report was kept."""

    event: ProviderEvent
    order: FeeOrderRow
    attempt: PaymentAttemptRow
    callback_id: str | None
    now: datetime

    def ended(self, outcome: SettlementOutcome, entry_id: str | None = None) -> Settlement:
        """Return the settlement of this matter."""
        return Settlement(
            outcome, order_id=self.order.id, attempt_id=self.attempt.id, entry_id=entry_id, event=self.event
        )


def settle_event(
    store: PaymentStore, event: ProviderEvent, *, callback_id: str | None, now: datetime, record: Record
) -> Settlement:
    """Take an authenticated report into account, at most once.

    The order and then the attempt are locked before anything is compared, so that copies of one report that arrive
    at once come here one after the other. Wrong amounts change nothing; success of a closed order goes to suspense.
    """
    known = store.find_attempt(event.provider, event.reference)
    if known is None:
        return Settlement(SettlementOutcome.ATTEMPT_NOT_FOUND, event=event)
    order = store.lock_order(known.order_id)
    matter = Matter(event, order, store.lock_attempt(known.id), callback_id, now)
    if event.amount != matter.attempt.amount:
        return matter.ended(SettlementOutcome.AMOUNT_MISMATCH)
    if store.callbacks.find_event(event.provider, event.key) is not None:
        return matter.ended(SettlementOutcome.DUPLICATE)
    if event.outcome is ProviderOutcome.SUCCEEDED:
        return _succeeded(store, matter, record)
    if event.outcome is ProviderOutcome.FAILED:
        return _failed(store, matter, record)
    if event.outcome is ProviderOutcome.NOT_FOUND and now > matter.attempt.expires_at + NEVER_PAID_AFTER:
        return _failed(store, matter, record)
    return _still_unknown(matter)


def _succeeded(store: PaymentStore, matter: Matter, record: Record) -> Settlement:
    attempt, order, now = matter.attempt, matter.order, matter.now
    first_success = may_move(ATTEMPTS, AttemptState(attempt.state), AttemptMove.SUCCEED)
    if first_success:
        _note(attempt, AttemptMove.SUCCEED, matter.event)
        attempt.paid_at, attempt.booked_at = matter.event.paid_at or now, now
        attempt.received_on = clearing(matter.event.provider).code
    _add_event(store, matter)
    received_on = clearing(matter.event.provider)
    if first_success and order.state == OrderState.OPEN:
        entry_id = book_order_paid(store, order, received_on, attempt, now=now, record=record)
        return matter.ended(SettlementOutcome.BOOKED, entry_id)
    reason = f"order-{order.state}" if order.state != OrderState.OPEN else "paid-twice"
    entry_id = book_suspended(
        store, order, received_on, attempt, matter.event.transaction, reason, now=now, record=record
    )
    return matter.ended(SettlementOutcome.SUSPENDED, entry_id)


def _failed(store: PaymentStore, matter: Matter, record: Record) -> Settlement:
    attempt = matter.attempt
    if not may_move(ATTEMPTS, AttemptState(attempt.state), AttemptMove.FAIL):
        # It failed before, or money was proven since: an older or contradicting report changes nothing.
        return matter.ended(SettlementOutcome.DUPLICATE)
    _note(attempt, AttemptMove.FAIL, matter.event)
    _add_event(store, matter)
    data = {"attempt_id": attempt.id, "provider": attempt.provider, "code": matter.event.code}
    record(order_event("attempt.failed", matter.order, **data))
    return matter.ended(SettlementOutcome.FAILURE_NOTED)


def _still_unknown(matter: Matter) -> Settlement:
    attempt = matter.attempt
    if not may_move(ATTEMPTS, AttemptState(attempt.state), AttemptMove.STAY_UNKNOWN):
        return matter.ended(SettlementOutcome.DUPLICATE)
    if matter.event.outcome is ProviderOutcome.UNKNOWN:
        attempt.state = next_state(ATTEMPTS, AttemptState(attempt.state), AttemptMove.STAY_UNKNOWN)
        attempt.provider_transaction, attempt.provider_code = matter.event.transaction, matter.event.code
    return matter.ended(SettlementOutcome.UNKNOWN_NOTED)


def _note(attempt: PaymentAttemptRow, move: AttemptMove, event: ProviderEvent) -> None:
    attempt.state = next_state(ATTEMPTS, AttemptState(attempt.state), move)
    attempt.provider_transaction, attempt.provider_code = event.transaction, event.code
    attempt.next_query_at = None


def _add_event(store: PaymentStore, matter: Matter) -> None:
    event = matter.event
    store.callbacks.add_event(
        ProviderEventRow(
            id=new_id(),
            unit_id=matter.order.unit_id,
            provider=event.provider,
            event_key=event.key,
            attempt_id=matter.attempt.id,
            callback_id=matter.callback_id,
            transaction=event.transaction,
            outcome=event.outcome,
            code=event.code,
            amount_minor=event.amount.amount_minor,
            currency=event.amount.currency,
            paid_at=event.paid_at,
            recorded_at=matter.now,
        )
    )


def book_order_paid(
    store: PaymentStore,
    order: FeeOrderRow,
    received_on: Account,
    attempt: PaymentAttemptRow,
    *,
    now: datetime,
    record: Record,
) -> str:
    """Move a locked, open order to paid with its journal entry, and say so. Returns the entry's id."""
    order.state = next_state(ORDERS, OrderState(order.state), OrderMove.PAY)
    order.paid_at, order.paid_attempt_id, order.updated_at = attempt.paid_at or now, attempt.id, now
    postings = order_paid(order.items, order.amount, received_on)
    description = f"Thu phí, lệ phí hồ sơ {order.dossier_code} ({attempt.provider} {attempt.provider_transaction})"
    entry = store.journal.post(JournalEntry(order.unit_id, "order-paid", order.id, description, now, postings))
    record(order_event("order.paid", order, attempt_id=attempt.id, provider=attempt.provider, entry_id=entry.id))
    return entry.id


def book_suspended(
    store: PaymentStore,
    order: FeeOrderRow,
    received_on: Account,
    attempt: PaymentAttemptRow,
    transaction: str,
    reason: str,
    *,
    now: datetime,
    record: Record,
) -> str:
    """Keep money apart that a locked order is not waiting for, propose to pay it back, and say so.

    Args:
        transaction: The provider's own number of this money, by which it is paid back.
    Returns:
        The entry's id.
    """
    description = f"Tiền chờ xử lý của hồ sơ {order.dossier_code} ({attempt.provider}, {reason})"
    postings = money_suspended(attempt.amount, received_on)
    entry = store.journal.post(JournalEntry(order.unit_id, "money-suspended", order.id, description, now, postings))
    data = {
        "order_id": order.id,
        "dossier_code": order.dossier_code,
        "attempt_id": attempt.id,
        "amount_minor": attempt.amount_minor,
        "currency": attempt.currency,
        "reason": reason,
        "entry_id": entry.id,
    }
    store.statements.add_breaks([suspense_break(order, attempt, received_on, reason, entry.id, now)])
    propose_refund(store, order, attempt, transaction, entry.id, reason, now=now, record=record)
    record(DomainEvent("payment.suspended", order.unit_id, order.id, data))
    return entry.id
