"""Reading payOS' fields, and the codes by which it knows our payments."""

import secrets
from collections.abc import Mapping
from typing import Any, Final

from payments.money import VND, Money
from payments.providers.json_fields import whole_number
from payments.providers.plain_fields import parse_named

# Sixteen digits, as many as payOS' numbers hold exactly (2^53 - 1): what is shorter is not one of ours.
SMALLEST_CODE: Final = 10**15
LARGEST_CODE: Final = 2**53 - 1


def new_order_code() -> str:
    """Return a fresh order code; nearly 53 random bits, so that nobody hits another's by chance."""
    return str(SMALLEST_CODE + secrets.randbelow(LARGEST_CODE - SMALLEST_CODE + 1))


def order_code(data: Mapping[str, Any]) -> int:
    """Return the order code. Raises ValueError where it is no whole number."""
    return whole_number(data["orderCode"])


def amount(value: Any) -> Money:
    """Return an amount of VND. Raises ValueError where it is no whole number, or negative."""
    if whole_number(value) < 0:
        raise ValueError("an amount is negative")
    return Money(value, VND)


def named(value: Any, most_characters: int = 100) -> str:
    """Return a reference. Raises ValueError where it is empty, too long or no printable text."""
    if not isinstance(value, str):
        raise ValueError("a reference or code is no text")  # noqa: TRY004 - of a message, not of an argument
    return parse_named(value, most_characters)
