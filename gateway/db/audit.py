"""The audit trail: one hash chain for each unit, written with the change that it tells of."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from config.identifiers import new_id
from config.queued_writes import QueuedWrite
from gateway.db.tables.work import AuditHeadRow, AuditRow

GENESIS = "0" * 64

_HEADS: Any = AuditHeadRow.__table__


def _lock_head_on(dialect: Any) -> Any:
    # Updating a row to what it says locks it and returns it, whether it was there or not, in one statement.
    made = dialect.insert(_HEADS)
    locked = made.on_conflict_do_update(index_elements=["unit_id"], set_={"sequence": _HEADS.c.sequence})
    return locked.returning(_HEADS.c.sequence, _HEADS.c.sha256)


_LOCK_HEAD = {"postgresql": _lock_head_on(postgresql), "sqlite": _lock_head_on(sqlite)}
_ADD = QueuedWrite(insert(AuditRow))
_MOVE_HEAD = QueuedWrite(
    update(_HEADS)
    .where(_HEADS.c.unit_id == bindparam("unit"))
    .values(sequence=bindparam("sequence"), sha256=bindparam("sha256"))
)


@dataclass(frozen=True)
class AuditFact:
    """One thing that someone did, before it has its place in the chain."""

    unit_id: str
    actor: str
    action: str
    subject_id: str
    occurred_at: datetime
    details: Mapping[str, Any] = field(default_factory=dict)


def entry_sha256(sequence: int, fact: AuditFact, previous_sha256: str) -> str:
    """Return the hash of one entry: SHA-256 over canonical JSON of every field and the entry before it."""
    content = {
        "sequence": sequence,
        "unit_id": fact.unit_id,
        "occurred_at": fact.occurred_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": fact.actor,
        "action": fact.action,
        "subject_id": fact.subject_id,
        "details": fact.details,
        "previous_sha256": previous_sha256,
    }
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def append(session: Session, facts: list[AuditFact]) -> None:
    """Write the facts at the ends of their units' chains, in the caller's transaction.

    Called last in a transaction: the lock on a unit's chain is then held only while it commits. Units are taken in
    one order, so that two transactions that touch the same two units cannot wait for each other.
    """
    for unit_id in sorted({fact.unit_id for fact in facts}):
        sequence, previous = _locked_head(session, unit_id)
        for fact in facts:
            if fact.unit_id != unit_id:
                continue
            sequence += 1
            digest = entry_sha256(sequence, fact, previous)
            _ADD(session.connection(), _row(sequence, previous, fact, digest))
            previous = digest
        end = {"unit": unit_id, "sequence": sequence, "sha256": previous}
        _MOVE_HEAD(session.connection(), end)


def _row(sequence: int, previous: str, fact: AuditFact, digest: str) -> dict[str, object]:
    return {
        "id": new_id(),
        "unit_id": fact.unit_id,
        "sequence": sequence,
        "occurred_at": fact.occurred_at,
        "actor": fact.actor,
        "action": fact.action,
        "subject_id": fact.subject_id,
        "details": dict(fact.details),
        "previous_sha256": previous,
        "sha256": digest,
    }


def _locked_head(session: Session, unit_id: str) -> tuple[int, str]:
    """Return the number and hash of a unit's newest entry, and hold its chain until the transaction ends."""
    connection = session.connection()
    first = {"unit_id": unit_id, "sequence": 0, "sha256": GENESIS}
    sequence, digest = connection.execute(_LOCK_HEAD[connection.dialect.name], first).one()
    return sequence, digest


def find_faults(session: Session) -> Iterator[str]:
    """Walk every unit's chain and name each place where it does not hold, with its unit and sequence."""
    heads = {head.unit_id: head for head in session.scalars(select(AuditHeadRow))}
    expected: dict[str, tuple[int, str]] = dict.fromkeys(heads, (0, GENESIS))
    rows = session.scalars(select(AuditRow).order_by(AuditRow.unit_id, AuditRow.sequence)).yield_per(1000)
    for row in rows:
        sequence, previous = expected.get(row.unit_id, (0, GENESIS))
        if row.sequence != sequence + 1:
            yield f"unit {row.unit_id}: entry {sequence + 1} is missing before {row.sequence}"
        fact = AuditFact(row.unit_id, row.actor, row.action, row.subject_id, row.occurred_at, row.details)
        if row.previous_sha256 != previous or row.sha256 != entry_sha256(row.sequence, fact, row.previous_sha256):
            yield f"unit {row.unit_id}: entry {row.sequence} ({row.action}) was changed"
        expected[row.unit_id] = (row.sequence, row.sha256)
    for unit_id, (sequence, digest) in expected.items():
        head = heads.get(unit_id)
        if head is None or (head.sequence, head.sha256) != (sequence, digest):
            yield f"unit {unit_id}: the chain does not end where its head says"
