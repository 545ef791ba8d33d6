"""Reading single fields out of a camt element, strictly: what stands twice or reads two ways is refused.

Elements that are not asked for are passed over, because banks add their own; a field that is asked for stands at most
once, holds text or elements but never both, and an error names its line and its place.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from lxml import etree

from payments.local_time import HANOI
from payments.statements.currencies import parse_amount_minor
from payments.statements.errors import StatementAmountUnsound, StatementUnreadable

# ISO 20022 texts end by 500 characters, identifiers by 35; banks exceed the latter, so only abuse is refused.
MOST_TEXT_CHARACTERS = 2_000
MOST_IDENTIFIER_CHARACTERS = 140
YEARS = range(1970, 2200)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})?")
_DATE_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,30}(Z|[+-][0-9]{2}:[0-9]{2})?")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_SIGNS = {"CRDT": 1, "DBIT": -1}

Element = etree._Element
T = TypeVar("T")
D = TypeVar("D", bound=date)


class Fields:
    """Fields of one message's namespace; `place` is where the reading stands, for error messages."""

    def __init__(self, namespace: str) -> None:
        self._prefix = f"{{{namespace}}}"
        self._children: dict[Element, dict[str, list[Element]]] = {}
        self.place = ""

    def tag(self, name: str) -> str:
        """Return an element's name with the namespace."""
        return self._prefix + name

    def refuse(self, element: Element, name: str, reason: str) -> StatementUnreadable:
        """Return the error that says where and what; the caller raises it."""
        return StatementUnreadable(self._located(element, name, reason))

    def find_one(self, parent: Element, *path: str) -> Element | None:
        """Return the element at the end of path, or None; an element on the path that stands twice is refused."""
        for name in path:
            found = self.all_of(parent, name)
            if not found:
                return None
            if len(found) > 1:
                raise self.refuse(found[1], name, "stands twice")
            parent = found[0]
        return parent

    def all_of(self, parent: Element, name: str) -> Sequence[Element]:
        """Return the children of this name, in their order."""
        children = self._children.get(parent)
        if children is None:
            # One walk over the children serves every field that is asked of them, which is most of the speed.
            children = self._children[parent] = {}
            for child in parent:
                children.setdefault(child.tag, []).append(child)
        return children.get(self._prefix + name, ())

    def forget(self) -> None:
        """Let go of the elements seen so far, before they are emptied."""
        self._children.clear()

    def find_text(self, parent: Element, *path: str) -> str | None:
        """Return the text at the end of path without space around it; None where nothing stands."""
        element = self.find_one(parent, *path)
        return None if element is None else self.text_of(element, path[-1])

    def get_text(self, parent: Element, *path: str) -> str:
        """Return the text at the end of path; its absence is refused."""
        text = self.find_text(parent, *path)
        if text is None:
            raise self.refuse(parent, "/".join(path), "is missing")
        return text

    def text_of(self, element: Element, name: str) -> str | None:
        """Return an element's own text; None where it is empty."""
        if len(element):
            raise self.refuse(element, name, "holds elements where text is expected")
        text = (element.text or "").strip()
        if len(text) > MOST_TEXT_CHARACTERS:
            raise self.refuse(element, name, f"is longer than {MOST_TEXT_CHARACTERS} characters")
        return text or None

    def find_identifier(self, parent: Element, *path: str) -> str | None:
        """Return an identifier, which is short because indexes hold it."""
        element = self.find_one(parent, *path)
        return None if element is None else self.identifier_of(element, path[-1])

    def identifier_of(self, element: Element, name: str) -> str | None:
        """Return an element's text as an identifier; None where it is empty."""
        text = self.text_of(element, name)
        if text is not None and len(text) > MOST_IDENTIFIER_CHARACTERS:
            raise self.refuse(element, name, f"is longer than {MOST_IDENTIFIER_CHARACTERS} characters")
        return text

    def texts(self, parent: Element, name: str) -> list[str]:
        """Return the texts of all children of this name, without the empty ones."""
        found = (self.text_of(child, name) for child in self.all_of(parent, name))
        return [text for text in found if text]

    def get_amount(self, parent: Element, name: str = "Amt") -> tuple[int, str]:
        """Return an amount without sign in minor units, and its currency."""
        element = self.find_one(parent, name)
        if element is None:
            raise self.refuse(parent, name, "is missing")
        return self.amount_of(element, name, element.get("Ccy") or "")

    def amount_of(self, element: Element, name: str, currency: str) -> tuple[int, str]:
        """Return the amount that the element holds, in minor units of currency."""
        try:
            return parse_amount_minor(self.text_of(element, name) or "", currency), currency
        except ValueError as error:
            raise StatementAmountUnsound(self._located(element, name, str(error))) from None

    def find_sign(self, parent: Element) -> int | None:
        """Return 1 for a credit, -1 for a debit, None where the element says neither."""
        return self._converted(parent, _SIGNS.__getitem__, "is neither CRDT nor DBIT", "CdtDbtInd")

    def get_sign(self, parent: Element) -> int:
        """Return 1 for a credit, -1 for a debit."""
        sign = self.find_sign(parent)
        if sign is None:
            raise self.refuse(parent, "CdtDbtInd", "is missing")
        return sign

    def find_boolean(self, parent: Element, *path: str) -> bool | None:
        """Return an xs:boolean."""
        return self._converted(parent, _BOOLEANS.__getitem__, "is neither true nor false", *path)

    def find_number(self, parent: Element, *path: str) -> int | None:
        """Return a whole number of at most 15 digits."""
        return self._converted(parent, _whole_number, "is not a whole number", *path)

    def find_day(self, parent: Element, name: str) -> date | None:
        """Return the calendar day of a DateAndDateTime choice, as the bank wrote it."""
        element = self.find_one(parent, name)
        if element is None:
            return None
        day = self._converted(element, _day, "is not a date", "Dt")
        moment = self.find_moment(element, "DtTm")
        if day is None and moment is None:
            raise self.refuse(element, name, "holds no date")
        return day if moment is None else moment.date()

    def find_moment(self, parent: Element, *path: str) -> datetime | None:
        """Return an aware date-time in the zone that the bank wrote; without a zone it is Vietnam's."""
        return self._converted(parent, _moment, "is not a date and time", *path)

    def _converted(self, parent: Element, convert: Callable[[str], T], fault: str, *path: str) -> T | None:
        element = self.find_one(parent, *path)
        if element is None:
            return None
        try:
            return convert(self.text_of(element, path[-1]) or "")
        except (ValueError, KeyError):
            raise self.refuse(element, "/".join(path), fault) from None

    def _located(self, element: Element, name: str, reason: str) -> str:
        return f"line {line_of(element)}, {self.place}, {name}: {reason}"


def line_of(element: Element) -> int:
    """Return the line on which the element begins."""
    line: Any = element.sourceline
    return int(line or 0)


def _whole_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise ValueError("not a whole number")
    return int(text)


def _day(text: str) -> date:
    if not _DATE.fullmatch(text):
        raise ValueError("not a date")
    return _plausible(date.fromisoformat(text[:10]))


def _moment(text: str) -> datetime:
    if not _DATE_TIME.fullmatch(text):
        raise ValueError("not a date and time")
    moment = _plausible(datetime.fromisoformat(text))
    return moment if moment.tzinfo else moment.replace(tzinfo=HANOI)


def _plausible(day: D) -> D:
    if day.year not in YEARS:
        raise ValueError("not a year of a bank statement")
    return day
