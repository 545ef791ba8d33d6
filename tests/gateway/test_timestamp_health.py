"""What is written down of the time-stamping authorities' health, and how seldom."""

from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from gateway.db.tables.authorities import AuthorityHealthRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.services import Services
from gateway.timestamp_health import AuthorityHealth
from signing.timestamps.fallback import TimestampAttempt

GOOD = TimestampAttempt("TSA 1", "stamped", 0.25)
SILENT = TimestampAttempt("TSA 1", "timestamp-unavailable", 180.0)


class Watched:
    """Opens transactions and counts them; the clock goes where it is put."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.opened = 0
        self.seconds = 100.0
        self.health = AuthorityHealth(self.open, clock=lambda: self.seconds)

    def open(self) -> UnitOfWork:
        self.opened += 1
        return self.services.unit_of_work()

    def row(self) -> AuthorityHealthRow:
        with self.services.unit_of_work(read_only=True) as work:
            return work.session.scalars(select(AuthorityHealthRow)).one()


def test_a_failure_is_dated_from_the_first_one_and_ends_with_a_stamp(services: Services) -> None:
    watched = Watched(services)
    watched.health.note(GOOD)
    first = watched.row()
    assert (first.failing_since, first.problem_code, first.seconds) == (None, None, 0.25)

    watched.health.note(SILENT)
    since = watched.row().failing_since
    assert since is not None
    watched.seconds += 60
    watched.health.note(SILENT)
    failing = watched.row()
    assert (failing.failing_since, failing.problem_code, failing.stamped_at) == (
        since,
        "timestamp-unavailable",
        first.stamped_at,
    )
    assert failing.asked_at > since

    watched.health.note(GOOD)
    assert (watched.row().failing_since, watched.row().problem_code) == (None, None)


def test_what_goes_on_as_it_was_is_written_twice_a_minute_and_a_full_queue_never(services: Services) -> None:
    watched = Watched(services)
    for _ in range(500):
        watched.health.note(GOOD)
        watched.health.note(TimestampAttempt("TSA 1", "busy", 0.0))
    assert watched.opened == 1

    watched.seconds += 31
    watched.health.note(GOOD)
    assert watched.opened == 2


def test_a_database_that_does_not_answer_costs_no_time_stamp(services: Services) -> None:
    def broken() -> UnitOfWork:
        raise OperationalError("select", None, Exception("gone"))

    AuthorityHealth(broken).note(GOOD)
