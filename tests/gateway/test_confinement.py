"""A hostile file costs one child and a clear answer, and the next file is read as if nothing had been."""

import os
import time
from collections.abc import Iterator

import pytest

from config.confinement import ConfinedCrashed, ConfinedTooBig, ConfinedTooSlow
from config.settings import LimitSettings
from gateway.confinement import ChildProcesses
from signing.errors.documents import DocumentEncrypted


def takes_forever() -> None:
    time.sleep(60)


def takes_all_memory() -> int:
    return len(bytearray(2 * 1024**3))


def ends_abruptly() -> None:
    os._exit(11)


def answers(number: int) -> int:
    return number + 1


def refuses() -> None:
    raise DocumentEncrypted("it opens only with a password")


def sees_secret() -> list[str]:
    return [name for name in os.environ if name.startswith("GATEWAY_")]


@pytest.fixture(scope="module")
def children() -> Iterator[ChildProcesses]:
    os.environ["GATEWAY_CONFINEMENT_TEST"] = "secret"
    made = ChildProcesses(
        LimitSettings(parser_timeout_seconds=1.5, parser_memory_bytes=512 * 1024**2, parser_processes=1)
    )
    yield made
    made.close()
    del os.environ["GATEWAY_CONFINEMENT_TEST"]


def test_a_result_and_an_error_of_ours_come_back_as_they_are(children: ChildProcesses) -> None:
    assert children.run(answers, 1) == 2
    with pytest.raises(DocumentEncrypted, match="only with a password"):
        children.run(refuses)


@pytest.mark.parametrize(
    ("hostile", "expected"),
    [(takes_forever, ConfinedTooSlow), (takes_all_memory, ConfinedTooBig), (ends_abruptly, ConfinedCrashed)],
)
def test_what_breaks_a_limit_is_ended_and_the_next_file_is_read(
    children: ChildProcesses, hostile: object, expected: type[Exception]
) -> None:
    with pytest.raises(expected):
        children.run(hostile)  # type: ignore[arg-type]

    assert children.run(answers, 41) == 42


def test_the_child_has_no_settings_in_its_environment(children: ChildProcesses) -> None:
    assert children.run(sees_secret) == []
