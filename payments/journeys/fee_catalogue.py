"""Taking in a catalogue of fees, and working out an order's items from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TypeVar

from payments.catalogue.files import Catalogue
from payments.catalogue.model import CatalogueEntry, Reduction
from payments.errors import FeeCatalogueUnsound, FeeNotInCatalogue
from payments.local_time import HANOI
from payments.model import FeeItem
from payments.money import VND, Money
from payments.store.catalogue import CatalogueStore, entry_of, reduction_of
from payments.store.payments import PaymentStore

Dated = TypeVar("Dated", CatalogueEntry, Reduction)


@dataclass(frozen=True)
class Imported:
    """What an import did: rows added, rows whose period a newer one ended, rows that stood already."""

    added: int = 0
    ended: int = 0
    unchanged: int = 0


@dataclass(frozen=True)
class FeeWish:
    """A fee of the catalogue that an order asks for.

    Attributes:
        quantities: What its formula needs. reduction_code: The exemption or reduction that the payer has.
        credited_unit: In place of the catalogue's.
    """

    procedure_code: str
    fee_code: str
    quantities: Mapping[str, int] = field(default_factory=dict)
    reduction_code: str = ""
    credited_unit: str = ""


def import_catalogue(store: PaymentStore, unit_id: str, catalogue: Catalogue, *, now: datetime) -> Imported:
    """Take in entries and reductions; what stood before is kept, and ends where something newer begins.

    The same file again changes nothing. An order keeps what it was opened with, whatever is imported later.

    Raises:
        FeeCatalogueUnsound: An entry contradicts one that stands; nothing of the file is taken in.
    """
    entries, reductions = catalogue
    done = Imported()
    for entry in sorted(entries, key=lambda item: item.valid_from):
        done = _take_entry(store.catalogue, unit_id, entry, now, done)
    for reduction in sorted(reductions, key=lambda item: item.valid_from):
        done = _take_reduction(store.catalogue, unit_id, reduction, now, done)
    return done


def price_fee(store: PaymentStore, unit_id: str, unit_code: str, wish: FeeWish, *, now: datetime) -> FeeItem:
    """Return the item that a fee of the catalogue comes to today, in Vietnam.

    Raises:
        FeeNotInCatalogue: No such fee, or no such reduction of it, holds today.
        FeeCatalogueUnsound: The quantities are not those that its formula needs.
    """
    day = now.astimezone(HANOI).date()
    row = store.catalogue.find(unit_id, wish.procedure_code, wish.fee_code, day)
    if row is None:
        raise FeeNotInCatalogue(f"procedure {wish.procedure_code} has no fee {wish.fee_code} on {day:%Y-%m-%d}")
    entry = entry_of(row)
    full = Money(entry.formula.amount(wish.quantities), VND)
    reduction = _reduction(store, unit_id, wish, day) if wish.reduction_code else None
    return FeeItem(
        kind=entry.kind,
        name=entry.name,
        procedure_code=entry.procedure_code,
        chapter=entry.chapter,
        sub_item=entry.sub_item,
        credited_unit=wish.credited_unit or entry.credited_unit or unit_code,
        amount=reduction.left_of(full) if reduction else full,
        full_amount=full,
        legal_ground=reduction.legal_ground if reduction else None,
        catalogue_entry_id=row.id,
        quantities=dict(wish.quantities),
    )


def _reduction(store: PaymentStore, unit_id: str, wish: FeeWish, day: date) -> Reduction:
    for row in store.catalogue.reductions(unit_id, day=day):
        found = reduction_of(row)
        if found.code == wish.reduction_code and found.applies_to(wish.procedure_code, wish.fee_code):
            return found
    raise FeeNotInCatalogue(f"no reduction {wish.reduction_code} of fee {wish.fee_code} holds on {day:%Y-%m-%d}")


def _take_entry(
    catalogue: CatalogueStore, unit_id: str, entry: CatalogueEntry, now: datetime, done: Imported
) -> Imported:
    rows = catalogue.periods(unit_id, entry.procedure_code, entry.fee_code)
    before = _before(entry, [entry_of(row) for row in rows], f"{entry.procedure_code} {entry.fee_code}")
    if before == entry:
        return replace(done, unchanged=done.unchanged + 1)
    ended = 0
    if before is not None:
        row = next(row for row in rows if row.valid_from == before.valid_from)
        catalogue.end(row, entry.valid_from if before.valid_from < entry.valid_from else _until(entry))
        ended = 1
    if before is None or before.valid_from < entry.valid_from:
        catalogue.add(unit_id, entry, now)
        return replace(done, added=done.added + 1, ended=done.ended + ended)
    return replace(done, ended=done.ended + ended)


def _take_reduction(
    catalogue: CatalogueStore, unit_id: str, reduction: Reduction, now: datetime, done: Imported
) -> Imported:
    rows = [
        row
        for row in catalogue.reductions(unit_id)
        if (row.code, row.procedure_code, row.fee_code)
        == (reduction.code, reduction.procedure_code, reduction.fee_code)
    ]
    before = _before(reduction, [reduction_of(row) for row in rows], reduction.code)
    if before == reduction:
        return replace(done, unchanged=done.unchanged + 1)
    ended = 0
    if before is not None:
        row = next(row for row in rows if row.valid_from == before.valid_from)
        later = before.valid_from < reduction.valid_from
        catalogue.end_reduction(row, reduction.valid_from if later else _until(reduction))
        ended = 1
    if before is None or before.valid_from < reduction.valid_from:
        catalogue.add_reduction(unit_id, reduction, now)
        return replace(done, added=done.added + 1, ended=done.ended + ended)
    return replace(done, ended=done.ended + ended)


def _before(new: Dated, known: Sequence[Dated], name: str) -> Dated | None:
    """Return the period that a new one is the same as, ends, or follows in; None where it meets none.

    Raises:
        FeeCatalogueUnsound: It would change a period that stands, or reach into one that begins later.
    """
    for old in known:
        if old.valid_from == new.valid_from:
            # Known already, if only because a newer period ended it since; an end may still be given to one without.
            if replace(old, valid_until=None) != replace(new, valid_until=None):
                raise FeeCatalogueUnsound(f"{name} from {new.valid_from} stands otherwise; give it a new valid_from")
            if new.valid_until in (None, old.valid_until):
                return replace(new)
            if old.valid_until is not None:
                raise FeeCatalogueUnsound(f"{name} from {new.valid_from} ends on {old.valid_until} already")
            return old
        if old.valid_from > new.valid_from and (new.valid_until is None or new.valid_until > old.valid_from):
            raise FeeCatalogueUnsound(f"{name} from {new.valid_from} reaches into what begins on {old.valid_from}")
    running = [
        old
        for old in known
        if old.valid_from < new.valid_from and (old.valid_until is None or old.valid_until > new.valid_from)
    ]
    return running[-1] if running else None


def _until(dated: CatalogueEntry | Reduction) -> date:
    if dated.valid_until is None:
        raise FeeCatalogueUnsound("an end was expected")
    return dated.valid_until
