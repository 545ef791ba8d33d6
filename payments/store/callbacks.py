"""What providers told us: kept byte for byte, and the reports that were taken into account."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.errors import CallbackNotFound
from payments.store.tables import ProviderCallbackRow, ProviderEventRow


class CallbackStore:
    """Callbacks and provider events, seen through one session; commits are the caller's."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def keep(self, row: ProviderCallbackRow) -> None:
        """Add a call as it arrived."""
        self._session.add(row)
        self._session.flush()

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

    def add_event(self, row: ProviderEventRow) -> None:
        """Take a report into account; a second one with its key violates the unique constraint."""
        self._session.add(row)
        self._session.flush()
