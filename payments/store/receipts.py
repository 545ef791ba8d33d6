"""Receipts and their series."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.identifiers import new_id
from payments.errors import ReceiptNotFound, ReceiptSeriesUnsound
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
                where=ReceiptSeriesRow.kind == kind.value,
            )
            .returning(ReceiptSeriesRow.last_number)
        )
        number = self._session.execute(statement).scalar_one_or_none()
        if number is None:
            raise ReceiptSeriesUnsound(f"series {form_code} {series} numbers the other kind of fee")
        return int(number)

    def add(self, row: ReceiptRow) -> None:
        """Add a numbered receipt."""
        self._session.add(row)
        self._session.flush()

    def of_order(self, order_id: str) -> list[ReceiptRow]:
        """Return an order's receipts, phí before lệ phí."""
        query = select(ReceiptRow).where(ReceiptRow.order_id == order_id).order_by(ReceiptRow.kind.desc())
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

    def unsealed(self, limit: int) -> list[ReceiptRow]:
        """Return receipts that still want their sealed document, oldest first."""
        query = select(ReceiptRow).where(ReceiptRow.state == ReceiptState.NUMBERED)
        return list(self._session.scalars(query.order_by(ReceiptRow.issued_at).limit(limit)))
