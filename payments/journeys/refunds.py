"""Paying back: proposed by the books or asked for by a person, approved by another, each action once."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from config.identifiers import new_id
from payments.errors import (
    FeeOrderNotPaid,
    OfficerLimitReached,
    RefundKeyReused,
    RefundTooLarge,
    RefundUnsound,
    SamePersonTwice,
)
from payments.events import DomainEvent, Record
from payments.ledger.journal import JournalEntry
from payments.ledger.posting_rules import refund_owed_of_income, refund_owed_of_suspense
from payments.local_time import HANOI
from payments.money import Money
from payments.officers import officer_name
from payments.providers.vietqr.reference import new_transfer_reference
from payments.states import REFUNDS, OrderState, RefundMove, RefundState, next_state
from payments.store.payments import PaymentStore
from payments.store.refund_tables import RefundRoute, RefundRow, RefundSource
from payments.store.settling import AttemptFacts, OrderFacts
from payments.store.tables import FeeOrderItemRow, FeeOrderRow

BENEFICIARY_FIELDS = ("name", "bank", "account")


@dataclass(frozen=True)
class RefundWish:
    """What a person asks to be paid back.

    Attributes:
        action_key: Names this action: asked again with it, it is the same refund.
        lines: How much of which of the order's lines; empty for line by line from the first that is left.
        beneficiary: For the paper route: name, bank and account of whom is paid.
    """

    amount: Money
    reason: str
    officer: str
    route: RefundRoute
    action_key: str
    lines: Mapping[int, int] = field(default_factory=dict)
    beneficiary: Mapping[str, str] = field(default_factory=dict)


def propose_refund(
    store: PaymentStore,
    order: OrderFacts,
    attempt: AttemptFacts,
    transaction: str,
    entry_id: str,
    reason: str,
    *,
    now: datetime,
    record: Record,
) -> RefundRow:
    """Propose to pay back money that an entry put into suspense; people decide."""
    row = _row(order, entry_id, f"suspense:{entry_id}", attempt.amount, reason, now)
    row.attempt_id, row.payment_transaction = attempt.id, transaction
    row.source, row.state = RefundSource.SUSPENSE, RefundState.PROPOSED
    store.refunds.add(row)
    record(refund_event("refund.proposed", row, order))
    return row


def request_refund(
    store: PaymentStore, order_id: str, wish: RefundWish, *, day_limit_minor: int, now: datetime, record: Record
) -> RefundRow:
    """Ask to pay back part or all of what paid an order.

    Raises:
        FeeOrderNotFound, FeeOrderNotPaid: There is nothing to pay back.
        RefundUnsound, RefundTooLarge, RefundKeyReused, OfficerLimitReached: It cannot stand.
    """
    officer = _checked(wish)
    order = store.lock_order(order_id)
    known = store.refunds.find_by_key(order_id, wish.action_key)
    if known is not None:
        return _same(known, wish, officer)
    if order.state != OrderState.PAID or order.paid_attempt_id is None:
        raise FeeOrderNotPaid(f"fee order {order_id} is {order.state}")
    entry = store.journal.find_about(order_id, "order-paid")
    if entry is None:
        raise FeeOrderNotPaid(f"fee order {order_id} was never booked as paid")
    left = order.amount_minor - store.refunds.counted_minor(entry.id)
    if wish.amount.amount_minor > left:
        raise RefundTooLarge(f"of {order.amount_minor} VND paid, {left} VND are left to pay back")
    _check_limit(store, order.unit_id, officer, wish.amount, day_limit_minor, now)
    row = _row(order, entry.id, wish.action_key, wish.amount, wish.reason, now)
    row.attempt_id, row.source = order.paid_attempt_id, RefundSource.INCOME
    row.payment_transaction = store.get_attempt(order.paid_attempt_id).provider_transaction or ""
    row.lines = _allocated(order.items, store.refunds.of_order(order_id), wish)
    row.state = RefundState.REQUESTED
    _note_request(row, officer, wish.route, wish.beneficiary, now)
    store.refunds.add(row)
    record(refund_event("refund.requested", row, order, officer=officer))
    return row


def request_proposed(
    store: PaymentStore,
    refund_id: str,
    officer: str,
    route: RefundRoute,
    beneficiary: Mapping[str, str],
    *,
    day_limit_minor: int,
    now: datetime,
    record: Record,
) -> RefundRow:
    """Take up a proposal: from now on a person asks for it. Raises as request_refund, and TransitionNotAllowed."""
    name = officer_name(officer)
    _check_beneficiary(route, beneficiary)
    row, order = locked_refund(store, refund_id)
    state = next_state(REFUNDS, RefundState(row.state), RefundMove.REQUEST)
    _check_limit(store, row.unit_id, name, row.amount, day_limit_minor, now)
    row.state = state
    _note_request(row, name, route, beneficiary, now)
    record(refund_event("refund.requested", row, order, officer=name))
    return row


def approve_refund(
    store: PaymentStore, refund_id: str, officer: str, *, day_limit_minor: int, now: datetime, record: Record
) -> RefundRow:
    """Approve as a second person: the money is owed from now on, and a worker sends it where a provider does that.

    Raises:
        RefundNotFound, TransitionNotAllowed, SamePersonTwice, OfficerLimitReached: It cannot be approved so.
    """
    name = officer_name(officer)
    row, order = locked_refund(store, refund_id)
    state = next_state(REFUNDS, RefundState(row.state), RefundMove.APPROVE)
    if row.requested_by == name:
        raise SamePersonTwice(f"{name} asked for the refund and does not approve it")
    _check_limit(store, row.unit_id, name, row.amount, day_limit_minor, now)
    row.approved_by, row.approved_at, row.state = name, now, state
    if row.route == RefundRoute.PROVIDER:
        row.next_step_at = now
    row.owed_entry_id = _book_owed(store, row, order, now)
    record(refund_event("refund.approved", row, order, officer=name))
    return row


def reject_refund(
    store: PaymentStore, refund_id: str, officer: str, reason: str, *, now: datetime, record: Record
) -> RefundRow:
    """Turn down a proposal or a request, with the reason.

    Raises:
        RefundNotFound, TransitionNotAllowed, RefundUnsound: It cannot be rejected so.
    """
    name = officer_name(officer)
    if not reason.strip():
        raise RefundUnsound("a refund is rejected for a reason")
    row, order = locked_refund(store, refund_id)
    row.state = next_state(REFUNDS, RefundState(row.state), RefundMove.REJECT)
    row.ended_at, row.ended_by, row.end_reason = now, name, reason
    record(refund_event("refund.rejected", row, order, officer=name, reason=reason))
    return row


def refund_event(type_: str, row: RefundRow, order: OrderFacts, **more: object) -> DomainEvent:
    """Return an event about a refund, with what a processing system needs to find its dossier."""
    data = {
        "refund_id": row.id,
        "order_id": row.order_id,
        "dossier_code": order.dossier_code,
        "attempt_id": row.attempt_id,
        "state": row.state,
        "source": row.source,
        "route": row.route,
        "amount_minor": row.amount_minor,
        "currency": row.currency,
        **more,
    }
    return DomainEvent(type_, row.unit_id, row.id, data)


def locked_refund(store: PaymentStore, refund_id: str) -> tuple[RefundRow, FeeOrderRow]:
    """Lock the order before its refund, as everywhere."""
    order = store.lock_order(store.refunds.get(refund_id).order_id)
    return store.refunds.lock(refund_id), order


def _checked(wish: RefundWish) -> str:
    if not wish.amount.is_positive or not wish.reason.strip() or not wish.action_key:
        raise RefundUnsound("a refund has an amount above zero, a reason and an action key")
    _check_beneficiary(wish.route, wish.beneficiary)
    return officer_name(wish.officer)


def _check_beneficiary(route: RefundRoute, beneficiary: Mapping[str, str]) -> None:
    if route is RefundRoute.PAPER and not all(beneficiary.get(name, "").strip() for name in BENEFICIARY_FIELDS):
        raise RefundUnsound("an order on paper names the beneficiary, its bank and its account")


def _check_limit(
    store: PaymentStore, unit_id: str, officer: str, amount: Money, day_limit_minor: int, now: datetime
) -> None:
    midnight = now.astimezone(HANOI).replace(hour=0, minute=0, second=0, microsecond=0)
    handled = store.refunds.handled_minor(unit_id, officer, midnight)
    if handled + amount.amount_minor > day_limit_minor:
        raise OfficerLimitReached(f"{officer} has handled {handled} VND today; one person may {day_limit_minor} VND")


def _same(known: RefundRow, wish: RefundWish, officer: str) -> RefundRow:
    if (known.amount, known.requested_by, known.route) != (wish.amount, officer, wish.route):
        raise RefundKeyReused("the action key names another refund of this order")
    return known


def _note_request(
    row: RefundRow, officer: str, route: RefundRoute, beneficiary: Mapping[str, str], now: datetime
) -> None:
    row.requested_by, row.requested_at, row.route = officer, now, route
    row.beneficiary = dict(beneficiary) or None


def _allocated(items: Sequence[FeeOrderItemRow], before: Sequence[RefundRow], wish: RefundWish) -> dict[str, int]:
    """Return how much of which line is paid back: as asked, else line by line from the first that is left."""
    left = {item.line_no: item.amount_minor for item in items}
    for row in before:
        if row.state not in (RefundState.REJECTED, RefundState.FAILED):
            for line, amount in row.lines.items():
                left[int(line)] -= amount
    wanted = dict(wish.lines) or _from_the_first(left, wish.amount.amount_minor)
    if sum(wanted.values()) != wish.amount.amount_minor:
        raise RefundUnsound("the lines do not add up to the refund")
    if any(amount < 0 or amount > left.get(line, 0) for line, amount in wanted.items()):
        raise RefundTooLarge("a line is paid back beyond what is left of it")
    return {str(line): amount for line, amount in wanted.items() if amount}


def _from_the_first(left: Mapping[int, int], rest: int) -> dict[int, int]:
    taken: dict[int, int] = {}
    for line, amount in left.items():
        taken[line] = min(rest, amount)
        rest -= taken[line]
    return taken


def _book_owed(store: PaymentStore, row: RefundRow, order: FeeOrderRow, now: datetime) -> str:
    if row.source == RefundSource.SUSPENSE:
        postings = refund_owed_of_suspense(row.amount)
    else:
        items = {item.line_no: item for item in order.items}
        parts = [(items[int(line)], Money(amount, row.currency)) for line, amount in sorted(row.lines.items())]
        postings = refund_owed_of_income(parts)
    description = f"Phải trả lại {row.amount_minor} đồng của hồ sơ {order.dossier_code}: {row.reason}"
    return store.journal.post(JournalEntry(row.unit_id, "refund-owed", row.id, description, now, postings)).id


def _row(order: OrderFacts, entry_id: str, action_key: str, amount: Money, reason: str, now: datetime) -> RefundRow:
    return RefundRow(
        id=new_id(),
        unit_id=order.unit_id,
        order_id=order.id,
        source_entry_id=entry_id,
        action_key=action_key,
        reference=f"RF{secrets.token_hex(12).upper()}",
        transfer_reference=new_transfer_reference(),
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        reason=reason,
        lines={},
        created_at=now,
        query_count=0,
    )
