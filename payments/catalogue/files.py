"""Catalogues as CSV or JSON files, read whole or refused with every fault that they have."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, Final, TypeVar

from payments.catalogue.formulas import parse_formula
from payments.catalogue.model import CatalogueEntry, Reduction
from payments.errors import FeeCatalogueUnsound
from payments.model import FeeKind

ENTRY_FIELDS: Final = (
    *("procedure_code", "fee_code", "kind", "name", "chapter", "sub_item", "credited_unit", "formula"),
    *("legal_basis", "valid_from", "valid_until"),
)
REDUCTION_FIELDS: Final = (
    *("code", "procedure_code", "fee_code", "percent", "amount_minor", "legal_ground", "valid_from", "valid_until"),
)
OPTIONAL: Final = frozenset({"credited_unit", "valid_until", "procedure_code", "fee_code", "percent", "amount_minor"})
MOST_ROWS: Final = 20_000
FAULTS_TOLD: Final = 20
Made = TypeVar("Made")
Catalogue = tuple[tuple[CatalogueEntry, ...], tuple[Reduction, ...]]


def read_json(data: bytes) -> Catalogue:
    """Return the entries and reductions of `{"entries": [{…}], "reductions": [{…}]}`; fields as in CSV.

    Raises:
        FeeCatalogueUnsound: Not such a file; names every row that is at fault, up to twenty.
    """
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        raise FeeCatalogueUnsound("the file is no JSON in UTF-8") from None
    if not isinstance(told, dict) or not told or not set(told) <= {"entries", "reductions"}:
        raise FeeCatalogueUnsound('the file is not {"entries": […], "reductions": […]}')
    return read_rows(told.get("entries", []), told.get("reductions", []))


def read_rows(entries: Any, reductions: Any) -> Catalogue:
    """Return entries and reductions from lists of objects. Raises as read_json."""
    if not isinstance(entries, list) or not isinstance(reductions, list):
        raise FeeCatalogueUnsound("entries and reductions are lists")
    faults: list[str] = []
    found = (
        _each(entries, _entry, ENTRY_FIELDS, "entry", faults),
        _each(reductions, _reduction, REDUCTION_FIELDS, "reduction", faults),
    )
    _refuse(faults)
    return found


def read_csv(data: bytes) -> Catalogue:
    """Return the entries of a CSV with a heading, or its reductions if the heading has `code` and no `formula`.

    Comma or semicolon between fields, UTF-8 with or without a mark. Raises as read_json.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FeeCatalogueUnsound("the file is not in UTF-8") from None
    heading = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if ";" in heading else ",", strict=True)
    try:
        rows = list(reader)
        names = [name.strip() for name in reader.fieldnames or ()]
    except csv.Error as error:
        raise FeeCatalogueUnsound(f"line {reader.line_num}: {error}") from None
    wanted = REDUCTION_FIELDS if "code" in names and "formula" not in names else ENTRY_FIELDS
    if unknown := [name for name in names if name not in wanted]:
        raise FeeCatalogueUnsound(f"unknown columns {', '.join(unknown)}; there are {', '.join(wanted)}")
    if any(None in row or None in row.values() for row in rows):
        raise FeeCatalogueUnsound("a line has more or fewer fields than the heading")
    given = [{name.strip(): value.strip() for name, value in row.items()} for row in rows]
    return read_rows(given, []) if wanted is ENTRY_FIELDS else read_rows([], given)


def _each(
    rows: list[Any],
    make: Callable[[Mapping[str, Any]], Made],
    fields: Iterable[str],
    what: str,
    faults: list[str],
) -> tuple[Made, ...]:
    if len(rows) > MOST_ROWS:
        raise FeeCatalogueUnsound(f"more than {MOST_ROWS} rows; send several files")
    made = []
    for number, row in enumerate(rows, 1):
        try:
            made.append(make(_checked(row, tuple(fields))))
        except FeeCatalogueUnsound as fault:
            faults.append(f"{what} {number}: {fault}")
    return tuple(made)


def _checked(row: Any, fields: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(row, dict):
        raise FeeCatalogueUnsound("it is no object")
    given = {name: value for name, value in row.items() if value not in (None, "")}
    if unknown := sorted(set(given) - set(fields)):
        raise FeeCatalogueUnsound(f"unknown fields {', '.join(unknown)}")
    optional = OPTIONAL if "code" in fields else OPTIONAL - {"procedure_code", "fee_code"}
    if missing := [name for name in fields if name not in given and name not in optional]:
        raise FeeCatalogueUnsound(f"without {', '.join(missing)}")
    return given


def _entry(row: Mapping[str, Any]) -> CatalogueEntry:
    kind = _text(row, "kind")
    if kind not in list(FeeKind):
        raise FeeCatalogueUnsound("kind is phi or le-phi")
    return CatalogueEntry(
        procedure_code=_text(row, "procedure_code"),
        fee_code=_text(row, "fee_code"),
        kind=FeeKind(kind),
        name=_text(row, "name"),
        chapter=_text(row, "chapter"),
        sub_item=_text(row, "sub_item"),
        credited_unit=_text(row, "credited_unit"),
        formula=parse_formula(_text(row, "formula")),
        legal_basis=_text(row, "legal_basis"),
        valid_from=_day(row, "valid_from"),
        valid_until=_day(row, "valid_until") if "valid_until" in row else None,
    )


def _reduction(row: Mapping[str, Any]) -> Reduction:
    return Reduction(
        code=_text(row, "code"),
        legal_ground=_text(row, "legal_ground"),
        valid_from=_day(row, "valid_from"),
        valid_until=_day(row, "valid_until") if "valid_until" in row else None,
        percent=_whole(row, "percent"),
        amount_minor=_whole(row, "amount_minor"),
        procedure_code=_text(row, "procedure_code"),
        fee_code=_text(row, "fee_code"),
    )


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name, "")
    if not isinstance(value, str) or len(value) > 1000 or "\x00" in value:
        raise FeeCatalogueUnsound(f"{name} is a text of up to 1000 characters")
    return value


def _whole(row: Mapping[str, Any], name: str) -> int | None:
    value = row.get(name)
    if value is None or type(value) is int:
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 16:
        return int(value)
    raise FeeCatalogueUnsound(f"{name} is a whole number")


def _day(row: Mapping[str, Any], name: str) -> date:
    try:
        return date.fromisoformat(_text(row, name))
    except ValueError:
        raise FeeCatalogueUnsound(f"{name} is a day, as in 2026-01-31") from None


def _refuse(faults: list[str]) -> None:
    if faults:
        more = f"; and {len(faults) - FAULTS_TOLD} more" if len(faults) > FAULTS_TOLD else ""
        raise FeeCatalogueUnsound("; ".join(faults[:FAULTS_TOLD]) + more)
