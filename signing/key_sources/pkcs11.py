"""Private keys in PKCS#11 tokens: a few sessions for each token, each in a process of its own."""

import os
import queue
import time

from certs.service_health import RestRules, ServiceHealth
from signing.errors.keys import KeySourceError, KeySourceTimedOut
from signing.key_sources.pins import RefusedPins
from signing.key_sources.token_process import TokenProcess, TokenUse
from signing.key_sources.uri import Pkcs11Address
from signing.model import SignatureAlgorithm

# Whoever waits for a busy token keeps a worker from other tokens' work; the request comes back by itself.
MOST_WAIT_SECONDS = 5.0
REST = RestRules(after_failures=2, first_seconds=10, most_seconds=300)


class TokenPool:
    """One token's sessions. A token that hangs again and again is left alone for a while, and costs nobody time."""

    def __init__(self, use: TokenUse) -> None:
        self._use = use
        pins = RefusedPins()
        count = use.quirks.of_module(use.module).processes
        self.processes = tuple(TokenProcess(use, pins) for _ in range(count))
        self._health = ServiceHealth(REST, time.monotonic)
        self._owner_pid = os.getpid()
        self._free = self._all_free()

    def sign(self, address: Pkcs11Address, data: bytes, algorithm: SignatureAlgorithm) -> bytes:
        """Return the signature value over data.

        Raises:
            KeySourceError: As its kinds say; KeySourceTimedOut also when the token is busy, or rests after it hung.
        """
        self._forget_after_fork()
        if not self._health.claim_turn():
            raise KeySourceTimedOut("the token hung several times and is left alone for a while")
        try:
            process = self._free.get(timeout=min(MOST_WAIT_SECONDS, self._use.timeout_seconds))
        except queue.Empty:
            raise KeySourceTimedOut("other signatures keep the token busy") from None
        try:
            value = process.sign(address, data, algorithm)
        except KeySourceTimedOut:
            self._health.failed()
            raise
        except KeySourceError:
            # It says what is wrong, so it does not hang.
            self._health.succeeded()
            raise
        else:
            self._health.succeeded()
            return value
        finally:
            self._free.put(process)

    def close(self) -> None:
        """End the children."""
        for process in self.processes:
            process.close()

    def _all_free(self) -> "queue.LifoQueue[TokenProcess]":
        # Last in, first out: a second session is opened only when the first one is busy.
        free: queue.LifoQueue[TokenProcess] = queue.LifoQueue()
        for process in reversed(self.processes):
            free.put(process)
        return free

    def _forget_after_fork(self) -> None:
        """In a forked copy of us, sessions that were in use belong to the original."""
        if self._owner_pid != os.getpid():
            self._owner_pid = os.getpid()
            self._free = self._all_free()


class Pkcs11KeySource:
    """One private key in a token."""

    def __init__(self, address: Pkcs11Address, token: TokenPool) -> None:
        self._address = address
        self._token = token

    def sign(self, data: bytes, algorithm: SignatureAlgorithm) -> bytes:
        return self._token.sign(self._address, data, algorithm)

    def close(self) -> None:
        self._token.close()
