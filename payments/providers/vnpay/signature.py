"""VNPAY's checksums: HMAC-SHA512 over sorted and re-encoded fields, or over fields joined by pipes.

Source: VNPAY payment guide 2.1.0, checksum; VNPAY querydr and refund guide 2.1.0.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from urllib.parse import quote_plus, unquote_to_bytes

from payments.errors import CallbackNotAuthentic

HASH_FIELD = "vnp_SecureHash"
UNSIGNED_FIELDS = frozenset({HASH_FIELD, "vnp_SecureHashType"})
MOST_QUERY_BYTES = 8 * 1024


def hmac_sha512(secret: str, content: str) -> str:
    """Return the checksum of a text, as lower-case hex."""
    return hmac.new(secret.encode(), content.encode(), hashlib.sha512).hexdigest()


def canonical_query(fields: Mapping[str, str]) -> str:
    """Return the text that is signed and sent: keys sorted, both sides form-encoded, empty values left out."""
    signed = sorted((key, value) for key, value in fields.items() if value and key not in UNSIGNED_FIELDS)
    return "&".join(f"{quote_plus(key)}={quote_plus(value)}" for key, value in signed)


def is_checksum(given: str, expected: str) -> bool:
    """Compare in constant time; a missing checksum is a wrong one, and hex may come in either case."""
    return hmac.compare_digest(given.lower().encode("utf-8", "replace"), expected.encode())


def read_query(raw: bytes, secret: str) -> dict[str, str]:
    """Authenticate a query string as it arrived and return VNPAY's fields.

    Fields that are not VNPAY's (an address may carry its own) are neither signed nor returned. The bytes are split
    here and not by a web framework, which would drop repeated names and mend broken encodings silently. Form encoders
    differ in some signs (`*`, `~`), so the fields as they were written count as well as re-encoded ones.

    Raises:
        CallbackNotAuthentic: The checksum is absent or wrong, or the bytes cannot be what VNPAY signed.
    """
    written = _written(raw)
    fields = {key: _decoded(value) for key, value in written.items()}
    as_sent = b"&".join(
        key.encode() + b"=" + written[key] for key in sorted(fields) if fields[key] and key not in UNSIGNED_FIELDS
    )
    given = fields.get(HASH_FIELD, "")
    texts = (canonical_query(fields), as_sent.decode())
    if not any(is_checksum(given, hmac_sha512(secret, text)) for text in texts):
        raise CallbackNotAuthentic("vnpay: the checksum is absent or wrong")
    return fields


def _written(raw: bytes) -> dict[str, bytes]:
    """Return the values as they were written, by the names of VNPAY's fields."""
    if len(raw) > MOST_QUERY_BYTES:
        raise CallbackNotAuthentic("vnpay: the query is longer than any that VNPAY sends")
    fields: dict[str, bytes] = {}
    for part in raw.split(b"&"):
        name, _, value = part.partition(b"=")
        key = _decoded(name)
        if not key.startswith("vnp_"):
            continue
        if key in fields:
            raise CallbackNotAuthentic("vnpay: a field stands twice")
        fields[key] = value
    return fields


def _decoded(part: bytes) -> str:
    try:
        return unquote_to_bytes(part.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError:
        raise CallbackNotAuthentic("vnpay: a field is not UTF-8") from None


def pipe_joined(fields: Mapping[str, str], order: Iterable[str]) -> str:
    """Return the text that querydr signs: the values in VNPAY's order, an absent one as nothing."""
    return "|".join(fields.get(f"vnp_{name}", "") for name in order)
