"""Tokens that are wrong, gone, hung or crashed; SoftHSM2 stands for the hardware."""

import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from pkcs11 import exceptions as p11

from config.secrets import LocalSecrets
from signing.errors.keys import (
    KeyNotFound,
    KeySourceTimedOut,
    KeySourceUnavailable,
    PinIncorrect,
    PinLocked,
    TokenAbsent,
)
from signing.formats.cms import check_signature_value
from signing.key_sources.pkcs11_uri import TokenAddress
from signing.key_sources.quirks import QuirkTable
from signing.key_sources.registry import KeySources
from signing.key_sources.token_child import SessionStale, Token
from signing.model import SignatureAlgorithm
from tests.signing.softhsm import PIN, make_token

DATA = b"signed attributes"
RSA = SignatureAlgorithm.RSA_SHA256
WRONG_PIN = "90817263"


@pytest.fixture
def token(pki, tmp_path, monkeypatch):
    return make_token(tmp_path / "hsm", monkeypatch, "desk", {"official": pki.official, "seal": pki.seal})


@pytest.fixture
def pin_file(tmp_path) -> Path:
    path = tmp_path / "pin"
    path.write_text(PIN)
    return path


@pytest.fixture
def key_sources(token):
    opened = KeySources(LocalSecrets(), pkcs11_module=token.module, timeout_seconds=8)
    yield opened
    opened.close_all()


@pytest.fixture
def official(key_sources, pin_file):
    return key_sources.open_key_source(f"pkcs11:token=desk;object=official?pin-source=file:{pin_file}")


def child_of(source) -> int:
    return source._token.processes[0].child_pid


def assert_signs(source, holder) -> None:
    check_signature_value(DATA, source.sign(DATA, RSA), holder.der, RSA)


def test_all_keys_of_a_token_share_one_child_and_one_login(key_sources, official, pin_file, pki):
    seal = key_sources.open_key_source(f"pkcs11:token=desk;id=%02?pin-source=file:{pin_file}")
    assert_signs(official, pki.official)
    pin_file.unlink()

    assert_signs(seal, pki.seal)
    assert child_of(official) == child_of(seal)


def test_a_wrong_pin_is_sent_once_and_never_again_by_itself(official, pin_file, token, pki):
    pin_file.write_text(WRONG_PIN)
    with pytest.raises(PinIncorrect):
        official.sign(DATA, RSA)

    # If the PIN were sent again, the token would take it now.
    token.change_pin(PIN, WRONG_PIN)
    with pytest.raises(PinIncorrect, match="not tried again"):
        official.sign(DATA, RSA)

    token.change_pin(WRONG_PIN, PIN)
    pin_file.write_text(PIN)
    assert_signs(official, pki.official)


def test_the_pin_is_in_no_message_no_repr_and_no_command_line(official, pin_file):
    pin_file.write_text(WRONG_PIN)
    with pytest.raises(PinIncorrect) as caught:
        official.sign(DATA, RSA)

    process = Path(f"/proc/{child_of(official)}")
    seen = [str(caught.value), repr(caught.value), repr(vars(official)), repr(vars(official._token.processes[0]))]
    seen += [(process / name).read_text(errors="replace") for name in ("cmdline", "environ")]
    assert not [text for text in seen if WRONG_PIN in text]


def test_a_missing_pin_file_names_the_place(official, pin_file, pki):
    pin_file.unlink()
    with pytest.raises(KeySourceUnavailable, match="secret file"):
        official.sign(DATA, RSA)

    pin_file.write_text(PIN)
    assert_signs(official, pki.official)


def test_an_unknown_key_and_an_unknown_token_are_told_apart(key_sources, pin_file):
    with pytest.raises(KeyNotFound):
        key_sources.open_key_source(f"pkcs11:token=desk;object=nobody?pin-source=file:{pin_file}").sign(DATA, RSA)
    with pytest.raises(TokenAbsent):
        key_sources.open_key_source(f"pkcs11:token=other;object=official?pin-source=file:{pin_file}").sign(DATA, RSA)


def test_a_token_that_is_pulled_out_and_put_back_works_again(official, token, pki):
    assert_signs(official, pki.official)
    away = token.tokens.with_name("away")
    token.tokens.rename(away)
    token.tokens.mkdir()
    with pytest.raises(TokenAbsent):
        official.sign(DATA, RSA)

    token.tokens.rmdir()
    away.rename(token.tokens)
    assert_signs(official, pki.official)


