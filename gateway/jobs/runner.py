"""Takes due tasks one by one and gives each to its handler; safe to run many times at once."""

import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from gateway.db.outbox import Task
from gateway.jobs.outcome import Done, GaveUp, Later, Outcome
from gateway.services import Services

log = structlog.get_logger()
Handler = Callable[[Services, Task, datetime], Outcome]


def backoff(attempts: int, *, first_seconds: float = 2, most_seconds: float = 900) -> timedelta:
    """Return how long to wait after this many attempts: doubling, bounded, with jitter so that retries spread."""
    seconds = min(most_seconds, first_seconds * 2 ** min(attempts - 1, 16))
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311 - spreading load, not a secret


class Runner:
    """Works off the outbox."""

    def __init__(self, services: Services, handlers: Mapping[str, Handler]) -> None:
        self._services = services
        self._handlers = handlers
        self._lease = timedelta(seconds=services.settings.worker.lease_seconds)

    def drain(self) -> int:
        """Work until nothing is due; returns how many tasks were worked on.

        A database that does not answer ends the round; the sweep starts the next one.
        """
        count = 0
        try:
            while (task := self._next()) is not None:
                self._work(task)
                count += 1
        except SQLAlchemyError as error:
            log.warning("the database does not answer; the sweep will try again", error=type(error).__name__)
        return count

    def _next(self) -> Task | None:
        with self._services.unit_of_work() as work:
            task = work.outbox.lease(datetime.now(UTC), self._lease)
            work.commit()
            return task

    def _work(self, task: Task) -> None:
        with structlog.contextvars.bound_contextvars(task_kind=task.kind, subject_id=task.subject_id):
            outcome = self._outcome(task)
            self._settle(task, outcome)

    def _outcome(self, task: Task) -> Outcome:
        handler = self._handlers.get(task.kind)
        if handler is None:
            return GaveUp("no-handler")
        try:
            return handler(self._services, task, datetime.now(UTC))
        except SQLAlchemyError:
            raise
        except Exception as error:
            # Never given up: it may be a full disk as well as a bug, and what is due here are signatures and receipts.
            log.exception("a task failed in a way nobody foresaw")
            return Later(type(error).__name__, datetime.now(UTC) + backoff(task.attempts))

    def _settle(self, task: Task, outcome: Outcome) -> None:
        now = datetime.now(UTC)
        with self._services.unit_of_work() as work:
            if isinstance(outcome, Done):
                work.outbox.finish(task, now)
            elif isinstance(outcome, Later):
                work.outbox.postpone(task, outcome.problem, outcome.at)
            else:
                log.error("a task was given up", problem=outcome.problem)
                work.outbox.bury(task, outcome.problem, now)
            work.commit()
