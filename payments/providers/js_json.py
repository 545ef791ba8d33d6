"""JSON as JavaScript writes it, for providers whose proofs are made over JSON.stringify of what they send."""

import json
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

# JavaScript keeps integers exactly up to here.
MOST_EXACT: Final = 2**53


def stringify(value: Any) -> str:
    """Return JSON as JSON.stringify writes it: no spaces, letters as they are, numbers as JavaScript prints them.

    Raises:
        ValueError: A number that JavaScript has not, or text that is no Unicode.
    Source: ECMA-262, JSON.stringify.
    """
    match value:
        case Mapping():
            return "{" + ",".join(f"{_text(key)}:{stringify(held)}" for key, held in value.items()) + "}"
        case list():
            return "[" + ",".join(map(stringify, value)) + "]"
        case str():
            return _text(value)
        case _:
            return scalar_text(value)


def scalar_text(value: bool | float | None) -> str:
    """Return a number, truth value or null as String(value) gives it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int) and abs(value) <= MOST_EXACT:
        return str(value)
    try:
        return _number_text(float(value))
    except OverflowError:
        raise ValueError("a number is larger than JavaScript has") from None


def sorted_by_key(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object with its names in JavaScript's order, which is by UTF-16 code units; what it holds stays."""
    return dict(sorted(value.items(), key=lambda item: item[0].encode("utf-16-be", "surrogatepass")))


def sorted_deeply(value: Any) -> Any:
    """Return a value with the names of all its objects in order; lists keep theirs."""
    match value:
        case Mapping():
            return sorted_by_key({key: sorted_deeply(held) for key, held in value.items()})
        case list():
            return [sorted_deeply(held) for held in value]
        case _:
            return value


def _text(value: str) -> str:
    # Half a character pair has no UTF-8, so nobody can have made a proof over it.
    value.encode()
    return json.dumps(value, ensure_ascii=False)


def _number_text(number: float) -> str:
    """Source: ECMA-262, Number::toString; Python's repr gives the same shortest digits in another layout."""
    if number == 0:
        return "0"
    if not math.isfinite(number):
        raise ValueError("neither NaN nor an infinity is a number in JSON")
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    text, point = "".join(map(str, digits)), len(digits) + int(exponent)
    if 0 < point <= 21:
        text = text.ljust(point, "0")
        plain = text if len(text) == point else f"{text[:point]}.{text[point:]}"
    elif -6 < point <= 0:
        plain = f"0.{'0' * -point}{text}"
    else:
        head = text[0] if len(text) == 1 else f"{text[0]}.{text[1:]}"
        plain = f"{head}e{point - 1:+d}"
    return f"-{plain}" if sign else plain
