"""payOS' proofs: HMAC-SHA256 over fields in order of their names.

Source: payOS, integration guide, "Kiểm tra dữ liệu với signature"; its SDKs' published test cases.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from payments.providers.js_json import scalar_text, sorted_by_key, sorted_deeply, stringify

CREATE_FIELDS: Final = ("amount", "cancelUrl", "description", "orderCode", "returnUrl")
# What encodeURIComponent leaves as it is, beside letters and digits.
KEPT_SIGNS: Final = "-_.!~*'()"
NOTHING: Final = frozenset({"null", "undefined"})


def create_text(fields: Mapping[str, Any]) -> str:
    """Return what the proof of a new payment link covers."""
    return "&".join(f"{name}={fields[name]}" for name in CREATE_FIELDS)


def data_text(data: Mapping[str, Any]) -> str:
    """Return what the proof of a webhook or an answer covers: `name=value` in order, null as nothing, lists as JSON.

    Raises:
        ValueError: It holds what has no such text.
    """
    text = "&".join(f"{name}={_value_text(value)}" for name, value in sorted_by_key(data).items())
    # Half a character pair has no UTF-8, so nobody can have made a proof over it.
    text.encode()
    return text


def payout_text(body: Mapping[str, Any]) -> str:
    """Return what the header proof of a payout covers: as above, but sorted deeply and percent-encoded.

    Raises:
        ValueError: It holds what has no such text.
    """
    return "&".join(f"{_encoded(name)}={_encoded(_deep_text(value))}" for name, value in sorted_deeply(body).items())


def says_once(text: str, names: tuple[str, ...]) -> bool:
    """Whether each of these fields stands exactly once in a proven text.

    Nothing in it is escaped, so a payer's words with `&orderCode=` in them could be cut into fields of their own.
    """
    return all(f"&{text}".count(f"&{name}=") == 1 for name in names)


def _value_text(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            return "" if value in NOTHING else value
        case list():
            return stringify([sorted_by_key(held) if isinstance(held, Mapping) else held for held in value])
        case Mapping():
            return stringify(sorted_by_key(value))
        case _:
            return scalar_text(value)


def _deep_text(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case _:
            return stringify(value)


def _encoded(text: str) -> str:
    return quote(text, safe=KEPT_SIGNS)
