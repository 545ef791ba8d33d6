"""What several providers write alike: flat JSON or queries, amounts in whole VND, times in milliseconds."""

import json
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from payments.money import VND, Money

MOST_FIELDS: Final = 40
MOST_DIGITS: Final = 15


def parse_object(raw: bytes) -> dict[str, Any]:
    """Return a JSON object.

    Raises:
        ValueError: Not UTF-8, not JSON, not an object, nested too deeply, or a name stands twice in it.
    """
    try:
        told = json.loads(raw.decode(), object_pairs_hook=_once_each, parse_constant=_refused)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    match told:
        case dict():
            return told
        case _:
            raise ValueError("not a JSON object")


def plain_texts(told: dict[str, Any]) -> dict[str, str]:
    """Return the fields that are text or whole numbers, as the text that they were written as; null as nothing."""
    return {name: "" if value is None else str(value) for name, value in told.items() if _is_plain(value)}


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str) or type(value) is int


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a name stands twice in an object")
    return made


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def parse_query(query: bytes) -> dict[str, str]:
    """Return the fields of a query string. Raises ValueError where it cannot be read or a name stands twice."""
    pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    return _once_each(pairs)


def parse_amount(text: str) -> Money:
    """Return an amount of VND. Raises ValueError where it is no whole positive number."""
    if not (_is_number(text) and int(text) > 0):
        raise ValueError("an amount is not a whole positive number")
    return Money(int(text), VND)


def parse_moment(milliseconds: str) -> datetime:
    """Return the moment so many milliseconds after 1970, to the second. Raises ValueError where there is none."""
    if not _is_number(milliseconds):
        raise ValueError("a time is not in milliseconds")
    try:
        return datetime.fromtimestamp(int(milliseconds) // 1000, UTC)
    except (OverflowError, OSError):
        raise ValueError("a time is too far away") from None


def parse_named(value: str, most_characters: int) -> str:
    """Return a reference or code. Raises ValueError where it is empty, too long or not printable."""
    if not value.isprintable() or not 0 < len(value) <= most_characters:
        raise ValueError("a reference or code is empty or too long")
    return value


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
