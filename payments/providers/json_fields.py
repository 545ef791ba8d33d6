"""Reading fields of providers that write JSON with numbers in it."""

import hashlib
from datetime import UTC, datetime
from typing import Any, Final

from payments.local_time import HANOI
from payments.providers.plain_fields import parse_named

MOST_REFERENCE_CHARACTERS: Final = 40
LARGEST_NUMBER: Final = 2**53


def whole_number(value: Any) -> int:
    """Return a whole number. Raises ValueError for anything else, or one that is too large to be exact."""
    if type(value) is not int or abs(value) > LARGEST_NUMBER:
        raise ValueError("a number is not whole, or too large")
    return value


def notice_number(value: Any) -> str:
    """Return a notice's own number, written as a number or as text. Raises ValueError."""
    return str(whole_number(value)) if type(value) is int else parse_named(_text(value), MOST_REFERENCE_CHARACTERS)


def bank_reference(value: Any) -> str:
    """Return the bank's reference, empty where it gave none; what is too long to keep gets a short name of its own.

    Raises:
        ValueError: No text.
    """
    text = "" if value is None else _text(value).strip()
    if len(text) <= MOST_REFERENCE_CHARACTERS:
        return text
    # Cut off, two long references could be taken for one.
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:MOST_REFERENCE_CHARACTERS]


def account_number(value: Any) -> str:
    """Return an account's number, empty where there is none. Raises ValueError."""
    return "" if value in (None, "") else parse_named(_text(value), MOST_REFERENCE_CHARACTERS)


def free_text(value: Any) -> str:
    """Return what somebody wrote, empty where nobody did. Raises ValueError."""
    return "" if value is None else _text(value)


def local_moment(value: Any) -> datetime:
    """Return the moment that `yyyy-mm-dd hh:mm:ss` names in Vietnam, or by its own offset. Raises ValueError."""
    moment = datetime.fromisoformat(_text(value))
    return (moment if moment.tzinfo else moment.replace(tzinfo=HANOI)).astimezone(UTC)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a field is no text")  # noqa: TRY004 - of a message, not of an argument
    return value
