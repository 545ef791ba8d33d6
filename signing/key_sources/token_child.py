"""What runs in a token's own process: it loads the PKCS#11 module, logs in once and keeps session and key handles.

Modules crash, hang and dislike threads; here they take nothing else with them. Requests and answers are tuples of plain
values over a pipe; the PIN comes through it only when a login is due. Source: PKCS#11 (OASIS) 2.40.
"""

import contextlib
import os
import resource
import signal
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pkcs11
from pkcs11 import exceptions as p11

from signing.errors.keys import KeyNotFound, KeySourceError, KeySourceUnavailable, PinIncorrect, PinLocked, TokenAbsent
from signing.key_sources.mechanisms import sign_in_token, wants_authorising
from signing.key_sources.pkcs11_uri import TokenAddress
from signing.key_sources.quirks import QuirkTable, TokenQuirks
from signing.model import SignatureAlgorithm

# Answers; an error's answer is its code with a message.
VALUE = "value"
PIN_NEEDED = "pin-needed"
STALE = "stale"

_PARENT_CHECK_SECONDS = 2.0
_ABSENT = (p11.NoSuchToken, p11.TokenNotPresent, p11.TokenNotRecognised, p11.DeviceRemoved, p11.SlotIDInvalid)
_WRONG_PIN = (p11.PinIncorrect, p11.PinInvalid, p11.PinLenRange)
# The session or a handle died: the token was pulled out and put back, or slept. A new session mends it.
_STALE = (
    p11.SessionHandleInvalid,
    p11.SessionClosed,
    p11.UserNotLoggedIn,
    p11.KeyHandleInvalid,
    p11.ObjectHandleInvalid,
    p11.DeviceError,
    p11.GeneralError,
)


class PinNeeded(Exception):
    """There is no session yet and no PIN came with the request."""


class SessionStale(Exception):
    """The session that was kept is of no use any more."""


class Token:
    """One token, opened when first needed."""

    def __init__(self, load_library: Callable[[], Any], address: TokenAddress, quirks: QuirkTable) -> None:
        self._load_library = load_library
        self._address = address
        self._table = quirks
        self._quirks = TokenQuirks()
        self._session: Any = None
        self._keys: dict[tuple[str | None, bytes | None], tuple[Any, bool]] = {}

    def sign(
        self, pin: str | None, label: str | None, key_id: bytes | None, algorithm: SignatureAlgorithm, data: bytes
    ) -> bytes:
        """Return the signature value over data.

        Raises:
            PinNeeded, SessionStale: The caller brings a PIN, or starts anew.
            KeySourceError: As its kinds say.
        """
        with token_errors():
            try:
                self._log_in(pin)
                key, each_time = self._find_key(label, key_id)
                if each_time and pin is None:
                    raise PinNeeded
                try:
                    value = sign_in_token(key, algorithm, data, self._quirks, pin if each_time else None)
                except _WRONG_PIN:
                    # The session is left in the middle of a signature, and refuses every other one.
                    self._log_out()
                    raise
                if self._quirks.login == "each-signature":
                    self._log_out()
            except _STALE as error:
                raise SessionStale(type(error).__name__) from None
            return value

    def _log_in(self, pin: str | None) -> None:
        if self._session is not None:
            return
        token = find_token(self._load_library(), self._address)
        if pin is None:
            raise PinNeeded
        self._quirks = self._table.of_token(token.manufacturer_id, token.model)
        self._session = token.open(user_pin=pin)

    def _log_out(self) -> None:
        session, self._session = self._session, None
        self._keys.clear()
        session.close()

    def _find_key(self, label: str | None, key_id: bytes | None) -> tuple[Any, bool]:
        """Return a key, and whether it wants its PIN before each use."""
        if (label, key_id) not in self._keys:
            try:
                key = self._session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=label, id=key_id)
            except p11.NoSuchKey:
                raise KeyNotFound("the token holds no private key of that name") from None
            except p11.MultipleObjectsReturned:
                raise KeyNotFound("the token holds several private keys of that name; add id to the address") from None
            each_time = self._quirks.authorise == "each-signature" or wants_authorising(key)
            self._keys[label, key_id] = key, each_time
        return self._keys[label, key_id]


