"""Values of outgoing messages: constants, and names in braces that are filled in.

`{reference}` is filled in; `{details.KhoBac|unit_name}` takes the first that is not empty; `{details.MaDichVu|'2'}`
ends with a constant; `{purpose:250}` keeps at most 250 characters. A table is an object; a list of one table is
repeated for each fee of the order, whose own names begin with `item.`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

_PLACE = re.compile(r"\{([^{}:]+)(?::([0-9]{1,4}))?\}")
_ALTERNATIVE = re.compile(r"'[^']*'|[a-z_]+(?:\.[A-Za-z0-9_-]+)?")
# What follows the dot of these is free: the order's own metadata, and the fields of a call that is answered.
CONSTANT_OR_OPEN: Final = ("'", "details.", "call.")

Fields = Mapping[str, Any]
"""A message as described: texts, tables and lists of one table."""


def faults(fields: Fields, known: frozenset[str], name: str = "") -> Iterator[str]:
    """Name what could never be filled in."""
    for key, value in fields.items():
        here = f"{name}.{key}" if name else key
        if isinstance(value, Mapping):
            yield from faults(value, known, here)
        elif isinstance(value, list | tuple):
            if len(value) == 1 and isinstance(value[0], Mapping):
                yield from faults(value[0], known | {"item"}, here)
            else:
                yield f"{here}: a list holds one table, which is repeated for each fee"
        elif not isinstance(value, str):
            yield f"{here}: a text is needed"
        else:
            yield from (f"{here}: {fault}" for fault in _text_faults(value, known))


def _text_faults(template: str, known: frozenset[str]) -> Iterator[str]:
    if "{" in _PLACE.sub("", template) or "}" in _PLACE.sub("", template):
        yield "braces do not match"
    for place in _PLACE.finditer(template):
        for alternative in place[1].split("|"):
            if not _ALTERNATIVE.fullmatch(alternative):
                yield f"{alternative!r} is neither a name nor a constant"
            elif not _is_known(alternative, known):
                yield f"there is nothing called {alternative}"


def _is_known(alternative: str, known: frozenset[str]) -> bool:
    if alternative.startswith(CONSTANT_OR_OPEN):
        return True
    return ("item" in known) if alternative.startswith("item.") else alternative in known


def uses(fields: Fields, name: str) -> bool:
    """Whether a message may tell a value by this name."""
    return any(_uses(value, name) for value in fields.values())


def _uses(value: Any, name: str) -> bool:
    if isinstance(value, Mapping):
        return uses(value, name)
    if isinstance(value, list | tuple):
        return any(_uses(each, name) for each in value)
    return any(name in place[1].split("|") for place in _PLACE.finditer(value))


def filled(fields: Fields, values: Mapping[str, str], items: Sequence[Mapping[str, str]] = ()) -> dict[str, Any]:
    """Return the message with every place filled in; what is absent is an empty text."""
    return {key: _filled(value, values, items) for key, value in fields.items()}


def _filled(value: Any, values: Mapping[str, str], items: Sequence[Mapping[str, str]]) -> Any:
    if isinstance(value, Mapping):
        return filled(value, values, items)
    if isinstance(value, list | tuple):
        return [filled(value[0], {**values, **item}) for item in items]
    return filled_text(value, values)


def filled_text(template: str, values: Mapping[str, str]) -> str:
    """Return one text with its places filled in."""
    return _PLACE.sub(lambda place: _found(place[1], values)[: int(place[2]) if place[2] else None], template)


def _found(alternatives: str, values: Mapping[str, str]) -> str:
    for alternative in alternatives.split("|"):
        value = alternative.strip("'") if alternative.startswith("'") else values.get(alternative, "")
        if value:
            return value
    return ""