def test_an_idle_child_that_died_is_replaced_unnoticed(official, pki):
    assert_signs(official, pki.official)
    child = child_of(official)
    os.kill(child, signal.SIGKILL)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)

    assert_signs(official, pki.official)


def test_a_hanging_module_costs_its_time_limit_and_its_child(key_sources, official, pki):
    assert_signs(official, pki.official)
    hung = child_of(official)
    (process,) = official._token.processes
    patient = process._use
    process._use = replace(patient, timeout_seconds=0.5)
    os.kill(hung, signal.SIGSTOP)

    started = time.monotonic()
    with pytest.raises(KeySourceTimedOut):
        official.sign(DATA, RSA)

    assert time.monotonic() - started < 2
    assert not Path(f"/proc/{hung}").exists()
    process._use = patient
    assert_signs(official, pki.official)


def test_a_module_that_crashes_in_a_call_is_reported_and_then_replaced(official, pki):
    assert_signs(official, pki.official)
    child = child_of(official)
    os.kill(child, signal.SIGSTOP)
    killer = threading.Timer(0.2, os.kill, (child, signal.SIGKILL))
    killer.start()

    with pytest.raises(KeySourceUnavailable, match="crashed"):
        official.sign(DATA, RSA)

    killer.join()
    assert_signs(official, pki.official)


@pytest.mark.parametrize("module", ["/nowhere/module.so", "/proc/self/exe"])
def test_a_module_that_cannot_be_loaded_is_a_plain_fact(module, pin_file):
    opened = KeySources(LocalSecrets(), pkcs11_module=Path(module), timeout_seconds=8)
    source = opened.open_key_source(f"pkcs11:token=desk;object=official?pin-source=file:{pin_file}")

    with pytest.raises(KeySourceUnavailable, match="module"):
        source.sign(DATA, RSA)
    opened.close_all()


def test_without_a_module_no_token_is_opened(pin_file):
    with pytest.raises(KeySourceUnavailable):
        KeySources(LocalSecrets(), pkcs11_module=None, timeout_seconds=8).open_key_source(
            f"pkcs11:token=desk;object=official?pin-source=file:{pin_file}"
        )


def test_closing_leaves_no_child(key_sources, official, pki):
    assert_signs(official, pki.official)
    child = child_of(official)

    key_sources.close_all()

    assert not Path(f"/proc/{child}").exists()


class StubToken:
    """A token that fails in one chosen way: SoftHSM2 never locks and is never pulled out."""

    label, serial, manufacturer_id, model = "desk", b"1", "m", "m"

    def __init__(self, on_open=None, on_sign=None) -> None:
        self.on_open, self.on_sign = on_open, on_sign

    def get_slots(self, token_present):
        return [self]

    def get_token(self):
        return self

    def open(self, user_pin):
        if self.on_open:
            raise self.on_open
        return self

    def get_key(self, **_):
        if self.on_sign:
            raise self.on_sign
        return self


def stubbed(stub) -> Token:
    return Token(lambda: stub, TokenAddress("desk"), QuirkTable())


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (p11.PinLocked(), PinLocked),
        (p11.PinIncorrect(), PinIncorrect),
        (p11.PinLenRange(), PinIncorrect),
        (p11.TokenNotPresent(), TokenAbsent),
        (p11.DeviceRemoved(), TokenAbsent),
        (p11.UserPinNotInitialized(), KeySourceUnavailable),
    ],
)
def test_what_a_token_says_at_login_is_told_in_our_words(failure, error):
    with pytest.raises(error):
        Token(lambda: StubToken(on_open=failure), TokenAddress("desk"), QuirkTable()).sign(
            PIN, "official", None, RSA, DATA
        )


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (p11.DeviceRemoved(), TokenAbsent),
        (p11.SessionHandleInvalid(), SessionStale),
        (p11.UserNotLoggedIn(), SessionStale),
        (p11.MultipleObjectsReturned(), KeyNotFound),
        (p11.FunctionFailed(), KeySourceUnavailable),
    ],
)
def test_what_a_token_says_at_a_signature_is_told_in_our_words(failure, error):
    with pytest.raises(error):
        Token(lambda: StubToken(on_sign=failure), TokenAddress("desk"), QuirkTable()).sign(
            PIN, "official", None, RSA, DATA
        )
