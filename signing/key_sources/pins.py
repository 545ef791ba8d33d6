"""PINs that were refused are never sent again by themselves, because tokens lock after a few wrong ones."""

import hashlib
import hmac
import secrets

from signing.errors.keys import PinIncorrect


class RefusedPins:
    """Remembers the last refused PIN as a keyed digest in memory only; the PIN itself is not kept."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._refused: bytes | None = None

    def check(self, pin: bytes | bytearray) -> None:
        """Let a PIN through unless it is the one that was refused.

        Raises:
            PinIncorrect: It was refused before; the key source was not asked again.
        """
        refused = self._refused is not None and hmac.compare_digest(self._refused, self._digest(pin))
        # An error keeps the frames it came through.
        del pin
        if refused:
            raise PinIncorrect("this PIN was refused before; it is not tried again until another one is set")

    def refuse(self, pin: bytes | bytearray) -> None:
        """Remember that the key source refused this PIN."""
        self._refused = self._digest(pin)

    def accept(self) -> None:
        """Forget what was refused: the key source is open."""
        self._refused = None

    def _digest(self, pin: bytes | bytearray) -> bytes:
        return hmac.new(self._key, pin, hashlib.sha256).digest()
