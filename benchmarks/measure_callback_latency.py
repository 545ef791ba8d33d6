"""Callbacks as they come in a busy hour: 200 a second, whether or not earlier ones were answered, over gunicorn."""

import atexit
import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from queue import Empty, SimpleQueue

from benchmarks.callbacks import waiting_gateway
from benchmarks.frame import Comparison, benchmark
from gateway.demo.processes import end_with_parent, free_port
from payments.model import CallbackCall

PER_SECOND = 200
CALLS = 600
SENDERS = 48
START_SECONDS = 30
ROOT = Path(__file__).parents[1]


@benchmark("callbacks-200-per-second", unit="callbacks")
def two_hundred_per_second(folder: Path) -> Comparison:
    """How long the calls take in all, against the time in which they are sent; the note tells how long each waited."""
    opened = ExitStack()
    atexit.register(opened.close)
    gateway = opened.enter_context(waiting_gateway(folder))
    port = free_port()
    opened.callback(_stop, _start(folder, port))
    _send(port, gateway.calls(SENDERS), 0)
    waiting: list[CallbackCall] = []
    rounds: list[list[float]] = []

    def refill() -> None:
        waiting[:] = gateway.calls(CALLS)

    def ours() -> int:
        waited, booked = _send(port, waiting, PER_SECOND)
        rounds.append(waited)
        return booked

    def schedule() -> int:
        time.sleep(CALLS / PER_SECOND)
        return CALLS

    def note() -> str:
        best = min(rounds, key=lambda waited: _share(waited, 0.99))
        return " ".join(f"p{share:.0%}".rstrip("%") + f" {_share(best, share):.0f} ms" for share in (0.5, 0.95, 0.99))

    return Comparison(CALLS, ours, f"the schedule of {PER_SECOND}/s", schedule, before_round=refill, note=note)


def _share(waited: list[float], share: float) -> float:
    return sorted(waited)[min(int(len(waited) * share), len(waited) - 1)] * 1000


def _start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "GATEWAY_PROFILE_FILE": str(folder / "gateway.toml")}
    command = [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn.py", "--bind", f"127.0.0.1:{port}"]
    with (folder / "gunicorn.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "wsgi:app"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
            # A benchmark's process is ended as soon as it has told its figures.
            preexec_fn=end_with_parent(signal.SIGTERM),
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == http.client.OK:
                return process
        except OSError:
            time.sleep(0.2)
        finally:
            connection.close()
    _stop(process)
    raise TimeoutError((folder / "gunicorn.log").read_text(encoding="utf-8", errors="replace")[-2000:])


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(timeout=30)


def _send(port: int, calls: list[CallbackCall], per_second: int) -> tuple[list[float], int]:
    """Send each call when it is due; return the seconds that each waited since then, and how many were booked."""
    due: SimpleQueue[tuple[float, CallbackCall]] = SimpleQueue()
    started = time.perf_counter() + 0.05
    for number, call in enumerate(calls):
        due.put((started + (number / per_second if per_second else 0), call))
    waited: list[float] = []
    booked: list[bool] = []

    def work() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            try:
                at, call = due.get_nowait()
            except Empty:
                connection.close()
                return
            time.sleep(max(0.0, at - time.perf_counter()))
            connection.request("GET", f"/callbacks/vnpay?{call.query.decode()}")
            body = connection.getresponse().read()
            waited.append(time.perf_counter() - at)
            booked.append(b'"00"' in body)

    _together(work)
    return waited, sum(booked)


def _together(work: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
