"""What providers told us: kept byte for byte, and the reports that were taken into account."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from config.queued_writes import QueuedWrite
from payments.errors import CallbackNotFound
from payments.store.tables import ProviderCallbackRow, ProviderEventRow
from payments.store.upsert import forget

_CALLBACKS: Any = ProviderCallbackRow.__table__
_KEEP = QueuedWrite(insert(ProviderCallbackRow))
_ADD_EVENT = QueuedWrite(insert(ProviderEventRow))
_CLOSED = ("unit_id", "outcome", "problem", "answer_code", "amount_minor", "order_id", "attempt_id", "settled_at")
# Settled once: whoever comes second finds it closed and changes nothing.
_CLOSE = QueuedWrite(
    update(_CALLBACKS)
    .where(_CALLBACKS.c.id == bindparam("callback_id"), _CALLBACKS.c.settled_at.is_(None))
    .values({name: bindparam(name) for name in _CLOSED}),
    row=["callback_id"],
)


class CallbackStore:
    """Callbacks and provider events, seen through one session; commits are the caller's."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def keep(self, values: Mapping[str, Any]) -> None:
        """Add a call as it arrived; values are columns of provider_callbacks."""
        _KEEP(self._session, values)

    def close(self, callback_id: str, values: Mapping[str, Any]) -> None:
        """Write what became of a call, if nobody has; values are the columns that say so."""
        _CLOSE(self._session, {**values, "callback_id": callback_id})
        forget(self._session, ProviderCallbackRow, callback_id)

    def get(self, callback_id: str) -> ProviderCallbackRow:
        """Return a kept call.

        Raises:
            CallbackNotFound: There is no such call.
        """
        row = self._session.get(ProviderCallbackRow, callback_id)
        if row is None:
            raise CallbackNotFound(f"there is no callback {callback_id}")
        return row

    def lock(self, callback_id: str) -> ProviderCallbackRow:
        """Return a kept call, and hold it until the transaction ends.

        Raises:
            CallbackNotFound: There is no such call.
        """
        query = select(ProviderCallbackRow).where(ProviderCallbackRow.id == callback_id).with_for_update()
        row = self._session.scalars(query, execution_options={"populate_existing": True}).one_or_none()
        if row is None:
            raise CallbackNotFound(f"there is no callback {callback_id}")
        return row

    def of_order(self, order_id: str) -> list[ProviderCallbackRow]:
        """Return the calls and answers about an order, oldest first."""
        query = select(ProviderCallbackRow).where(ProviderCallbackRow.order_id == order_id)
        return list(self._session.scalars(query.order_by(ProviderCallbackRow.received_at, ProviderCallbackRow.id)))

    def recent(self, provider: str, *, limit: int = 100) -> list[ProviderCallbackRow]:
        """Return a provider's newest calls, refused ones too."""
        query = select(ProviderCallbackRow).where(ProviderCallbackRow.provider == provider)
        return list(self._session.scalars(query.order_by(ProviderCallbackRow.received_at.desc()).limit(limit)))

    def unsettled(self, received_before: datetime, limit: int) -> list[str]:
        """Return the ids of calls that were kept but not settled: something failed on our side in between."""
        query = select(ProviderCallbackRow.id).where(
            ProviderCallbackRow.settled_at.is_(None), ProviderCallbackRow.received_at < received_before
        )
        return list(self._session.scalars(query.order_by(ProviderCallbackRow.received_at).limit(limit)))

    def find_event(self, provider: str, event_key: str) -> ProviderEventRow | None:
        """Return the report with this key, if it was taken into account before."""
        query = select(ProviderEventRow).where(
            ProviderEventRow.provider == provider, ProviderEventRow.event_key == event_key
        )
        return self._session.scalars(query).one_or_none()

    def has_event_of(self, provider: str, attempt_id: str) -> bool:
        """Whether a provider's report of this attempt was taken into account."""
        query = select(ProviderEventRow.id).where(
            ProviderEventRow.provider == provider, ProviderEventRow.attempt_id == attempt_id
        )
        return self._session.scalars(query.limit(1)).first() is not None

    def add_event(self, values: Mapping[str, Any]) -> None:
        """Take a report into account; a second one with its key violates the unique constraint."""
        _ADD_EVENT(self._session, values)
