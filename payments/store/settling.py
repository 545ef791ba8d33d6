"""Orders and attempts as settling a provider's report needs them: few statements, and nothing loaded that is not used.

Hundreds of callbacks a second come this way, so it goes beside the ORM. Values are read under their locks; what is
written here is never read back in the same transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from config.queued_writes import QueuedWrite
from config.sent_reads import Rows, SentRead
from payments.model import FeeKind
from payments.money import Money
from payments.states import OrderState
from payments.store.tables import FeeOrderItemRow, FeeOrderRow, PaymentAttemptRow
from payments.store.upsert import forget


class OrderFacts(Protocol):
    """What booking needs to know of a locked order, whichever way it was read."""

    @property
    def id(self) -> str: ...
    @property
    def unit_id(self) -> str: ...
    @property
    def dossier_code(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def amount_minor(self) -> int: ...
    @property
    def currency(self) -> str: ...
    @property
    def revision(self) -> int: ...


class AttemptFacts(Protocol):
    """What booking needs to know of the attempt that brought the money."""

    @property
    def id(self) -> str: ...
    @property
    def provider(self) -> str: ...
    @property
    def amount(self) -> Money: ...


_ORDERS: Any = FeeOrderRow.__table__
_ATTEMPTS: Any = PaymentAttemptRow.__table__
_ITEMS: Any = FeeOrderItemRow.__table__
_NOTED = (
    *("state", "provider_transaction", "provider_code", "query_count", "next_query_at"),
    *("paid_at", "booked_at", "received_on"),
)


@dataclass(frozen=True, slots=True)
class OrderAtHand:
    """A locked fee order with the fees that it owes."""

    id: str
    unit_id: str
    dossier_code: str
    state: str
    amount_minor: int
    currency: str
    revision: int
    fees: tuple["FeeAtHand", ...]

    @property
    def amount(self) -> Money:
        """What is owed."""
        return Money(self.amount_minor, self.currency)


@dataclass(frozen=True, slots=True)
class AttemptAtHand:
    """A locked attempt."""

    id: str
    provider: str
    state: str
    amount_minor: int
    currency: str
    expires_at: datetime
    provider_transaction: str | None
    provider_code: str | None
    query_count: int
    next_query_at: datetime | None
    paid_at: datetime | None
    booked_at: datetime | None
    received_on: str | None

    @property
    def amount(self) -> Money:
        """What the provider was asked to take."""
        return Money(self.amount_minor, self.currency)


@dataclass(frozen=True, slots=True)
class FeeAtHand:
    """One fee of a locked order, as the ledger books it."""

    kind: FeeKind
    chapter: str
    sub_item: str
    credited_unit: str
    amount: Money


_ORDER_COLUMNS = [_ORDERS.c[name] for name in OrderAtHand.__dataclass_fields__ if name != "fees"]
_ATTEMPT_COLUMNS = [_ATTEMPTS.c[name] for name in AttemptAtHand.__dataclass_fields__]
_LOCK = (
    select(*_ORDER_COLUMNS, *_ATTEMPT_COLUMNS)
    .join_from(_ORDERS, _ATTEMPTS, _ATTEMPTS.c.order_id == _ORDERS.c.id)
    .where(_ATTEMPTS.c.provider == bindparam("provider"), _ATTEMPTS.c.reference == bindparam("reference"))
)
# PostgreSQL locks in the order in which the tables are named: the order before its attempt, as everywhere.
_LOCK_BOTH = SentRead(_LOCK.with_for_update(of=[_ORDERS, _ATTEMPTS]))
_FEES = select(
    *(_ITEMS.c[name] for name in ("kind", "chapter", "sub_item", "credited_unit", "amount_minor", "currency"))
).order_by(_ITEMS.c.line_no)
_FEES_OF_ORDER = SentRead(
    _FEES.where(_ITEMS.c.order_id == bindparam("order"), _ITEMS.c.revision == bindparam("revision"))
)
# Sent behind the lock: by then the order is what it stays until the end of the transaction.
_FEES_OF_ATTEMPT = SentRead(
    _FEES.join_from(_ITEMS, _ORDERS, (_ITEMS.c.order_id == _ORDERS.c.id) & (_ITEMS.c.revision == _ORDERS.c.revision))
    .join(_ATTEMPTS, _ATTEMPTS.c.order_id == _ORDERS.c.id)
    .where(_ATTEMPTS.c.provider == bindparam("provider"), _ATTEMPTS.c.reference == bindparam("reference"))
)
_NOTE_ATTEMPT = QueuedWrite(
    update(_ATTEMPTS).where(_ATTEMPTS.c.id == bindparam("attempt")).values({name: bindparam(name) for name in _NOTED}),
    row=["attempt"],
)
_PAY_ORDER = QueuedWrite(
    update(_ORDERS)
    .where(_ORDERS.c.id == bindparam("order"))
    .values(
        state=bindparam("state"),
        paid_at=bindparam("paid_at"),
        paid_attempt_id=bindparam("paid_attempt_id"),
        updated_at=bindparam("updated_at"),
    ),
    row=["order"],
)


class SettlingStore:
    """Orders and attempts seen through one session, beside its ORM; commits are the caller's."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def lock(self, provider: str, reference: str) -> tuple[OrderAtHand, AttemptAtHand] | None:
        """Return an attempt and its order as they stand now, held until the transaction ends; None if there is none."""
        asked = {"provider": provider, "reference": reference}
        locked, fees = _LOCK_BOTH(self._session, asked), _FEES_OF_ATTEMPT(self._session, asked)
        rows = locked()
        if not rows:
            return None
        count = len(_ORDER_COLUMNS)
        found = (*rows[0][:count], _fees(fees()))
        return OrderAtHand(*found), AttemptAtHand(*rows[0][count:])

    def fees_of(self, order: OrderFacts) -> tuple[FeeAtHand, ...]:
        """Return the fees that an order owes, in their order."""
        if isinstance(order, OrderAtHand):
            return order.fees
        return _fees(_FEES_OF_ORDER(self._session, {"order": order.id, "revision": order.revision})())

    def note_attempt(self, attempt: AttemptAtHand, changed: Mapping[str, Any]) -> None:
        """Write what is newly known of a locked attempt; the rest stays as it was read."""
        values = {name: changed[name] if name in changed else getattr(attempt, name) for name in _NOTED}
        _NOTE_ATTEMPT(self._session, {**values, "attempt": attempt.id})
        forget(self._session, PaymentAttemptRow, attempt.id)

    def pay_order(self, order_id: str, state: OrderState, attempt_id: str, paid_at: datetime, now: datetime) -> None:
        """Write that a locked order was paid, by which attempt and when."""
        values = {"state": state, "paid_at": paid_at, "paid_attempt_id": attempt_id, "updated_at": now}
        _PAY_ORDER(self._session, {**values, "order": order_id})
        forget(self._session, FeeOrderRow, order_id)


def _fees(rows: Rows) -> tuple[FeeAtHand, ...]:
    return tuple(
        FeeAtHand(FeeKind(kind), chapter, sub_item, credited_unit, Money(amount_minor, currency))
        for kind, chapter, sub_item, credited_unit, amount_minor, currency in rows
    )
