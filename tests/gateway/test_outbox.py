"""What is due is done once, whoever dies while doing it."""

import threading
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from gateway.db.outbox import Outbox, Task
from gateway.db.tables.work import OutboxRow

LEASE = timedelta(seconds=60)


def _put(engine: Engine, now: datetime, subject: str = "S", due_at: datetime | None = None) -> None:
    with Session(engine) as session:
        Outbox(session).put("signing", subject, "U", due_at or now, now)
        session.commit()


def _lease(engine: Engine, now: datetime) -> Task | None:
    with Session(engine) as session:
        task = Outbox(session).lease(now, LEASE)
        session.commit()
        return task


def _states(engine: Engine) -> list[tuple[str, str]]:
    with Session(engine) as session:
        return [(row.subject_id, row.state) for row in session.query(OutboxRow).order_by(OutboxRow.subject_id)]


def test_a_task_is_leased_to_one_worker_and_is_done_once(engine: Engine, now: datetime) -> None:
    _put(engine, now)
    task = _lease(engine, now)

    assert task is not None
    assert _lease(engine, now) is None
    with Session(engine) as session:
        Outbox(session).finish(task, now)
        session.commit()
    assert _states(engine) == [("S", "done")]
    assert _lease(engine, now + timedelta(days=1)) is None


def test_a_dead_workers_task_goes_to_another_and_the_dead_one_can_no_longer_settle_it(
    engine: Engine, now: datetime
) -> None:
    _put(engine, now)
    dead = _lease(engine, now)
    later = now + LEASE + timedelta(seconds=1)

    alive = _lease(engine, later)

    assert dead is not None
    assert alive is not None
    assert alive.attempts == 2
    with Session(engine) as session:
        Outbox(session).bury(dead, "late", later)
        session.commit()
    assert _states(engine) == [("S", "due")]


def test_a_task_made_due_again_while_it_is_worked_on_is_not_lost(engine: Engine, now: datetime) -> None:
    _put(engine, now)
    task = _lease(engine, now)
    assert task is not None
    _put(engine, now)

    with Session(engine) as session:
        Outbox(session).finish(task, now)
        session.commit()

    assert _states(engine) == [("S", "due")]
    assert _lease(engine, now) is not None


def test_what_is_not_due_yet_waits_and_the_oldest_goes_first(engine: Engine, now: datetime) -> None:
    _put(engine, now, "later", now + timedelta(seconds=30))
    _put(engine, now, "second", now - timedelta(seconds=1))
    _put(engine, now, "first", now - timedelta(seconds=2))

    taken = [_lease(engine, now), _lease(engine, now), _lease(engine, now)]

    assert [task.subject_id if task else None for task in taken] == ["first", "second", None]


def test_many_workers_at_once_take_each_task_once(engine: Engine, now: datetime) -> None:
    subjects = [f"S{number:02d}" for number in range(20)]
    for subject in subjects:
        _put(engine, now, subject)
    taken: list[str] = []

    def work() -> None:
        while (task := _lease(engine, now)) is not None:
            taken.append(task.subject_id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken) == subjects


def test_the_next_due_moment_counts_a_lease_as_busy(engine: Engine, now: datetime) -> None:
    _put(engine, now)
    with Session(engine) as session:
        assert Outbox(session).next_due_at() == now
    _lease(engine, now)
    with Session(engine) as session:
        assert Outbox(session).next_due_at() == now + LEASE
