"""Keeps in the database how each time-stamping authority is doing, so that people see what the workers see."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from gateway.db.tables.authorities import AuthorityHealthRow
from gateway.db.unit_of_work import UnitOfWork
from signing.timestamps.fallback import TimestampAttempt

log = structlog.get_logger()
# What goes on as it was is written no more often than this, whatever the number of signatures.
SECONDS_BETWEEN = 30.0
STAMPED, NOT_ASKED = "stamped", "busy"


class AuthorityHealth:
    """Writes down what came of calls to authorities; one for a process, used from all its threads."""

    def __init__(self, open_work: Callable[[], UnitOfWork], *, clock: Callable[[], float] = time.monotonic) -> None:
        """Remember how a transaction is opened.

        Args:
            clock: Seconds that only go up.
        """
        self._open_work = open_work
        self._clock = clock
        self._lock = threading.Lock()
        self._written: dict[str, tuple[str, float]] = {}

    def note(self, attempt: TimestampAttempt) -> None:
        """Write an attempt down, unless the same was written a moment ago; never raises for the database's sake."""
        if attempt.outcome == NOT_ASKED or not self._is_news(attempt):
            return
        try:
            with self._open_work() as work:
                _keep(work, attempt, datetime.now(UTC))
                work.commit()
        except SQLAlchemyError as error:
            # The time-stamp counts for more than this note about it.
            log.warning("an authority's health was not written", error=type(error).__name__)

    def _is_news(self, attempt: TimestampAttempt) -> bool:
        now = self._clock()
        with self._lock:
            outcome, at = self._written.get(attempt.authority_name, ("", 0.0))
            if attempt.outcome == outcome and now - at < SECONDS_BETWEEN:
                return False
            self._written[attempt.authority_name] = (attempt.outcome, now)
            return True


def _keep(work: UnitOfWork, attempt: TimestampAttempt, now: datetime) -> None:
    row = work.session.get(AuthorityHealthRow, attempt.authority_name, with_for_update=True)
    if row is None:
        row = AuthorityHealthRow(name=attempt.authority_name, asked_at=now, seconds=attempt.seconds)
        work.session.add(row)
    row.asked_at, row.seconds = now, attempt.seconds
    if attempt.outcome == STAMPED:
        row.stamped_at, row.failing_since, row.problem_code = now, None, None
    else:
        row.failing_since, row.problem_code = row.failing_since or now, attempt.outcome
