"""Our own messages as described: filled in, then given their checksum."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote_plus

from payments.providers.described.layout import Outgoing, Requirement
from payments.providers.described.templates import filled


def composed(
    message: Outgoing, values: Mapping[str, str], secret: str, items: Sequence[Mapping[str, str]] = ()
) -> dict[str, Any]:
    """Return a message with its checksum last.

    Raises:
        AmbiguousContent: A value that the checksum covers holds its separator.
    """
    fields = filled(message.fields, values, items)
    if message.checksum is None:
        return fields
    covered = {name: value for name, value in fields.items() if isinstance(value, str)}
    return {**fields, message.checksum.field: message.checksum.of(covered, secret)}


def as_json(fields: Mapping[str, Any], numbers: Sequence[str]) -> bytes:
    """Return a message as JSON; the checksum was made of the texts, which numbers keep digit for digit.

    Raises:
        ValueError: A text that should go out as a number is none.
    """
    return json.dumps(_with_numbers(fields, frozenset(numbers), ""), ensure_ascii=False).encode()


def as_query(fields: Mapping[str, Any]) -> str:
    """Return a flat message as a query."""
    return "&".join(f"{quote_plus(name)}={quote_plus(str(value))}" for name, value in fields.items())


def unmet(fields: Mapping[str, Any], requirements: Sequence[Requirement]) -> Iterator[str]:
    """Name the fields that are empty although this message needs them."""
    for requirement in requirements:
        if _at(fields, requirement.field) == requirement.value:
            yield from (name for name in requirement.needs if not _at(fields, name))


def _at(fields: Mapping[str, Any], name: str) -> Any:
    found: Any = fields
    for part in name.split("."):
        found = found.get(part, "") if isinstance(found, Mapping) else ""
    return found


def _with_numbers(value: Any, numbers: frozenset[str], name: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _with_numbers(item, numbers, f"{name}.{key}" if name else key) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_numbers(item, numbers, name) for item in value]
    return int(value) if name in numbers else value
