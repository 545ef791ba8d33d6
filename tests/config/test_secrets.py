"""Secrets are read when they are needed, wiped afterwards, and show themselves nowhere."""

import copy
import logging
import pickle
import traceback

import pytest

from config.secrets import MAXIMUM_BYTES, LocalSecrets, Secret, SecretUnavailable

VALUE = "mật-khẩu-90817263"


@pytest.fixture
def place(tmp_path):
    path = tmp_path / "pin"
    path.write_text(f"{VALUE}\n", encoding="utf-8")
    return path


def test_both_kinds_give_the_secret_without_the_end_of_line(place, monkeypatch):
    monkeypatch.setenv("THE_PIN", VALUE)

    assert LocalSecrets().read(f"file:{place}") == VALUE
    assert LocalSecrets().read("env:THE_PIN") == VALUE


def test_after_its_use_nothing_of_it_is_left_in_its_memory(place):
    with LocalSecrets().open(f"file:{place}") as secret:
        memory = memoryview(secret.content)
        assert bytes(memory).decode() == VALUE
        seen = bytearray(memory)
        memory.release()
        content = secret.content

    assert bytes(content) == b""
    assert secret.text() == ""
    assert seen.decode() == VALUE


def test_wiping_overwrites_before_it_lets_go():
    class Watched(bytearray):
        def clear(self) -> None:
            at_clear.append(bytes(self))
            super().clear()

    at_clear: list[bytes] = []
    Secret(Watched(b"1234")).wipe()

    assert at_clear[0] == bytes(4)


def test_a_use_that_fails_wipes_too(place):
    with pytest.raises(ZeroDivisionError), LocalSecrets().open(f"file:{place}") as secret:
        raise ZeroDivisionError
    assert secret.content == b""


def test_a_secret_shows_itself_nowhere_and_cannot_travel(place):
    with LocalSecrets().open(f"file:{place}") as secret:
        shown = f"{secret!r} {secret} {[secret]} {secret!s:>20}"
        assert VALUE not in shown
        for travel in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError):
                travel(secret)
        with pytest.raises(TypeError):
            hash(secret)
        assert secret == Secret(bytearray(VALUE.encode()))
        assert secret != VALUE


@pytest.mark.parametrize("mistake", [VALUE, f"pin:{VALUE}", f"{VALUE}:x", ""])
def test_a_secret_in_place_of_its_reference_is_not_repeated(mistake, caplog):
    with pytest.raises(SecretUnavailable) as caught:
        LocalSecrets().open(mistake)
    logging.getLogger("test").error("failed", exc_info=caught.value)
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + caplog.text
    assert "env:, file:" in str(caught.value)
    assert VALUE not in told


def test_what_is_not_there_is_named_by_its_place(tmp_path, monkeypatch):
    monkeypatch.delenv("NO_PIN", raising=False)
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "long").write_bytes(b"9" * (MAXIMUM_BYTES + 1))
    for reference, fact in (
        ("env:NO_PIN", "NO_PIN is not set"),
        (f"file:{tmp_path}/absent", "absent: FileNotFoundError"),
        (f"file:{tmp_path}", "IsADirectoryError"),
        (f"file:{tmp_path}/empty", "is empty"),
        (f"file:{tmp_path}/long", "too long"),
        ("file:/nul\0", "ValueError"),
        ("vault:a#b", "starts with one of env:, file:"),
    ):
        with pytest.raises(SecretUnavailable, match=fact):
            LocalSecrets().open(reference)


def test_bytes_that_are_no_text_are_a_fact_without_the_bytes(tmp_path):
    (tmp_path / "pin").write_bytes(b"secret-\xff\xfe")
    with pytest.raises(SecretUnavailable) as caught:
        LocalSecrets().read(f"file:{tmp_path}/pin")

    told = "".join(traceback.format_exception(caught.value))
    assert "secret-" not in told
    assert caught.value.__context__ is None


def test_further_kinds_can_be_handed_in():
    secrets = LocalSecrets({"vault": lambda place: bytearray(f"at {place}".encode())})
    assert secrets.read("vault:seal#pin") == "at seal#pin"
