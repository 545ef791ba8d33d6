"""The port to whoever lets one login at a time go to a token, and may forbid it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from signing.key_sources.uri import Pkcs11Address


class Logins(Protocol):
    """Guards the one moment in which a PIN is sent: a token counts wrong ones for all processes together."""

    def __call__(self, address: Pkcs11Address) -> AbstractContextManager[None]:
        """Return what is entered before the PIN is read, and left once the token has answered.

        What it raises on entering ends the call before the PIN is read. PinIncorrect and PinLocked pass through it.
        """
        ...


@contextmanager
def unguarded(address: Pkcs11Address) -> Iterator[None]:
    """Let every login through: for a process that is alone with its tokens."""
    yield
