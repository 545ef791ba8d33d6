"""The port to a private key."""

from typing import Protocol

from signing.model import SignatureAlgorithm


class KeySource(Protocol):
    """One private key, wherever it lives. It may be used from several threads."""

    def sign(self, data: bytes, algorithm: SignatureAlgorithm) -> bytes:
        """Return the signature value over data as its scheme has it; ECDSA as DER (RFC 3279, 2.2.3).

        The caller verifies the value against the certificate before it uses it.

        Raises:
            PinIncorrect: Never tried again with the same PIN by this object.
            PinLocked, TokenAbsent, KeyNotFound, KeySourceTimedOut, KeySourceUnavailable: As they say.
        """
        ...

    def close(self) -> None:
        """Let go of the key; the next use opens it again."""
        ...
