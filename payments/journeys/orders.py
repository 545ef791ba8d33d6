"""Opening a fee order, and closing it without payment."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from config.identifiers import new_id
from payments.errors import (
    FeeOrderAlreadyPaid,
    FeeOrderCancelled,
    FeeOrderExpired,
    FeeOrderPaymentUnderWay,
    FeeOrderUnsound,
)
from payments.events import DomainEvent, Record
from payments.ledger.journal import JournalEntry
from payments.ledger.posting_rules import order_charged, order_released
from payments.model import FeeItem, FeeOrderChange, FeeOrderDraft, Payer, total_of
from payments.providers.vietqr.reference import new_transfer_reference
from payments.states import ORDERS, OrderMove, OrderState, next_state
from payments.store.payments import IN_FLIGHT, PaymentStore
from payments.store.settling import OrderFacts
from payments.store.tables import FeeOrderItemRow, FeeOrderRow

EXPIRED_AT_ONCE = 500


def open_order(store: PaymentStore, draft: FeeOrderDraft, *, now: datetime, record: Record) -> FeeOrderRow:
    """Open a fee order: from now on its items are owed, and whoever holds its token may pay it.

    Raises:
        FeeOrderUnsound: It would expire before it is opened.
    """
    if draft.expires_at <= now:
        raise FeeOrderUnsound("a fee order expires after it is opened")
    order = _order_row(draft, now)
    store.add_order(order, [_item_row(order, line_no, item) for line_no, item in enumerate(draft.items, 1)])
    record(order_event("order.opened", order))
    _charge(store, order, now, record)
    return order


def change_order(
    store: PaymentStore, order_id: str, change: FeeOrderChange, *, now: datetime, record: Record
) -> FeeOrderRow:
    """Change an open order of which no payment can be under way; its old items are kept and owed no more.

    Raises:
        FeeOrderNotFound, FeeOrderAlreadyPaid, FeeOrderCancelled, FeeOrderExpired: It cannot be changed any more.
        FeeOrderPaymentUnderWay: A payer may be paying what it says now.
        FeeOrderUnsound: It would not stand so.
    """
    order = store.lock_order(order_id)
    ensure_open(order)
    if any_in_flight(store, order.id):
        raise FeeOrderPaymentUnderWay(f"a payment of fee order {order.id} may be under way")
    if change.expires_at is not None and change.expires_at <= now:
        raise FeeOrderUnsound("a fee order expires in the future")
    if change.payer_name is not None and not change.payer_name.strip():
        raise FeeOrderUnsound("a fee order names its payer")
    order.purpose, order.payer_name = change.purpose or order.purpose, change.payer_name or order.payer_name
    order.expires_at = change.expires_at or order.expires_at
    if change.metadata is not None:
        order.details = dict(change.metadata)
    if change.payer is not None:
        _note_payer(order, change.payer)
    order.updated_at = now
    if change.items is not None:
        _exchange_items(store, order, change.items, now)
    record(order_event("order.changed", order, revision=order.revision))
    if change.items is not None:
        _charge(store, order, now, record)
    return order


def _exchange_items(store: PaymentStore, order: FeeOrderRow, items: Sequence[FeeItem], now: datetime) -> None:
    total = total_of(items)
    _release(store, order, f"Đổi khoản thu hồ sơ {order.dossier_code}", now)
    last = store.last_line_no(order.id)
    order.revision, order.amount_minor = order.revision + 1, total.amount_minor
    store.add_items(order, [_item_row(order, last + number, item) for number, item in enumerate(items, 1)])


def _charge(store: PaymentStore, order: FeeOrderRow, now: datetime, record: Record) -> None:
    """Book what an order owes; one of which every item is exempt is closed at once."""
    if not order.amount.is_positive:
        order.state = next_state(ORDERS, OrderState(order.state), OrderMove.EXEMPT)
        record(order_event("order.exempt", order))
        return
    description = f"Phí, lệ phí hồ sơ {order.dossier_code}"
    postings = order_charged(order.items)
    store.journal.post(JournalEntry(order.unit_id, "order-charged", order.id, description, now, postings))


def _release(store: PaymentStore, order: FeeOrderRow, description: str, now: datetime) -> None:
    postings = order_released(order.items)
    store.journal.post(JournalEntry(order.unit_id, "order-released", order.id, description, now, postings))


def _note_payer(order: FeeOrderRow, payer: Payer) -> None:
    order.payer_number, order.payer_address = payer.number, payer.address
    order.payer_email, order.payer_phone = payer.email, payer.phone


def cancel_order(store: PaymentStore, order_id: str, reason: str, *, now: datetime, record: Record) -> FeeOrderRow:
    """Cancel an open order; money that arrives later goes to suspense.

    Raises:
        FeeOrderNotFound, FeeOrderAlreadyPaid, FeeOrderCancelled, FeeOrderExpired: It cannot be cancelled.
        FeeOrderUnsound: No reason is given.
    """
    if not reason.strip():
        raise FeeOrderUnsound("a fee order is cancelled for a reason")
    order = store.lock_order(order_id)
    ensure_open(order)
    order.cancel_reason = reason
    # Providers that can are told at once to take no money any more.
    for attempt in store.attempts_of(order.id):
        if attempt.state in IN_FLIGHT:
            store.lock_attempt(attempt.id).next_query_at = now
    _close(store, order, OrderMove.CANCEL, now)
    record(order_event("order.cancelled", order, reason=reason))
    return order


def expire_orders(store: PaymentStore, *, now: datetime, record: Record, limit: int = EXPIRED_AT_ONCE) -> int:
    """Close the orders whose time is over; one whose payment may be under way waits until that is known."""
    count = 0
    for order_id in store.orders_to_expire(now, limit):
        order = store.lock_order(order_id)
        if order.state != OrderState.OPEN or any_in_flight(store, order.id):
            continue
        _close(store, order, OrderMove.EXPIRE, now)
        record(order_event("order.expired", order))
        count += 1
    return count


def any_in_flight(store: PaymentStore, order_id: str) -> bool:
    """Whether an attempt may still end in a payment."""
    return any(attempt.state in IN_FLIGHT for attempt in store.attempts_of(order_id))


def ensure_open(order: FeeOrderRow) -> None:
    """Refuse an order that is closed, naming how.

    Raises:
        FeeOrderAlreadyPaid, FeeOrderCancelled, FeeOrderExpired: As it stands.
    """
    refusals = {
        OrderState.PAID: FeeOrderAlreadyPaid,
        OrderState.CANCELLED: FeeOrderCancelled,
        OrderState.EXPIRED: FeeOrderExpired,
        OrderState.EXEMPT: FeeOrderAlreadyPaid,
    }
    state = OrderState(order.state)
    if state in refusals:
        raise refusals[state](f"fee order {order.id} is {state}")


def order_event(type_: str, order: OrderFacts, **more: object) -> DomainEvent:
    """Return an event about an order, with what a processing system needs to find its dossier."""
    data = {
        "order_id": order.id,
        "dossier_code": order.dossier_code,
        "state": order.state,
        "amount_minor": order.amount_minor,
        "currency": order.currency,
        **more,
    }
    return DomainEvent(type_, order.unit_id, order.id, data)


def _close(store: PaymentStore, order: FeeOrderRow, move: OrderMove, now: datetime) -> None:
    order.state = next_state(ORDERS, OrderState(order.state), move)
    order.updated_at = now
    _release(store, order, f"Không thu phí, lệ phí hồ sơ {order.dossier_code}", now)


def _order_row(draft: FeeOrderDraft, now: datetime) -> FeeOrderRow:
    row = FeeOrderRow(
        id=new_id(),
        unit_id=draft.unit_id,
        client_id=draft.client_id,
        dossier_code=draft.dossier_code,
        purpose=draft.purpose,
        payer_name=draft.payer_name,
        amount_minor=draft.total.amount_minor,
        currency=draft.total.currency,
        state=OrderState.OPEN,
        pay_token=secrets.token_urlsafe(32),
        transfer_reference=new_transfer_reference(),
        details=dict(draft.metadata),
        expires_at=draft.expires_at,
        created_at=now,
        updated_at=now,
        revision=1,
    )
    _note_payer(row, draft.payer or Payer())
    return row


def _item_row(order: FeeOrderRow, line_no: int, item: FeeItem) -> FeeOrderItemRow:
    return FeeOrderItemRow(
        id=new_id(),
        unit_id=order.unit_id,
        order_id=order.id,
        line_no=line_no,
        revision=order.revision,
        kind=item.kind,
        name=item.name,
        procedure_code=item.procedure_code,
        chapter=item.chapter,
        sub_item=item.sub_item,
        credited_unit=item.credited_unit,
        amount_minor=item.amount.amount_minor,
        full_amount_minor=(item.full_amount or item.amount).amount_minor,
        legal_ground=item.legal_ground,
        currency=item.amount.currency,
        catalogue_entry_id=item.catalogue_entry_id,
        quantities=None if item.quantities is None else dict(item.quantities),
    )
