"""Receipts and their series."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.identifiers import new_id
from payments.errors import ReceiptNotFound, ReceiptSeriesClosed, ReceiptSeriesUnsound
from payments.model import FeeKind
from payments.states import ReceiptState
from payments.store.tables import ReceiptRow, ReceiptSeriesRow
from payments.store.upsert import insert_for


class ReceiptStore:
    """Receipts of all units, seen through one session; commits are the caller's."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def next_number(self, unit_id: str, kind: FeeKind, form_code: str, series: str) -> int:
        """Take the next number of a series; its lock holds until the transaction ends, so that no number is lost.

        Raises:
            ReceiptSeriesUnsound: The series is in use for the other kind of fee.
            ReceiptSeriesClosed: It was closed at its year's end.
        """
        values = {
            "id": new_id(),
            "unit_id": unit_id,
            "kind": kind.value,
            "form_code": form_code,
            "series": series,
            "last_number": 1,
        }
        statement = (
            insert_for(self._session, ReceiptSeriesRow, values)
            .on_conflict_do_update(
                index_elements=["unit_id", "form_code", "series"],
                set_={"last_number": ReceiptSeriesRow.last_number + 1},
                where=(ReceiptSeriesRow.kind == kind.value) & ReceiptSeriesRow.closed_at.is_(None),
            )
            .returning(ReceiptSeriesRow.last_number)
        )
        number = self._session.execute(statement).scalar_one_or_none()
        if number is None:
            if any(
                row.closed_at and (row.form_code, row.series) == (form_code, series) for row in self.series(unit_id)
            ):
                raise ReceiptSeriesClosed(f"series {form_code} {series} is closed")
            raise ReceiptSeriesUnsound(f"series {form_code} {series} numbers the other kind of fee")
        return int(number)

    def add(self, row: ReceiptRow) -> None:
        """Add a numbered receipt."""
        self._session.add(row)
        self._session.flush()

    def of_order(self, order_id: str) -> list[ReceiptRow]:
        """Return an order's receipts, phí before lệ phí, each kind's oldest first."""
        order = (ReceiptRow.kind.desc(), ReceiptRow.issued_at, ReceiptRow.id)
        query = select(ReceiptRow).where(ReceiptRow.order_id == order_id).order_by(*order)
        return list(self._session.scalars(query))

    def get(self, receipt_id: str) -> ReceiptRow:
        """Return a receipt.

        Raises:
            ReceiptNotFound: There is no such receipt.
        """
        row = self._session.get(ReceiptRow, receipt_id)
        if row is None:
            raise ReceiptNotFound(f"there is no receipt {receipt_id}")
        return row

    def lock(self, receipt_id: str) -> ReceiptRow:
        """Return a receipt as it stands now, and hold it until the transaction ends.

        Raises:
            ReceiptNotFound: There is no such receipt.
        """
        query = select(ReceiptRow).where(ReceiptRow.id == receipt_id).with_for_update()
        row = self._session.scalars(query, execution_options={"populate_existing": True}).one_or_none()
        if row is None:
            raise ReceiptNotFound(f"there is no receipt {receipt_id}")
        return row

    def find_by_code(self, code: str) -> ReceiptRow | None:
        """Return the receipt behind a public code."""
        return self._session.scalars(select(ReceiptRow).where(ReceiptRow.code == code)).one_or_none()

    def find_replacement(self, receipt_id: str) -> ReceiptRow | None:
        """Return the receipt that stands for one that was replaced."""
        return self._session.scalars(select(ReceiptRow).where(ReceiptRow.replaces_id == receipt_id)).one_or_none()

    def series(self, unit_id: str) -> list[ReceiptSeriesRow]:
        """Return a unit's series, by form and series."""
        query = select(ReceiptSeriesRow).where(ReceiptSeriesRow.unit_id == unit_id)
        return list(self._session.scalars(query.order_by(ReceiptSeriesRow.form_code, ReceiptSeriesRow.series)))

    def lock_series(self, unit_id: str, form_code: str, series: str) -> ReceiptSeriesRow | None:
        """Return a series as it stands now, and hold it until the transaction ends."""
        query = select(ReceiptSeriesRow).where(
            ReceiptSeriesRow.unit_id == unit_id,
            ReceiptSeriesRow.form_code == form_code,
            ReceiptSeriesRow.series == series,
        )
        options = {"populate_existing": True}
        return self._session.scalars(query.with_for_update(), execution_options=options).one_or_none()

    def unsealed(self, issued_before: datetime, limit: int) -> list[ReceiptRow]:
        """Return receipts that have wanted their sealed document since before a moment, oldest first."""
        query = select(ReceiptRow).where(
            ReceiptRow.state == ReceiptState.NUMBERED, ReceiptRow.issued_at < issued_before
        )
        return list(self._session.scalars(query.order_by(ReceiptRow.issued_at).limit(limit)))
