"""Refunds in one session."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from payments.errors import RefundNotFound
from payments.states import RefundState
from payments.store.newest import newest_of_unit
from payments.store.refund_tables import RefundRow

# Those for which money is, or may be, on its way back.
COUNTED = (
    *(RefundState.REQUESTED, RefundState.APPROVED, RefundState.UNKNOWN, RefundState.SENT, RefundState.CONFIRMED),
)


class RefundStore:
    """Refunds of all units, seen through one session; commits are the caller's."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, row: RefundRow) -> None:
        """Add a refund; a second one with its order's action key violates the unique constraint."""
        self._session.add(row)
        self._session.flush()

    def get(self, refund_id: str) -> RefundRow:
        """Return a refund.

        Raises:
            RefundNotFound: There is no such refund.
        """
        return _found(self._session.get(RefundRow, refund_id), refund_id)

    def lock(self, refund_id: str) -> RefundRow:
        """Return a refund as it stands now, and hold it until the transaction ends.

        Raises:
            RefundNotFound: There is no such refund.
        """
        query = select(RefundRow).where(RefundRow.id == refund_id).with_for_update()
        row = self._session.scalars(query, execution_options={"populate_existing": True}).one_or_none()
        return _found(row, refund_id)

    def find_by_key(self, order_id: str, action_key: str) -> RefundRow | None:
        """Return the refund that an action of an order made."""
        query = select(RefundRow).where(RefundRow.order_id == order_id, RefundRow.action_key == action_key)
        return self._session.scalars(query).one_or_none()

    def find_by_reference(self, provider_reference: str) -> RefundRow | None:
        """Return the refund that a provider knows by our reference."""
        return self._session.scalars(select(RefundRow).where(RefundRow.reference == provider_reference)).one_or_none()

    def find_by_transfer_reference(self, reference: str) -> RefundRow | None:
        """Return the refund that a transfer's text names."""
        return self._session.scalars(select(RefundRow).where(RefundRow.transfer_reference == reference)).one_or_none()

    def of_order(self, order_id: str) -> list[RefundRow]:
        """Return an order's refunds and proposals, oldest first."""
        return list(
            self._session.scalars(select(RefundRow).where(RefundRow.order_id == order_id).order_by(RefundRow.id))
        )

    def counted_minor(self, source_entry_id: str) -> int:
        """Return what is paid back, or asked to be, of the money that one journal entry booked."""
        query = select(func.coalesce(func.sum(RefundRow.amount_minor), 0)).where(
            RefundRow.source_entry_id == source_entry_id, RefundRow.state.in_(COUNTED)
        )
        return int(self._session.scalars(query).one())

    def handled_minor(self, unit_id: str, officer: str, since: datetime) -> int:
        """Return the sum of what a person asked for or approved since a moment and that was not rejected."""
        query = select(func.coalesce(func.sum(RefundRow.amount_minor), 0)).where(
            RefundRow.unit_id == unit_id,
            RefundRow.state.in_(COUNTED),
            or_(
                (RefundRow.requested_by == officer) & (RefundRow.requested_at >= since),
                (RefundRow.approved_by == officer) & (RefundRow.approved_at >= since),
            ),
        )
        return int(self._session.scalars(query).one())

    def list_refunds(
        self, unit_id: str, *, states: Sequence[RefundState] = (), before_id: str | None = None, limit: int = 100
    ) -> list[RefundRow]:
        """Return a unit's refunds, newest first, from the one before an id; no states for all of them."""
        wanted = (RefundRow.state.in_(states),) if states else ()
        return newest_of_unit(self._session, RefundRow, unit_id, *wanted, before_id=before_id, limit=limit)

    def lock_due(self, now: datetime, limit: int) -> list[RefundRow]:
        """Return refunds that are to be sent or asked about and that no other worker holds."""
        query = (
            select(RefundRow)
            .where(RefundRow.next_step_at <= now)
            .order_by(RefundRow.next_step_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return list(self._session.scalars(query, execution_options={"populate_existing": True}))


def _found(row: RefundRow | None, refund_id: str) -> RefundRow:
    if row is None:
        raise RefundNotFound(f"there is no refund {refund_id}")
    return row
