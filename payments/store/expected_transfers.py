"""Transfers that an office expects on statements, in one session."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from payments.errors import ExpectedTransferNotFound, TransferReferenceUsed
from payments.ledger.accounts import Account
from payments.states import TransferState
from payments.store.holdings import held_minor
from payments.store.newest import newest_of_unit
from payments.store.statement_tables import MatchRow, StatementEntryRow
from payments.store.transfer_tables import STANDS, ExpectedTransferRow, TransferKind

UNDER_WAY = (TransferState.ANNOUNCED, TransferState.APPROVED)


class ExpectedTransferStore:
    """Expected transfers of all units, seen through one session; commits are the caller's."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def held_minor(self, unit_id: str, account: Account) -> int | None:
        """Return what an account holds, and keep it so until the end; None if it was never booked on."""
        return held_minor(self._session, unit_id, account)

    def promised_by_provider(self, unit_id: str, provider: str) -> int:
        """Return what payouts that are under way will take off a provider's clearing account."""
        return self._under_way(unit_id, TransferKind.PAYOUT, ExpectedTransferRow.counterparty == provider)

    def promised_to_treasury(self, unit_id: str, account_number: str) -> int:
        """Return what remittances that are under way will take off one of the unit's accounts."""
        return -self._under_way(unit_id, TransferKind.REMITTANCE, ExpectedTransferRow.account_number == account_number)

    def _under_way(self, unit_id: str, kind: TransferKind, concerned: ColumnElement[bool]) -> int:
        query = select(func.coalesce(func.sum(ExpectedTransferRow.gross_minor), 0)).where(
            ExpectedTransferRow.unit_id == unit_id,
            ExpectedTransferRow.kind == kind,
            ExpectedTransferRow.state.in_(UNDER_WAY),
            concerned,
        )
        return int(self._session.scalars(query).one())

    def find_standing(
        self, unit_id: str, kind: TransferKind, counterparty: str, reference: str
    ) -> ExpectedTransferRow | None:
        """Return the transfer that a partner's number names, unless it was cancelled or reversed."""
        query = select(ExpectedTransferRow).where(
            ExpectedTransferRow.unit_id == unit_id,
            ExpectedTransferRow.kind == kind,
            ExpectedTransferRow.counterparty == counterparty,
            ExpectedTransferRow.reference == reference,
            STANDS,
        )
        return self._session.scalars(query).one_or_none()

    def add(self, row: ExpectedTransferRow) -> None:
        """Add a transfer.

        Raises:
            TransferReferenceUsed: Another one with its number was added meanwhile; the transaction is over.
        """
        self._session.add(row)
        try:
            self._session.flush()
        except IntegrityError:
            raise TransferReferenceUsed(f"number {row.reference} was entered by another person just now") from None

    def find(self, transfer_id: str) -> ExpectedTransferRow | None:
        """Return a transfer."""
        return self._session.get(ExpectedTransferRow, transfer_id)

    def get(self, transfer_id: str) -> ExpectedTransferRow:
        """Return a transfer.

        Raises:
            ExpectedTransferNotFound: There is no such transfer.
        """
        return _found(self.find(transfer_id), transfer_id)

    def lock(self, transfer_id: str) -> ExpectedTransferRow:
        """Return a transfer as it stands now, and hold it until the transaction ends. Raises as get."""
        query = select(ExpectedTransferRow).where(ExpectedTransferRow.id == transfer_id).with_for_update()
        row = self._session.scalars(query, execution_options={"populate_existing": True}).one_or_none()
        return _found(row, transfer_id)

    def approved_between(
        self, unit_id: str, account_number: str, first_day: date, last_day: date
    ) -> list[ExpectedTransferRow]:
        """Return the approved transfers of an account that were paid on these days, arrived or not."""
        query = select(ExpectedTransferRow).where(
            ExpectedTransferRow.unit_id == unit_id,
            ExpectedTransferRow.account_number == account_number,
            ExpectedTransferRow.state.in_((TransferState.APPROVED, TransferState.ARRIVED)),
            ExpectedTransferRow.paid_on.between(first_day, last_day),
        )
        return list(self._session.scalars(query))

    def remitted_to(
        self, unit_id: str, account_number: str, first_day: date, last_day: date
    ) -> list[ExpectedTransferRow]:
        """Return the approved remittances of these days to an account, which its own statements show as credits."""
        query = select(ExpectedTransferRow).where(
            ExpectedTransferRow.unit_id == unit_id,
            ExpectedTransferRow.kind == TransferKind.REMITTANCE,
            ExpectedTransferRow.counterparty == account_number,
            ExpectedTransferRow.state.in_((TransferState.APPROVED, TransferState.ARRIVED)),
            ExpectedTransferRow.arrival_id.is_not(None),
            ExpectedTransferRow.paid_on.between(first_day, last_day),
        )
        return list(self._session.scalars(query))

    def has_arrival(self, arrival_id: str) -> bool:
        """Whether this is a remittance's credit at the treasury."""
        query = select(ExpectedTransferRow.id).where(ExpectedTransferRow.arrival_id == arrival_id)
        return self._session.scalars(query).first() is not None

    def unmatched_days(
        self, unit_id: str, account_number: str, amount_minor: int, first_day: date, last_day: date
    ) -> list[date]:
        """Return the days whose statements show an entry of this amount that nothing explains yet."""
        matched = select(MatchRow.id).where(MatchRow.entry_id == StatementEntryRow.id)
        query = select(StatementEntryRow.booking_date).where(
            StatementEntryRow.unit_id == unit_id,
            StatementEntryRow.account == account_number,
            StatementEntryRow.amount_minor == amount_minor,
            StatementEntryRow.booking_date.between(first_day, last_day),
            ~matched.exists(),
        )
        return list(self._session.scalars(query.distinct().order_by(StatementEntryRow.booking_date)))

    def list_transfers(
        self,
        unit_id: str,
        *,
        kind: TransferKind | None = None,
        states: Sequence[TransferState] = (),
        before_id: str | None = None,
        limit: int = 100,
    ) -> list[ExpectedTransferRow]:
        """Return a unit's transfers, newest first, from the one before an id; no states for all of them."""
        wanted: list[ColumnElement[bool]] = [ExpectedTransferRow.state.in_(states)] if states else []
        if kind is not None:
            wanted.append(ExpectedTransferRow.kind == kind)
        return newest_of_unit(self._session, ExpectedTransferRow, unit_id, *wanted, before_id=before_id, limit=limit)


def _found(row: ExpectedTransferRow | None, transfer_id: str) -> ExpectedTransferRow:
    if row is None:
        raise ExpectedTransferNotFound(f"there is no expected transfer {transfer_id}")
    return row
