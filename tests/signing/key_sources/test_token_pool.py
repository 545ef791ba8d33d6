"""Several sessions for one token, and tokens that do not hold each other up."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from config.secrets import LocalSecrets
from signing.errors.keys import KeyNotFound, KeySourceTimedOut
from signing.formats.cms import check_signature_value
from signing.key_sources import pkcs11
from signing.key_sources.quirks import ModuleQuirks, QuirkTable
from signing.key_sources.registry import KeySources
from signing.model import SignatureAlgorithm
from tests.signing.softhsm import PIN, add_token, make_token

DATA = b"signed attributes"
RSA = SignatureAlgorithm.RSA_SHA256


@pytest.fixture
def opened(pki, tmp_path, monkeypatch):
    """Gives the key sources over two tokens, with so many sessions for each."""
    (tmp_path / "pin").write_text(PIN)
    made = make_token(tmp_path / "hsm", monkeypatch, "desk", {"official": pki.official})
    add_token(tmp_path / "hsm", "other", {"seal": pki.seal})
    kept = []

    def make(processes: int) -> KeySources:
        table = QuirkTable(modules=(ModuleQuirks("libsofthsm2.so", processes),))
        kept.append(KeySources(LocalSecrets(), pkcs11_module=made.module, timeout_seconds=8, quirks=table))
        return kept[-1]

    yield make
    for sources in kept:
        sources.close_all()


@pytest.fixture
def uri(tmp_path):
    return lambda token, label: f"pkcs11:token={token};object={label}?pin-source=file:{tmp_path}/pin"


def children_of(source) -> list[int]:
    return [process.child_pid for process in source._token.processes if process.child_pid is not None]


def test_a_second_session_is_opened_only_when_the_first_one_is_busy(opened, uri, pki):
    key = opened(2).open_key_source(uri("desk", "official"))
    for _ in range(3):
        key.sign(DATA, RSA)
    assert len(children_of(key)) == 1

    os.kill(children_of(key)[0], signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(key.sign, DATA, RSA)
        time.sleep(0.1)
        check_signature_value(DATA, key.sign(DATA, RSA), pki.official.der, RSA)
        first, second = children_of(key)
        os.kill(first, signal.SIGCONT)
        check_signature_value(DATA, waiting.result(), pki.official.der, RSA)

    assert first != second


def test_a_token_that_hangs_holds_no_other_token_and_soon_costs_nobody_time(opened, uri, pki, monkeypatch):
    monkeypatch.setattr(pkcs11, "MOST_WAIT_SECONDS", 0.05)
    sources = opened(1)
    slow, quick = sources.open_key_source(uri("desk", "official")), sources.open_key_source(uri("other", "seal"))
    for key, holder in ((slow, pki.official), (quick, pki.seal)):
        check_signature_value(DATA, key.sign(DATA, RSA), holder.der, RSA)
    (process,) = slow._token.processes
    patient = process._use
    process._use = replace(patient, timeout_seconds=0.5)
    os.kill(children_of(slow)[0], signal.SIGSTOP)

    said: list[str] = []

    def sign_slowly() -> None:
        with pytest.raises(KeySourceTimedOut) as caught:
            slow.sign(DATA, RSA)
        said.append(str(caught.value))

    hung = [threading.Thread(target=sign_slowly) for _ in range(4)]
    for thread in hung:
        thread.start()
    for _ in range(5):
        check_signature_value(DATA, quick.sign(DATA, RSA), pki.seal.der, RSA)
    for thread in hung:
        thread.join()

    assert sorted(said) == ["other signatures keep the token busy"] * 3 + ["the token gave no answer within 0.5 s"]
    # Its child was ended. One that hangs again is left alone: whoever comes next hears so at once.
    process._use = replace(patient, timeout_seconds=0.0)
    sign_slowly()
    sign_slowly()
    assert said[-2:] == [
        "the token gave no answer within 0 s",
        "the token hung several times and is left alone for a while",
    ]


def test_a_token_that_hung_comes_back_by_one_careful_try(opened, uri, pki, monkeypatch):
    monkeypatch.setattr(pkcs11, "REST", replace(pkcs11.REST, after_failures=1, first_seconds=0.01))
    sources = opened(1)
    key = sources.open_key_source(uri("desk", "official"))
    (process,) = key._token.processes
    patient = process._use
    process._use = replace(patient, timeout_seconds=0.0)
    with pytest.raises(KeySourceTimedOut):
        key.sign(DATA, RSA)

    process._use = patient
    time.sleep(0.02)
    with pytest.raises(KeyNotFound):
        sources.open_key_source(uri("desk", "nobody")).sign(DATA, RSA)
    # An answer is an answer, good or not.
    assert not key._token._health.failures
    check_signature_value(DATA, key.sign(DATA, RSA), pki.official.der, RSA)