@contextlib.contextmanager
def token_errors() -> Iterator[None]:
    """Tell in our words what a token says.

    Raises:
        KeySourceError: As its kinds say.
    """
    try:
        yield
    except _ABSENT:
        raise TokenAbsent("the token is not plugged in") from None
    except _WRONG_PIN:
        raise PinIncorrect("the token refused the PIN") from None
    except p11.PinLocked:
        raise PinLocked("the token has locked its PIN") from None
    except p11.PKCS11Error as error:
        raise KeySourceUnavailable(f"the token reports {type(error).__name__}") from None


def find_token(library: Any, wanted: TokenAddress) -> Any:
    """Return the one token that agrees with an address.

    Raises:
        TokenAbsent, KeyNotFound: None does, or several do.
    """
    found = [
        token
        for slot in library.get_slots(token_present=True)
        if _is_slot(library, slot, wanted)
        and (token := _token_in(slot)) is not None
        and wanted.token in {None, token.label}
        and wanted.serial in {None, _text(token.serial)}
        and wanted.manufacturer in {None, token.manufacturer_id}
        and wanted.model in {None, token.model}
    ]
    if not found:
        raise TokenAbsent("no token that is plugged in has the address's name")
    if len(found) > 1:
        raise KeyNotFound("several tokens agree with the address; add serial to it")
    return found[0]


def _is_slot(library: Any, slot: Any, wanted: TokenAddress) -> bool:
    """Say whether library and slot agree; they are only asked about what the address names."""
    return (
        (wanted.slot_id is None or wanted.slot_id == slot.slot_id)
        and (wanted.slot_description is None or wanted.slot_description == _text(slot.slot_description))
        and (wanted.slot_manufacturer is None or wanted.slot_manufacturer == _text(slot.manufacturer_id))
        and (wanted.library_manufacturer is None or wanted.library_manufacturer == _text(library.manufacturer_id))
        and (wanted.library_description is None or wanted.library_description == _text(library.library_description))
        and (wanted.library_version is None or wanted.library_version == tuple(library.library_version))
    )


def _token_in(slot: Any) -> Any:
    try:
        return slot.get_token()
    except (p11.TokenNotPresent, p11.TokenNotRecognised, p11.DeviceRemoved):
        return None


def _text(value: bytes | str) -> str:
    return value.decode("utf-8", "replace").strip() if isinstance(value, bytes) else value.strip()


def load_library(module: Path) -> Any:
    """Load a PKCS#11 module into this process.

    Raises:
        KeySourceUnavailable: It cannot be loaded.
    """
    try:
        return pkcs11.lib(str(module))
    except (p11.PKCS11Error, OSError, RuntimeError) as error:
        raise KeySourceUnavailable(f"the PKCS#11 module cannot be loaded ({type(error).__name__})") from None


def serve_token(
    connection: Connection, module: Path, address: TokenAddress, quirks: QuirkTable, parent_pid: int
) -> None:
    """Answer requests until the pipe closes or the parent is gone."""
    # Ctrl-C goes to the whole group; the parent ends us when it is done.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A core file would hold the PIN.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    token = Token(lambda: load_library(module), address, quirks)
    while os.getppid() == parent_pid:
        try:
            if connection.poll(_PARENT_CHECK_SECONDS):
                connection.send(_answer(token, connection.recv()))
        except (EOFError, OSError):
            return


def _answer(token: Token, request: tuple[Any, ...]) -> tuple[str, Any]:
    try:
        return VALUE, token.sign(*request)
    except PinNeeded:
        return PIN_NEEDED, None
    except SessionStale as error:
        return STALE, str(error)
    except KeySourceError as error:
        return error.code, str(error)
    except Exception as error:  # noqa: BLE001 - whatever a module does, the answer must name a fact and no PIN
        return KeySourceUnavailable.code, f"the token's module failed ({type(error).__name__})"
