"""Starts the demonstration's child processes, waits until they answer, and leaves none behind."""

import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

_LOOPBACK = "127.0.0.1"
_GRACE_SECONDS = 5.0
_POLL_SECONDS = 0.05
_PROBE_TIMEOUT_SECONDS = 2.0
_LOG_LINES_SHOWN = 15
_PR_SET_PDEATHSIG = 1  # prctl(2)
_INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ProcessError(Exception):
    """Base of what can go wrong with child processes."""

    code: ClassVar[str] = "process"


class PortTaken(ProcessError):
    """Another program listens where ours should; the message names every such port and the setting that moves it."""

    code: ClassVar[str] = "port-taken"


class ProcessDied(ProcessError):
    """A child ended by itself; the message ends with the last lines of its log."""

    code: ClassVar[str] = "process-died"


class ProcessSilent(ProcessError):
    """A child runs but did not answer in time; the message ends with the last lines of its log."""

    code: ClassVar[str] = "process-silent"


@dataclass(frozen=True)
class Port:
    """A TCP port on loopback that a child will need.

    Args:
        number: The port.
        purpose: Who will listen there, as in "the gateway".
        setting: What a person changes to move it, as in "--port".
    """

    number: int
    purpose: str
    setting: str


def ports_free(ports: Iterable[Port]) -> None:
    """Check that all ports can be had.

    Raises:
        PortTaken: Names every one that cannot, not only the first.
    """
    faults = [fault for port in ports if (fault := _port_fault(port)) is not None]
    if faults:
        raise PortTaken("\n".join(faults))


def _port_fault(port: Port) -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Without this a port that was closed a minute ago would pass for taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_LOOPBACK, port.number))
        except PermissionError:
            return f"Port {port.number} for {port.purpose} needs root; choose one above 1023 with {port.setting}."
        except OSError:
            return (
                f"Port {port.number} for {port.purpose} is taken by another program (ss -ltnp shows which): "
                f"stop that one, or choose another port with {port.setting}."
            )
    return None


def free_port() -> int:
    """Return a loopback port that nobody listened on a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((_LOOPBACK, 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Child:
    """A started child process; it leads a process group of its own."""

    name: str
    pid: int
    log_file: Path


class Processes:
    """A set of child processes that ends with the block it is used in.

    Each child leads a process group and writes to a log file of its own. However the block is left (normally, by an
    error, Ctrl-C, SIGTERM or a closed terminal) all children are asked to end, and killed with all they started when
    they do not within 5 seconds. Should this process itself be killed, the kernel ends its children; for that it
    watches the thread that called start(), which must therefore outlive them.

    SIGTERM and SIGHUP raise SystemExit inside the block, so that it is left like any other.
    """

    def __init__(self, log_folder: Path) -> None:
        self._log_folder = log_folder
        self._children: list[tuple[Child, subprocess.Popen[bytes]]] = []
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._log_folder.mkdir(parents=True, exist_ok=True)
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGHUP):
                self._handlers[number] = signal.signal(number, _leave)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self.stop_all()
        finally:
            for number, handler in self._handlers.items():
                signal.signal(number, handler)

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        answers_at: str | None = None,
        timeout_seconds: float = 30,
    ) -> Child:
        """Start a child; with answers_at also wait until it answers.

        Args:
            name: Unique among the children; the log file is `<log folder>/<name>.log`.
            command: Program and arguments; no shell.
            environment: All of the child's environment; this process's own if None.
            folder: The child's working folder.
            answers_at: `http://host:port/path` (any answer below 500 counts) or `host:port` (a TCP connection counts).
            timeout_seconds: How long the child may take to answer.
        Raises:
            ProcessDied: It ended before it answered.
            ProcessSilent: It did not answer in time. It is stopped with the others, not here.
        """
        log_file = self._log_folder / f"{name}.log"
        with log_file.open("wb") as log:
            process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=None if environment is None else dict(environment),
                cwd=folder,
                process_group=0,
                preexec_fn=end_with_parent(signal.SIGTERM),
            )
        child = Child(name, process.pid, log_file)
        self._children.append((child, process))
        if answers_at is not None:
            self.wait_until_answering(child, answers_at, timeout_seconds)
        return child

    def check(self) -> None:
        """Notice children that ended by themselves.

        Raises:
            ProcessDied: For the first such child.
        """
        for child, _ in self._children:
            status = _end_status(child.pid)
            if status is not None:
                raise ProcessDied(_with_log(f"{child.name} {status}", child.log_file))

    def wait(self) -> None:
        """Block until a child ends by itself or a signal ends the block.

        Raises:
            ProcessDied: A child ended by itself.
        """
        while True:
            self.check()
            time.sleep(0.5)

    def stop_all(self) -> None:
        """End all children, the last started first; returns when none of them, nor what they started, runs."""
        previous = _ignore_interrupts()
        try:
            for child, _ in reversed(self._children):
                _signal_group(child.pid, signal.SIGTERM)
            deadline = time.monotonic() + _GRACE_SECONDS
            while time.monotonic() < deadline and any(_end_status(child.pid) is None for child, _ in self._children):
                time.sleep(_POLL_SECONDS)
            for child, process in self._children:
                # The ended leader is not reaped yet, so the group's number still is the group's.
                _signal_group(child.pid, signal.SIGKILL)
                process.wait()
            self._children.clear()
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def wait_until_answering(self, child: Child, address: str, timeout_seconds: float = 30) -> None:
        """Wait until a started child answers at an address; see start() for addresses and errors."""
        deadline = time.monotonic() + timeout_seconds
        while not _answers(address):
            self.check()
            if time.monotonic() > deadline:
                message = f"{child.name} did not answer at {address} within {timeout_seconds:g} s"
                raise ProcessSilent(_with_log(message, child.log_file))
            time.sleep(_POLL_SECONDS)
        # Another program may have answered in the place of a child that found its port taken.
        self.check()


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _ignore_interrupts() -> dict[signal.Signals, Any]:
    """A second Ctrl-C must not leave half of the children running."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    return {number: signal.signal(number, signal.SIG_IGN) for number in _INTERRUPTS}


def end_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """Return what a child runs first (Popen's preexec_fn): ask the kernel for a signal when the parent dies.

    None where the kernel is not Linux; children of a parent that is killed then outlive it.
    """
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent_pid = os.getpid()

    def before_exec() -> None:
        prctl(_PR_SET_PDEATHSIG, number)
        if os.getppid() != parent_pid:
            os._exit(1)

    return before_exec


def _end_status(pid: int) -> str | None:
    """Return how a child ended, None while it runs; leaves it unreaped."""
    result = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)
    if result is None:
        return None
    if result.si_code == os.CLD_EXITED:
        return f"ended with status {result.si_status}"
    return f"was ended by {signal.Signals(result.si_status).name}"


def _signal_group(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _with_log(message: str, log_file: Path) -> str:
    lines = log_file.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES_SHOWN:]
    return "\n".join([f"{message}; the end of {log_file}:", *(f"  {line}" for line in lines or ["(nothing)"])])


def _answers(address: str) -> bool:
    try:
        if address.startswith("http://"):
            return _http_status(address) < http.HTTPStatus.INTERNAL_SERVER_ERROR
        host, _, port = address.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=_PROBE_TIMEOUT_SECONDS):
            return True
    except (OSError, http.client.HTTPException):
        return False


def _http_status(address: str) -> int:
    # Not requests: a proxy named in the environment has no business with loopback.
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or _LOOPBACK, parts.port, timeout=_PROBE_TIMEOUT_SECONDS)
    try:
        connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        return connection.getresponse().status
    finally:
        connection.close()
