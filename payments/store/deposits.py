"""Pay-ins of cash, and what the drawer holds, in one session."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from payments.errors import CashDepositNotFound, DepositSlipAlreadyUsed
from payments.ledger.accounts import DRAWER
from payments.states import DepositState
from payments.store.deposit_tables import CashDepositRow
from payments.store.holdings import held_minor
from payments.store.newest import newest_of_unit


class DepositStore:
    """Pay-ins of all units, seen through one session; commits are the caller's."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def free_minor(self, unit_id: str) -> int:
        """Return what the unit's drawer holds less what is prepared to leave it, and keep it so until the end."""
        held = held_minor(self._session, unit_id, DRAWER) or 0
        prepared = select(func.coalesce(func.sum(CashDepositRow.amount_minor), 0)).where(
            CashDepositRow.unit_id == unit_id, CashDepositRow.state == DepositState.PREPARED
        )
        return held - int(self._session.scalars(prepared).one())

    def add(self, row: CashDepositRow) -> None:
        """Add a pay-in."""
        self._session.add(row)
        self._session.flush()

    def note_slip(self, row: CashDepositRow, slip_number: str) -> None:
        """Write the bank's slip onto a pay-in.

        Raises:
            DepositSlipAlreadyUsed: It proves another one; the transaction is over.
        """
        row.slip_number = slip_number
        try:
            self._session.flush()
        except IntegrityError:
            raise DepositSlipAlreadyUsed(f"slip {slip_number} proves another pay-in") from None

    def find(self, deposit_id: str) -> CashDepositRow | None:
        """Return a pay-in."""
        return self._session.get(CashDepositRow, deposit_id)

    def get(self, deposit_id: str) -> CashDepositRow:
        """Return a pay-in.

        Raises:
            CashDepositNotFound: There is no such pay-in.
        """
        return _found(self.find(deposit_id), deposit_id)

    def lock(self, deposit_id: str) -> CashDepositRow:
        """Return a pay-in as it stands now, and hold it until the transaction ends. Raises as get."""
        query = select(CashDepositRow).where(CashDepositRow.id == deposit_id).with_for_update()
        row = self._session.scalars(query, execution_options={"populate_existing": True}).one_or_none()
        return _found(row, deposit_id)

    def handed_over_between(
        self, unit_id: str, account_number: str, since: datetime, until: datetime
    ) -> list[CashDepositRow]:
        """Return what was handed over for an account in a span of time, arrived or not."""
        query = select(CashDepositRow).where(
            CashDepositRow.unit_id == unit_id,
            CashDepositRow.account_number == account_number,
            CashDepositRow.state.in_((DepositState.HANDED_OVER, DepositState.ARRIVED)),
            CashDepositRow.handed_over_at >= since,
            CashDepositRow.handed_over_at < until,
        )
        return list(self._session.scalars(query))

    def list_deposits(
        self, unit_id: str, *, states: Sequence[DepositState] = (), before_id: str | None = None, limit: int = 100
    ) -> list[CashDepositRow]:
        """Return a unit's pay-ins, newest first, from the one before an id; no states for all of them."""
        wanted = (CashDepositRow.state.in_(states),) if states else ()
        return newest_of_unit(self._session, CashDepositRow, unit_id, *wanted, before_id=before_id, limit=limit)


def _found(row: CashDepositRow | None, deposit_id: str) -> CashDepositRow:
    if row is None:
        raise CashDepositNotFound(f"there is no cash deposit {deposit_id}")
    return row
