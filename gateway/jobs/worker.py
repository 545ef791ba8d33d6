"""The worker process: huey's consumer runs wake-ups, and a sweep finds work whose wake-up was lost."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from sqlalchemy.exc import SQLAlchemyError

from gateway.jobs.handlers import HANDLERS, SWEEPS
from gateway.jobs.queue import declare_wake, open_queue
from gateway.jobs.runner import Runner
from gateway.metrics import forget_dead_processes
from gateway.services import Services

log = structlog.get_logger()
SHORTEST_PAUSE = timedelta(milliseconds=200)


class Sweep(threading.Thread):
    """Looks for due work by itself: after a lost wake-up, a dead worker, or when a postponed task falls due."""

    def __init__(self, services: Services, runner: Runner) -> None:
        super().__init__(name="sweep", daemon=True)
        self._services = services
        self._runner = runner
        self._every = timedelta(seconds=services.settings.worker.sweep_seconds)
        self._stopping = threading.Event()

    def run(self) -> None:
        while not self._stopping.is_set():
            self._round()
            self._stopping.wait(self._pause().total_seconds())

    def _round(self) -> None:
        for sweep in SWEEPS:
            self._guarded(partial(sweep, self._services, datetime.now(UTC)))
        self._guarded(self._runner.drain)

    def _guarded(self, part: Callable[[], object]) -> None:
        """Run one part of a round; its fault must stop neither the other parts nor the rounds to come."""
        try:
            part()
        except SQLAlchemyError as error:
            log.warning("the database does not answer; the sweep goes on", error=type(error).__name__)
        except Exception:
            log.exception("a part of the sweep failed")

    def _pause(self) -> timedelta:
        try:
            with self._services.unit_of_work(read_only=True) as work:
                next_due_at = work.outbox.next_due_at()
        except SQLAlchemyError:
            return timedelta(seconds=1)
        if next_due_at is None:
            return self._every
        return min(self._every, max(SHORTEST_PAUSE, next_due_at - datetime.now(UTC)))

    def stop(self) -> None:
        """End after the round that is running."""
        self._stopping.set()


def run_worker(services: Services) -> None:
    """Work until a signal ends the process."""
    forget_dead_processes()
    services.confined.warm_up()
    runner = Runner(services, HANDLERS)
    queue = open_queue(services.settings)
    declare_wake(queue, lambda: _drain(runner))
    sweep = Sweep(services, runner)
    sweep.start()
    consumer = queue.create_consumer(
        workers=services.settings.worker.threads, worker_type="thread", periodic=False, max_delay=1.0
    )
    try:
        consumer.run()
    finally:
        sweep.stop()
        services.close()


def _drain(runner: Runner) -> None:
    runner.drain()
