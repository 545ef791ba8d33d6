"""The queue that wakes workers; it holds no truth, so losing it costs a sweep's delay and nothing else."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey

from config.settings import Settings

log = structlog.get_logger()
QUEUE_NAME = "gateway-wake"
# One wake-up makes a worker take all that is due, so more of them in this time would only cost.
REST_SECONDS = 0.05


def open_queue(settings: Settings) -> Huey:
    """Open the queue that the settings name: `sqlite:///file`, `postgresql://…` or `redis://…`."""
    scheme = urlsplit(settings.queue_url).scheme
    if scheme == "sqlite":
        path = Path(settings.queue_url.removeprefix("sqlite:///"))
        path.parent.mkdir(parents=True, exist_ok=True)
        return SqliteHuey(QUEUE_NAME, filename=str(path), results=False)
    if scheme.startswith("postgresql"):
        return PostgresHuey(QUEUE_NAME, dsn=settings.queue_url.replace("+psycopg", ""), results=False)
    return RedisHuey(QUEUE_NAME, url=settings.queue_url, results=False)


def declare_wake(queue: Huey, work: Callable[[], None]) -> Callable[[], object]:
    """Declare the one task there is: look for what is due. Callers enqueue it, the worker runs it."""

    # huey names a task by its function's module, which must be the same wherever it is declared.
    def wake() -> None:
        work()

    declared: Callable[[], object] = queue.task()(wake)
    return declared


class Waker:
    """Wakes a worker after a commit; opened at first use, so that a queue that is down stops nothing."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock, self._opening = threading.Lock(), threading.Lock()
        self._wake: Callable[[], object] | None = None
        self._rests_until = 0.0
        self._later: threading.Timer | None = None

    def __call__(self) -> None:
        """Enqueue a wake-up: at once, or together with all that follow within REST_SECONDS of the last."""
        with self._lock:
            rest = self._rests_until - time.monotonic()
            if rest <= 0:
                self._rests_until = time.monotonic() + REST_SECONDS
            elif self._later is None:
                self._later = threading.Timer(rest, self._send_later)
                self._later.daemon = True
                self._later.start()
        if rest <= 0:
            self._send()

    def _send_later(self) -> None:
        with self._lock:
            self._later = None
            self._rests_until = time.monotonic() + REST_SECONDS
        self._send()

    def _send(self) -> None:
        """Enqueue; when the queue does not answer, the sweep finds the work instead."""
        try:
            self._opened()()
        except Exception as error:  # noqa: BLE001 - each queue has its own errors, and none may undo a commit
            log.warning("no wake-up sent; the sweep will find the work", error=type(error).__name__)

    def _opened(self) -> Callable[[], object]:
        with self._opening:
            if self._wake is None:
                self._wake = declare_wake(open_queue(self._settings), _nothing)
            return self._wake


def _nothing() -> None:
    """Stand for the task where it is only enqueued; the worker process declares what it does."""
