"""VNPAY's checksums, written apart from the adapter that they test. Source: VNPAY payment guide 2.1.0."""

import hashlib
import hmac
from collections.abc import Mapping
from string import ascii_letters, digits
from urllib.parse import parse_qsl

# What PHP's urlencode leaves as it is.
KEPT = frozenset((ascii_letters + digits + "-_.").encode())


def encoded(text: str) -> str:
    """Encode as an HTML form does: a space as a plus, everything else that is special as %XX."""
    return "".join("+" if byte == 0x20 else chr(byte) if byte in KEPT else f"%{byte:02X}" for byte in text.encode())


def signed_query(fields: Mapping[str, str], secret: bytes) -> str:
    """Return the query string with its checksum at the end."""
    filled = {key: value for key, value in fields.items() if value != ""}
    content = "&".join(f"{encoded(key)}={encoded(filled[key])}" for key in sorted(filled))
    return f"{content}&vnp_SecureHash={keyed_hash(content, secret)}"


def keyed_hash(content: str, secret: bytes) -> str:
    """Return HMAC-SHA512 as hex."""
    return hmac.digest(secret, content.encode(), hashlib.sha512).hex()


def checked_fields(query: str, secret: bytes) -> dict[str, str] | None:
    """Return the fields of a query string whose checksum is right, else None."""
    pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=False)
    fields = dict(pairs)
    given = fields.pop("vnp_SecureHash", "")
    fields.pop("vnp_SecureHashType", "")
    if len(fields) + 1 < len(pairs):
        return None
    again = signed_query(fields, secret).rpartition("=")[2]
    return fields if hmac.compare_digest(again, given.lower()) else None
