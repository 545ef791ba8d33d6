"""Child processes of the demonstration: started, noticed, and gone without a trace."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gateway.demo.processes import Port, PortTaken, ProcessDied, Processes, ProcessSilent, free_port, ports_free

WEB_SERVER = ["-m", "http.server", "--bind", "127.0.0.1"]
# Ends neither on SIGTERM nor alone: it has a child of its own, whose number it prints.
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(grandchild.pid, flush=True)
time.sleep(60)
"""
# A demonstration that is itself ended from outside.
PARENT = """
import signal, sys
from pathlib import Path
from gateway.demo.processes import Processes
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job inherits it ignored
with Processes(Path(sys.argv[1])) as processes:
    print(processes.start("sleeper", [sys.executable, "-c", "import time; time.sleep(60)"]).pid, flush=True)
    processes.wait()
"""


def runs(pid: int) -> bool:
    """Whether the process exists and is not merely waiting to be reaped."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def wait_until_gone(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while runs(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not runs(pid)


def test_a_child_is_ready_when_its_http_address_answers_and_gone_after_the_block(tmp_path: Path) -> None:
    port = free_port()
    with Processes(tmp_path) as processes:
        child = processes.start("web", [sys.executable, *WEB_SERVER, str(port)], answers_at=f"http://127.0.0.1:{port}/")
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            assert runs(child.pid)
    assert not runs(child.pid)
    assert "GET / " in (tmp_path / "web.log").read_text(encoding="utf-8")
    ports_free([Port(port, "the web server", "--port")])


def test_a_child_is_ready_when_its_tcp_port_answers(tmp_path: Path) -> None:
    port = free_port()
    with Processes(tmp_path) as processes:
        child = processes.start("web", [sys.executable, *WEB_SERVER, str(port)], answers_at=f"127.0.0.1:{port}")
        processes.check()
        assert runs(child.pid)


def test_a_child_that_dies_early_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('the database is on fire'); raise SystemExit(3)"]
    with (
        Processes(tmp_path) as processes,
        pytest.raises(ProcessDied, match=r"(?s)gateway ended with status 3.*gateway\.log.*the database is on fire"),
    ):
        processes.start("gateway", command, answers_at=f"127.0.0.1:{free_port()}")


def test_a_child_killed_later_is_noticed(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        child = processes.start("worker", [sys.executable, "-c", "import time; time.sleep(60)"])
        os.kill(child.pid, signal.SIGKILL)
        with pytest.raises(ProcessDied, match="worker was ended by SIGKILL"):
            processes.wait()


def test_a_child_that_never_answers_is_given_up_after_the_time_it_was_given(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with Processes(tmp_path) as processes:
        with pytest.raises(ProcessSilent, match=r"did not answer at 127\.0\.0\.1:\d+ within 0\.2 s"):
            processes.start("gateway", command, answers_at=f"127.0.0.1:{free_port()}", timeout_seconds=0.2)
        pid = processes.start("other", command).pid
    assert not runs(pid)


def test_a_program_that_is_not_there_is_an_error_and_stops_the_others(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), Processes(tmp_path) as processes:
        child = processes.start("worker", [sys.executable, "-c", "import time; time.sleep(60)"])
        processes.start("gateway", ["/nonexistent/gunicorn"])
    assert not runs(child.pid)


def test_a_child_that_ignores_the_request_to_end_is_killed_with_its_own_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.demo.processes._GRACE_SECONDS", 0.2)
    with Processes(tmp_path) as processes:
        child = processes.start("stubborn", [sys.executable, "-c", STUBBORN])
        while not child.log_file.read_text(encoding="utf-8").endswith("\n"):
            processes.check()
            time.sleep(0.02)
        grandchild = int(child.log_file.read_text(encoding="utf-8"))
        assert runs(grandchild)
    assert wait_until_gone(child.pid)
    assert wait_until_gone(grandchild)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_whatever_ends_the_demonstration_ends_its_children(tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-c", PARENT, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert runs(child)
        parent.send_signal(number)
        parent.wait(timeout=10)
    assert wait_until_gone(child)


def test_every_taken_port_is_named_with_its_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        taken = [Port(one.getsockname()[1], "the gateway", "--port"), Port(two.getsockname()[1], "the TSA", "--tsa")]
        with pytest.raises(PortTaken) as refusal:
            ports_free([*taken, Port(free_port(), "nobody", "--none")])
    lines = str(refusal.value).splitlines()
    assert len(lines) == 2
    assert f"Port {taken[0].number} for the gateway is taken" in lines[0]
    assert "--port" in lines[0]
    assert f"Port {taken[1].number} for the TSA is taken" in lines[1]
    assert "--tsa" in lines[1]


def test_a_port_taken_on_all_addresses_counts_as_taken() -> None:
    with socket.create_server(("0.0.0.0", 0)) as server, pytest.raises(PortTaken):  # noqa: S104  # closed at once
        ports_free([Port(server.getsockname()[1], "the gateway", "--port")])
