"""Base64url and JSON as JOSE wants them: one way to write each value, nothing read two ways. Source: RFC 7515, 2."""

import base64
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from signing.errors.files import SignatureFileUnreadable

_ALPHABET = re.compile(r"[A-Za-z0-9_-]*")
# A multiple of 3, so that the pieces' encodings can be joined.
_PIECE_BYTES = 3 * 256 * 1024


def b64url(content: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def from_b64url(text: object) -> bytes:
    """Return what base64url without padding stands for.

    Raises:
        SignatureFileUnreadable: Not text, other characters, or bits that mean nothing: two texts for one value.
    """
    if not isinstance(text, str) or not _ALPHABET.fullmatch(text) or len(text) % 4 == 1:
        raise SignatureFileUnreadable("a value is not base64url")
    content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if b64url(content) != text:
        raise SignatureFileUnreadable("a base64url value has stray bits")
    return content


def file_as_b64url(path: Path) -> Iterable[bytes]:
    """Give a file's base64url piece by piece."""
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            yield base64.urlsafe_b64encode(piece).rstrip(b"=")


def write_json(value: Any) -> bytes:
    """Return JSON in the fewest bytes, members in the order given."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def read_json_object(data: bytes) -> dict[str, Any]:
    """Read a JSON object that anybody may have written.

    Raises:
        SignatureFileUnreadable: No JSON object, a member twice, a number that is none, or nested too deeply.
    """
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_distinct, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise SignatureFileUnreadable("this is no JSON that can be read one way only") from None
    if not isinstance(value, dict):
        raise SignatureFileUnreadable("a JSON object was expected")
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice")
    return members


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
