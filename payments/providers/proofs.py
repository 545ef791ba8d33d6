"""Keyed proofs as several providers make them."""

import hashlib
import hmac


def hmac_sha256(key: str, content: str) -> str:
    """Return HMAC-SHA256 of a text, as lower-case hex."""
    return hmac.new(key.encode(), content.encode(), hashlib.sha256).hexdigest()


def is_proof(given: object, expected: str) -> bool:
    """Whether a proof is the expected one; in constant time, and one that is missing is wrong."""
    return isinstance(given, str) and hmac.compare_digest(given.lower().encode("utf-8", "replace"), expected.encode())
