"""Reading payOS' fields, and the codes by which it knows our payments."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from payments.local_time import HANOI
from payments.money import VND, Money

# Sixteen digits, as many as payOS' numbers hold exactly (2^53 - 1): what is shorter is not one of ours.
SMALLEST_CODE: Final = 10**15
LARGEST_CODE: Final = 2**53 - 1


def new_order_code() -> str:
    """Return a fresh order code; nearly 53 random bits, so that nobody hits another's by chance."""
    return str(SMALLEST_CODE + secrets.randbelow(LARGEST_CODE - SMALLEST_CODE + 1))


def order_code(data: Mapping[str, Any]) -> int:
    """Return the order code. Raises ValueError where it is no whole number."""
    return _whole(data["orderCode"])


def amount(value: Any) -> Money:
    """Return an amount of VND. Raises ValueError where it is no whole number, or negative."""
    if _whole(value) < 0:
        raise ValueError("an amount is negative")
    return Money(value, VND)


def named(value: Any, most_characters: int = 100) -> str:
    """Return a reference. Raises ValueError where it is empty, too long or no printable text."""
    if not isinstance(value, str) or not value.isprintable() or not 0 < len(value) <= most_characters:
        raise ValueError("a reference or code is no text, empty or too long")
    return value


def local_moment(text: Any) -> datetime:
    """Return a moment: with its own offset, or else Vietnam's time. Raises ValueError."""
    moment = datetime.fromisoformat(named(text, 40))
    return (moment if moment.tzinfo else moment.replace(tzinfo=HANOI)).astimezone(UTC)


def _whole(value: Any) -> int:
    if type(value) is not int or abs(value) > LARGEST_CODE:
        raise ValueError("a number is not whole, or too large")
    return value
