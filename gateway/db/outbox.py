"""Taking and finishing what is due: rows with leases, so that a worker may die anywhere."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from config.database import UtcDateTime
from config.identifiers import new_id
from config.queued_writes import QueuedWrite
from gateway.db.tables.work import OutboxRow


def _put_on(dialect: Any) -> Any:
    statement = dialect.insert(OutboxRow.__table__)
    again = {name: statement.excluded[name] for name in ("state", "due_at", "attempts", "last_problem", "finished_at")}
    return statement.on_conflict_do_update(index_elements=["kind", "subject_id"], set_=again)


_PUT = QueuedWrite({"postgresql": _put_on(postgresql), "sqlite": _put_on(sqlite)}, row=["kind", "subject_id"])


@dataclass(frozen=True)
class Task:
    """One leased row of the outbox."""

    id: str
    kind: str
    subject_id: str
    unit_id: str
    attempts: int
    lease_id: str


class Outbox:
    """What is due, seen through one session; commits are the caller's."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, kind: str, subject_id: str, unit_id: str, due_at: datetime, now: datetime) -> None:
        """Make a task due; a task of the same kind and subject is made due again, never doubled."""
        row = {
            "id": new_id(),
            "unit_id": unit_id,
            "kind": kind,
            "subject_id": subject_id,
            "state": "due",
            "due_at": due_at,
            "attempts": 0,
            "last_problem": None,
            "finished_at": None,
            "created_at": now,
        }
        _PUT(self._session, row)

    def lease(self, now: datetime, lease: timedelta) -> Task | None:
        """Take the task that has been due longest and that nobody holds; None when there is none."""
        free = or_(OutboxRow.leased_until.is_(None), OutboxRow.leased_until < now)
        row = self._session.scalars(
            select(OutboxRow)
            .where(OutboxRow.state == "due", OutboxRow.due_at <= now, free)
            .order_by(OutboxRow.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if row is None:
            return None
        row.leased_until, row.lease_id = now + lease, new_id()
        row.attempts += 1
        return Task(row.id, row.kind, row.subject_id, row.unit_id, row.attempts, row.lease_id)

    def finish(self, task: Task, now: datetime) -> None:
        """Close the task, unless it was made due again or leased anew while it was being worked on."""
        self._settle(task, state="done", finished_at=now, last_problem=None)

    def bury(self, task: Task, problem: str, now: datetime) -> None:
        """Give up on the task; it stays visible for an operator."""
        self._settle(task, state="dead", finished_at=now, last_problem=problem)

    def postpone(self, task: Task, problem: str, due_at: datetime) -> None:
        """Leave the task for later, saying why."""
        self._settle(task, due_at=due_at, last_problem=problem)

    def _settle(self, task: Task, **values: object) -> None:
        mine = (OutboxRow.id == task.id, OutboxRow.lease_id == task.lease_id)
        cleared = {"leased_until": None, "lease_id": None}
        untouched = (*mine, OutboxRow.attempts == task.attempts)
        settled = update(OutboxRow).where(*untouched).values(**values, **cleared).returning(OutboxRow.id)
        if self._session.scalars(settled).first() is None:
            # Made due again meanwhile (attempts went back to 0): only the lease is ours to give up.
            self._session.execute(update(OutboxRow).where(*mine).values(**cleared))

    def next_due_at(self) -> datetime | None:
        """Return when the next task can be taken, or None when nothing waits; a leased one when its lease ends."""
        moment = func.coalesce(OutboxRow.leased_until, OutboxRow.due_at, type_=UtcDateTime())
        return self._session.scalars(
            select(func.min(moment, type_=UtcDateTime())).where(OutboxRow.state == "due")
        ).one()
