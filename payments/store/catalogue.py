"""The catalogue's rows: what holds on a day, and taking in what an import brings."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from config.identifiers import new_id
from payments.catalogue.formulas import parse_formula
from payments.catalogue.model import CatalogueEntry, Reduction
from payments.model import FeeKind
from payments.store.catalogue_tables import FeeCatalogueRow, FeeReductionRow


class CatalogueStore:
    """The units' catalogues, seen through one session; commits are the caller's."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def entries(
        self, unit_id: str, *, procedure_code: str | None = None, day: date | None = None, limit: int = 1000
    ) -> list[FeeCatalogueRow]:
        """Return a unit's entries by procedure, fee and beginning; of one procedure, and of one day, where given."""
        query = select(FeeCatalogueRow).where(FeeCatalogueRow.unit_id == unit_id)
        if procedure_code is not None:
            query = query.where(FeeCatalogueRow.procedure_code == procedure_code)
        if day is not None:
            ends = or_(FeeCatalogueRow.valid_until.is_(None), FeeCatalogueRow.valid_until > day)
            query = query.where(FeeCatalogueRow.valid_from <= day, ends)
        order = (FeeCatalogueRow.procedure_code, FeeCatalogueRow.fee_code, FeeCatalogueRow.valid_from)
        return list(self._session.scalars(query.order_by(*order).limit(limit)))

    def find(self, unit_id: str, procedure_code: str, fee_code: str, day: date) -> FeeCatalogueRow | None:
        """Return the entry that holds on a day."""
        found = self.entries(unit_id, procedure_code=procedure_code, day=day)
        return next((row for row in found if row.fee_code == fee_code), None)

    def periods(self, unit_id: str, procedure_code: str, fee_code: str) -> list[FeeCatalogueRow]:
        """Return all entries of one fee, oldest first."""
        found = self.entries(unit_id, procedure_code=procedure_code)
        return [row for row in found if row.fee_code == fee_code]

    def legal_bases(self, entry_ids: Collection[str]) -> dict[str, str]:
        """Return what entries rest on by their ids: it never changes, so it is what held when an order was made."""
        query = select(FeeCatalogueRow.id, FeeCatalogueRow.legal_basis).where(FeeCatalogueRow.id.in_(entry_ids))
        return {row.id: row.legal_basis for row in self._session.execute(query)} if entry_ids else {}

    def add(self, unit_id: str, entry: CatalogueEntry, now: datetime) -> FeeCatalogueRow:
        """Add an entry."""
        values = {**asdict(entry), "formula": {"text": str(entry.formula)}}
        row = FeeCatalogueRow(id=new_id(), unit_id=unit_id, imported_at=now, **values)
        self._session.add(row)
        self._session.flush()
        return row

    def end(self, row: FeeCatalogueRow, day: date) -> None:
        """End an entry's period before a day."""
        row.valid_until = day
        self._session.flush()

    def reductions(self, unit_id: str, *, day: date | None = None) -> list[FeeReductionRow]:
        """Return a unit's reductions by code and beginning; those that hold on a day where one is given."""
        query = select(FeeReductionRow).where(FeeReductionRow.unit_id == unit_id)
        if day is not None:
            ends = or_(FeeReductionRow.valid_until.is_(None), FeeReductionRow.valid_until > day)
            query = query.where(FeeReductionRow.valid_from <= day, ends)
        return list(self._session.scalars(query.order_by(FeeReductionRow.code, FeeReductionRow.valid_from)))

    def add_reduction(self, unit_id: str, reduction: Reduction, now: datetime) -> None:
        """Add a reduction."""
        self._session.add(FeeReductionRow(id=new_id(), unit_id=unit_id, imported_at=now, **asdict(reduction)))
        self._session.flush()

    def end_reduction(self, row: FeeReductionRow, day: date) -> None:
        """End a reduction's period before a day."""
        row.valid_until = day
        self._session.flush()


def entry_of(row: FeeCatalogueRow) -> CatalogueEntry:
    """Return a row in the catalogue's words."""
    return CatalogueEntry(
        row.procedure_code,
        row.fee_code,
        FeeKind(row.kind),
        row.name,
        row.chapter,
        row.sub_item,
        row.credited_unit,
        parse_formula(row.formula["text"]),
        row.legal_basis,
        row.valid_from,
        row.valid_until,
    )


def reduction_of(row: FeeReductionRow) -> Reduction:
    """Return a row in the catalogue's words."""
    return Reduction(
        row.code,
        row.legal_ground,
        row.valid_from,
        row.valid_until,
        row.percent,
        row.amount_minor,
        row.procedure_code,
        row.fee_code,
    )
