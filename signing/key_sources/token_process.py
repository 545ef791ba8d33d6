"""The parent's end of a token: it speaks with one child that holds one session."""

import contextlib
import multiprocessing
import os
import threading
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from config.secrets import SecretProvider, SecretUnavailable
from signing.errors.keys import (
    KeyNotFound,
    KeySourceError,
    KeySourceTimedOut,
    KeySourceUnavailable,
    PinIncorrect,
    PinLocked,
    TokenAbsent,
)
from signing.key_sources.logins import Logins, unguarded
from signing.key_sources.pins import RefusedPins
from signing.key_sources.pkcs11_uri import TokenAddress
from signing.key_sources.quirks import QuirkTable, shipped_quirks
from signing.key_sources.token_child import PIN_NEEDED, STALE, VALUE, serve_token
from signing.key_sources.uri import Pkcs11Address
from signing.model import SignatureAlgorithm

_ERRORS: dict[str, type[KeySourceError]] = {
    error.code: error for error in (KeyNotFound, KeySourceUnavailable, PinIncorrect, PinLocked, TokenAbsent)
}
# After these the session is still good; after any other failure the next call starts a new process.
_SESSION_SURVIVES = (KeyNotFound, PinIncorrect, PinLocked)
_END_SECONDS = 2.0


@dataclass(frozen=True)
class TokenUse:
    """How one token is reached.

    Attributes:
        timeout_seconds: For one call to it.
    """

    module: Path
    address: TokenAddress
    secrets: SecretProvider
    timeout_seconds: float
    quirks: QuirkTable = field(default_factory=shipped_quirks)
    logins: Logins = unguarded


class TokenProcess:
    """The parent's end of one token's session: one call at a time, each within a time limit.

    A module that hangs or crashes costs the child; the next call starts another one and logs in again. A PIN that
    the token refused is not sent again.
    """

    def __init__(self, use: TokenUse, pins: RefusedPins) -> None:
        self._use = use
        self._lock = threading.Lock()
        self._pins = pins
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._owner_pid = os.getpid()

    @property
    def child_pid(self) -> int | None:
        """The process that holds the token, if one runs."""
        return self._process.pid if self._process is not None else None

    def sign(self, address: Pkcs11Address, data: bytes, algorithm: SignatureAlgorithm) -> bytes:
        """Return the signature value over data.

        Raises:
            KeySourceError: As its kinds say.
        """
        self._forget_after_fork()
        self._lock.acquire()
        try:
            kind, value = self._exchange(address, data, algorithm)
            if kind == STALE:
                # The token was pulled out and put back, or slept; nothing was signed. Once more with a new session.
                self._end()
                kind, value = self._exchange(address, data, algorithm)
            if kind == VALUE and isinstance(value, bytes):
                return value
            error = _ERRORS.get(kind, KeySourceUnavailable)
            raise error(f"the token's session broke twice ({value})" if kind == STALE else str(value))
        except KeySourceError as error:
            if not isinstance(error, _SESSION_SURVIVES):
                self._end()
            raise
        finally:
            self._lock.release()

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._end()

    def _exchange(self, address: Pkcs11Address, data: bytes, algorithm: SignatureAlgorithm) -> tuple[str, Any]:
        deadline = time.monotonic() + self._use.timeout_seconds
        key = (address.label, address.key_id, algorithm, data)
        kind, value = self._ask((None, *key), deadline)
        if kind != PIN_NEEDED:
            return kind, value
        with self._use.logins(address):
            return self._log_in(address, key)

    def _log_in(self, address: Pkcs11Address, key: tuple[Any, ...]) -> tuple[str, Any]:
        deadline = time.monotonic() + self._use.timeout_seconds
        pin = self._read_pin(address.pin_source)
        try:
            kind, value = self._ask((pin, *key), deadline)
            if kind == PinIncorrect.code:
                self._pins.refuse(pin.encode())
        finally:
            # Whoever keeps an error keeps the frames it came through: none of them may hold the PIN by then.
            del pin
        if kind in {PinIncorrect.code, PinLocked.code}:
            # Here, so that whoever guards logins hears of it before the next one.
            raise _ERRORS[kind](str(value))
        if kind == VALUE:
            self._pins.accept()
        return kind, value

    def _read_pin(self, pin_source: str) -> str:
        try:
            # As text, because the module takes nothing else; it lives as long as this one call.
            pin = self._use.secrets.read(pin_source)
        except SecretUnavailable as error:
            raise KeySourceUnavailable(str(error)) from None
        try:
            self._pins.check(pin.encode())
        except PinIncorrect:
            del pin
            raise
        return pin

    def _ask(self, request: tuple[Any, ...], deadline: float) -> tuple[str, Any]:
        try:
            pipe = self._sent(request)
            if not pipe.poll(max(0.0, deadline - time.monotonic())):
                raise KeySourceTimedOut(f"the token gave no answer within {self._use.timeout_seconds:g} s")
            kind, value = pipe.recv()
        except (EOFError, OSError):
            crashed = KeySourceUnavailable("the token's module crashed")
        else:
            return kind, value
        finally:
            del request
        # Outside, so that the pipe's error with its frames, and what was sent in them, does not come along.
        raise crashed

    def _sent(self, request: tuple[Any, ...]) -> Connection:
        try:
            pipe = self._running_pipe()
            try:
                pipe.send(request)
            except OSError:
                # The child died while it was idle: nothing was asked of it yet.
                self._end()
                pipe = self._running_pipe()
                pipe.send(request)
        finally:
            del request
        return pipe

    def _running_pipe(self) -> Connection:
        if self._pipe is not None and self._process is not None and self._process.is_alive():
            return self._pipe
        self._end()
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        use = self._use
        given = theirs, use.module, use.address, use.quirks, os.getpid()
        process = context.Process(target=serve_token, args=given, name="token", daemon=True)
        process.start()
        theirs.close()
        self._process, self._pipe = process, ours
        return ours

    def _end(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            with contextlib.suppress(ValueError):
                # A stopped or hung module answers to nothing less.
                self._process.kill()
                self._process.join(_END_SECONDS)
                self._process.close()
        self._pipe = self._process = None

    def _forget_after_fork(self) -> None:
        """A forked copy of us must not speak through the same pipe: it starts a child of its own."""
        if self._owner_pid != os.getpid():
            self._owner_pid = os.getpid()
            self._lock = threading.Lock()
            self._process = self._pipe = None
