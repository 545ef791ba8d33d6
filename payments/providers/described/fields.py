"""Messages as flat fields: names of nested ones joined by dots, values exactly as they were written.

A number keeps its digits: its checksum covers what was sent, and an amount never passes through a float.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

MOST_BYTES = 64 * 1024


class _Number(str):
    """A JSON number as it was written."""

    __slots__ = ()


def json_fields(raw: bytes) -> dict[str, str]:
    """Return the fields of a JSON object; null is an empty text, items of a list are named 0, 1, 2.

    Raises:
        ValueError: Not one object in UTF-8, too long or too deep, or a name that stands twice.
    """
    if len(raw) > MOST_BYTES:
        raise ValueError("the message is too long")
    try:
        told = json.loads(
            raw.decode("utf-8"),
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=_no_number,
            object_pairs_hook=_once_each,
        )
        if not isinstance(told, dict):
            raise ValueError("not a JSON object")  # noqa: TRY004 - of the message, not of an argument
        return _once_each(_flat(told, ""))
    except RecursionError:
        raise ValueError("the message is too deep") from None


def form_fields(raw: bytes) -> dict[str, str]:
    """Return the fields of a query or form, split here because a web framework would mend it silently.

    Raises:
        ValueError: Too long, not UTF-8, or a name that stands twice.
    """
    if len(raw) > MOST_BYTES:
        raise ValueError("the message is too long")
    pairs = (part.partition(b"=") for part in raw.split(b"&") if part)
    return _once_each((_decoded(name), _decoded(value)) for name, _, value in pairs)


def _once_each(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError("a field stands twice")
        found[name] = value
    return found


def _flat(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in inner:
            yield from _flat(item, f"{name}.{key}" if name else str(key))
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    else:
        yield name, "" if value is None else str(value)


def _no_number(name: str) -> str:
    raise ValueError(f"{name} is no JSON number")


def _decoded(part: bytes) -> str:
    return unquote_to_bytes(part.replace(b"+", b" ")).decode("utf-8")
