"""Hashes of what callers prove themselves with; the text itself is never kept."""

import hashlib
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()


def new_secret() -> str:
    """Return 256 random bits as text."""
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """Return an Argon2id hash of a password or client secret."""
    return _HASHER.hash(secret)


def secret_matches(stored_hash: str | None, secret: str) -> bool:
    """Compare a secret with its hash; None, for an unknown name, costs the same time and never matches."""
    nobody = _nobody()
    try:
        return _HASHER.verify(stored_hash or nobody, secret) and stored_hash is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    """Return what is checked when a name is unknown, so that this takes as long as a wrong secret."""
    return _HASHER.hash("nobody")


def token_sha256(token: str) -> str:
    """Return the name under which a bearer token is kept: it has 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
