"""After a whole journey with marked PINs, right and wrong, none of them is anywhere but where an operator put it."""

import gc
import io
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from certs.errors import KeySourceHeld
from config.secrets import LocalSecrets
from gateway.certificate_care import check_keys
from gateway.devpki.model import OFFICIAL, SEAL, TOKEN_LABELS
from gateway.jobs.handlers import HANDLERS
from gateway.jobs.runner import Runner
from signing.errors.keys import KeySourceError, KeySourceUnavailable, PinIncorrect
from signing.key_sources.pins import RefusedPins
from signing.key_sources.registry import KeySources
from signing.key_sources.token_process import TokenProcess, TokenUse
from signing.key_sources.uri import Pkcs11Address, parse_key_source_uri
from signing.model import SignatureAlgorithm
from tests.journeys.city import City, Tokens

RIGHT, WRONG = "MARK-right-5b1d7c0e9f", "MARK-wrong-83e6a24d1c"
MARKS = (RIGHT, WRONG)
PACKAGES = ("certs", "config", "gateway", "payments", "signing")
_CHANGE_PIN = """
import sys, pkcs11
module, label, old, new = sys.argv[1:]
with pkcs11.lib(module).get_token(token_label=label).open(rw=True, user_pin=old) as session:
    session.set_pin(old, new)
"""


@pytest.fixture
def marked(token_city: City, tokens: Tokens) -> City:
    """A city whose official's token has the marked PIN."""
    arguments = (str(tokens.module), TOKEN_LABELS[OFFICIAL], tokens.pins[OFFICIAL], RIGHT)
    subprocess.run([sys.executable, "-c", _CHANGE_PIN, *arguments], check=True)
    tokens.set_pin(OFFICIAL, RIGHT)
    return token_city


def _frames(error: BaseException) -> Iterator[FrameType]:
    """Walk every frame that an error and the errors behind it keep alive."""
    behind: BaseException | None = error
    while behind is not None:
        yield from (frame for frame, _ in traceback.walk_tb(behind.__traceback__))
        behind = behind.__cause__ or behind.__context__


def _told(error: BaseException) -> str:
    """Return all that an error could tell a log or an error collector, its frames' variables included."""
    own = [frame for frame in _frames(error) if frame.f_globals.get("__name__", "").startswith((*PACKAGES, "multi"))]
    variables = [repr(value) for frame in own for value in frame.f_locals.values()]
    return "\n".join([*traceback.format_exception(error), repr(error), repr(vars(error)), *variables])


def _found(text: str | bytes) -> list[str]:
    content = text.encode() if isinstance(text, str) else text
    return [mark for mark in MARKS if mark.encode() in content]


def _files(folder: Path, besides: tuple[Path, ...]) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and path not in besides:
            yield path


def _objects() -> Iterator[str]:
    """Return the repr of every living object of a class of ours."""
    for found in gc.get_objects():
        if str(type(found).__module__).split(".")[0] in PACKAGES:
            yield repr(found)


def test_no_pin_is_left_anywhere_after_a_whole_journey(
    marked: City, tokens: Tokens, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = marked.ask()
    marked.work()
    assert marked.request(request)["state"] == "completed"

    # A wrong PIN, told by the token, by the gateway's own memory of it, and by the self-check.
    tokens.set_pin(OFFICIAL, WRONG)
    marked.services.key_sources.close_all()
    second = marked.ask((OFFICIAL,))
    marked.work()
    assert marked.request(second)["problem_code"] == "pin-incorrect"
    told = [_told(error) for error in _refusals(marked, tokens)]
    tokens.set_pin(OFFICIAL, RIGHT)
    marked.release(OFFICIAL)
    marked.work()
    assert marked.request(second)["state"] == "completed"
    assert [
        check.code for check in check_keys(marked.services, datetime.now(UTC), marked.certificate(OFFICIAL).id)
    ] == [""]

    # A fault that nobody foresaw, logged with its traceback.
    third = marked.ask((OFFICIAL,))
    monkeypatch.setattr("gateway.signing_engine.sign_pdf", _fails_with_what_it_has)
    Runner(marked.services, HANDLERS).drain()
    assert marked.request(third)["problem_code"] == "unexpected"

    assert "RuntimeError" in log.getvalue() and _found(log.getvalue()) == []
    assert [_found(text) for text in told] == [[]] * len(told)
    assert {mark for text in _objects() for mark in _found(text)} == set()
    with marked.services.engine.connect() as connection:
        dump = "\n".join(connection.connection.driver_connection.iterdump())  # type: ignore[union-attr]
    assert "signing_certificates" in dump and _found(dump) == []
    pin_files = tuple(tokens.pin_file(holder) for holder in (OFFICIAL, SEAL))
    assert [path for path in _files(marked.plan.folder, pin_files) if _found(path.read_bytes())] == []
    answers = [marked.get(f"/v1/{path}").get_data() for path in ("certificates", "events", "signing-requests")]
    assert [_found(answer) for answer in answers] == [[], [], []]
    assert _found(marked.http.get("/metrics").get_data()) == []


def _fails_with_what_it_has(*arguments: Any, key: Any, **more: Any) -> None:
    key.sign(b"data", SignatureAlgorithm.RSA_SHA256)
    raise RuntimeError(f"a fault of ours beside {key!r} and {more!r}")


def _refusals(city: City, tokens: Tokens) -> list[Exception]:
    """Return the errors of a PIN that is held, is wrong, was wrong before, and of a child that dies holding one."""
    uri = city.certificate(OFFICIAL).key_source_uri
    alone = KeySources(LocalSecrets(), pkcs11_module=tokens.module, timeout_seconds=10)
    guarded = city.services.key_sources
    errors: list[Exception] = []
    for keys, expected in ((guarded, KeySourceHeld), (alone, PinIncorrect), (alone, PinIncorrect)):
        with pytest.raises(expected) as caught:
            keys.open_key_source(uri).sign(b"data", SignatureAlgorithm.RSA_SHA256)
        errors.append(caught.value)
    alone.close_all()
    errors.append(_dies_holding_a_pin(tokens))
    return errors


def _dies_holding_a_pin(tokens: Tokens) -> KeySourceError:
    class Dying(TokenProcess):
        """Its child is gone at the very moment at which it is sent a PIN."""

        def _sent(self, request: tuple[Any, ...]) -> Any:
            pipe = super()._sent(request)
            if request[0] is not None and self.child_pid is not None:
                os.kill(self.child_pid, 9)
            return pipe

    address = parse_key_source_uri(tokens.uri(OFFICIAL))
    assert isinstance(address, Pkcs11Address)
    dying = Dying(TokenUse(tokens.module, address.token, LocalSecrets(), 10), RefusedPins())
    with pytest.raises(KeySourceUnavailable) as caught:
        for _ in range(3):
            dying.sign(address, b"data", SignatureAlgorithm.RSA_SHA256)
    dying.close()
    return caught.value


def test_processes_that_hold_pins_leave_no_core_file_and_show_nothing_in_their_arguments(
    marked: City, tokens: Tokens
) -> None:
    marked.ask((OFFICIAL,))
    marked.work()

    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    shown = []
    for pid in children:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        if b"spawn_main" not in command:
            continue
        shown.append(pid)
        limits = Path(f"/proc/{pid}/limits").read_text()
        (core,) = [line.split()[4:6] for line in limits.splitlines() if line.startswith("Max core file size")]
        assert core == ["0", "0"]
        assert _found(command + Path(f"/proc/{pid}/environ").read_bytes()) == []
    assert shown
    own = Path("/proc/self/limits").read_text()
    assert "Max core file size        0                    0" in own
