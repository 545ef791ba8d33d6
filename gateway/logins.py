"""One login to a token at a time on this machine, and none with a PIN that another process has just seen refused."""

import fcntl
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from certs.errors import KeySourceHeld
from gateway.db.unit_of_work import UnitOfWork
from gateway.key_holds import hold_token, is_token_held
from signing.errors.keys import KeySourceTimedOut, PinIncorrect, PinLocked
from signing.key_sources.uri import Pkcs11Address

ACTOR = "system:keys"
POLL_SECONDS = 0.05


class GuardedLogins:
    """See signing.key_sources.logins.Logins.

    A token is plugged into one machine, so a lock on a file is enough. A refused PIN puts its certificates on hold
    before the lock is let go: whoever waited for it finds the hold, and leaves the PIN alone.
    """

    def __init__(self, open_work: Callable[..., UnitOfWork], folder: Path, timeout_seconds: float) -> None:
        """Remember where locks lie.

        Args:
            open_work: Opens a transaction; takes read_only.
            folder: For one small file a token.
            timeout_seconds: The longest wait for others that log in.
        """
        self._open_work = open_work
        self._folder = folder
        self._timeout_seconds = timeout_seconds

    @contextmanager
    def __call__(self, address: Pkcs11Address) -> Iterator[None]:
        """Enter before the PIN is read.

        Raises:
            KeySourceTimedOut: Others log in to this token all the time.
            KeySourceHeld: Its PIN was refused, and nobody has released it yet.
        """
        with self._alone(address):
            with self._open_work(read_only=True) as work:
                if is_token_held(work, address):
                    raise KeySourceHeld("the token's PIN was refused, and no operator has released it yet")
            try:
                yield
            except (PinIncorrect, PinLocked) as error:
                with self._open_work() as work:
                    hold_token(work, address, error.code, ACTOR, datetime.now(UTC))
                    work.commit()
                raise

    @contextmanager
    def _alone(self, address: Pkcs11Address) -> Iterator[None]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = hashlib.sha256(repr(address.token).encode()).hexdigest()
        with (self._folder / name).open("ab") as file:
            ends_at = time.monotonic() + self._timeout_seconds
            while not _locked(file.fileno()):
                if time.monotonic() > ends_at:
                    raise KeySourceTimedOut("other processes keep logging in to the token")
                time.sleep(POLL_SECONDS)
            # Closing the file lets the lock go, also when this process dies.
            yield


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
