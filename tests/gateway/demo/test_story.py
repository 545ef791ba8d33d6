"""The whole chain over real HTTP: gunicorn, worker, sandbox, time-stamping authority, all as `make run` starts them."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.demo.processes import free_port

ROOT = Path(__file__).parents[3]
# Seven processes start for each run: on two busy cores that takes a while.
pytestmark = pytest.mark.timeout(400)


def _play(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    ports = [
        argument for name in ("", "sandbox-", "listener-", "pki-") for argument in (f"--{name}port", str(free_port()))
    ]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    return subprocess.run(
        [sys.executable, "-m", "gateway", "demo", "--once", "--folder", str(folder), *ports, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The folder of one run, and what the run said."""
    folder = tmp_path_factory.mktemp("played")
    return folder, _play(folder)


def _assert_held(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert "Everything held" in done.stdout
    assert "DID NOT HOLD" not in done.stdout


@pytest.mark.xdist_group("one story")
def test_a_dossiers_whole_life_holds_and_holds_again_on_the_same_database(
    played: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, first = played
    _assert_held(first)

    _assert_held(_play(folder))

    for log in (folder / "logs").glob("*.log"):
        assert "Traceback" not in log.read_text(encoding="utf-8"), log


@pytest.mark.xdist_group("one story")
def test_no_secret_of_the_demonstration_stands_in_logs_or_database(
    played: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, done = played
    _assert_held(done)

    secrets = [path.read_bytes().strip() for path in (folder / "secrets").iterdir()]
    secrets += [path.read_bytes().strip() for path in (folder / "pki").rglob("*.pin")]
    assert len(secrets) >= 5
    kept = [*(folder / "logs").iterdir(), *folder.glob("gateway.db*"), *folder.glob("queue.db*")]
    for path in kept:
        content = path.read_bytes()
        assert not any(secret in content for secret in secrets), path


def test_a_story_that_does_not_hold_ends_with_another_status(tmp_path: Path) -> None:
    """A file that cannot be signed stands for whatever may break: the story must notice and must not claim success."""
    done = _play(tmp_path, "--document", str(ROOT / "tests" / "documents" / "quyet-dinh.encrypted-user.pdf"))

    assert done.returncode == 1
    assert "DID NOT HOLD" in done.stdout
    assert "Everything held" not in done.stdout


@pytest.mark.parametrize("option", ["--port", "--pki-port"])
def test_a_taken_port_is_named_with_the_option_that_moves_it(tmp_path: Path, option: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        done = _play(tmp_path, option, str(number))

    assert done.returncode == 2
    assert f"Port {number}" in done.stdout
    assert option in done.stdout
