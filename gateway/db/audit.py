"""The audit trail: one hash chain for each unit, written with the change that it tells of."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import String, bindparam, cast, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from config.identifiers import new_id
from config.queued_writes import QueuedWrite
from gateway.db.tables.work import AuditHeadRow, AuditRow

GENESIS = "0" * 64

_HEADS: Any = AuditHeadRow.__table__
_ENTRIES: Any = AuditRow.__table__
# Where the canonical JSON of an entry takes what only the chain knows.
_NUMBER = '","sequence":'


def _postgresql_sha256(text: Any) -> Any:
    return func.encode(func.sha256(func.convert_to(text, "UTF8")), "hex")


def _move_head_on(dialect: Any, sha256: Callable[[Any], Any]) -> Any:
    # The row's lock puts a unit's writers in order, and what it says is the newest even where another held it until
    # now; so the database hashes, and nobody waits for an answer while holding the lock.
    number = _HEADS.c.sequence + 1
    text = bindparam("before", type_=String) + _HEADS.c.sha256 + _NUMBER + cast(number, String)
    moved = {
        "sequence": number,
        "previous_sha256": _HEADS.c.sha256,
        "sha256": sha256(text + bindparam("after", type_=String)),
    }
    first = dialect.insert(_HEADS).values(
        unit_id=bindparam("unit_id"), sequence=1, previous_sha256=GENESIS, sha256=bindparam("first_sha256")
    )
    return first.on_conflict_do_update(index_elements=["unit_id"], set_=moved)


_MOVE_HEAD = QueuedWrite(
    {
        "postgresql": _move_head_on(postgresql, _postgresql_sha256).returning(*_HEADS.c),
        # A function of our own (gateway.db.engine).
        "sqlite": _move_head_on(sqlite, func.sha256_hex),
    },
    row=["unit_id"],
    locks_last=True,
)
_FROM_HEAD = ("sequence", "previous_sha256", "sha256")
_GIVEN = [column for column in _ENTRIES.c if column.name not in _FROM_HEAD]
_ADD = QueuedWrite(
    insert(_ENTRIES).from_select(
        [*(column.name for column in _GIVEN), *_FROM_HEAD],
        select(
            *(bindparam(f"given_{column.name}", type_=column.type) for column in _GIVEN),
            *(_HEADS.c[name] for name in _FROM_HEAD),
        ).where(_HEADS.c.unit_id == bindparam("given_unit_id")),
    )
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
    before, after = _canonical(fact)
    return sha256_hex(f"{before}{previous_sha256}{_NUMBER}{sequence}{after}")


def sha256_hex(text: str) -> str:
    """Return the SHA-256 of a text's UTF-8 in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(fact: AuditFact) -> tuple[str, str]:
    """Return an entry's JSON, its keys in order, before the hash of the entry before it and after its own number."""
    first = {
        "action": fact.action,
        "actor": fact.actor,
        "details": fact.details,
        "occurred_at": fact.occurred_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "previous_sha256": "",
    }
    last = {"subject_id": fact.subject_id, "unit_id": fact.unit_id}
    before, after = (
        json.dumps(part, ensure_ascii=False, sort_keys=True, separators=(",", ":")) for part in (first, last)
    )
    return before.removesuffix('"}'), f",{after.removeprefix('{')}"


def append(session: Session, facts: list[AuditFact]) -> None:
    """Write the facts at the ends of their units' chains, in the caller's transaction.

    Called last in a transaction: the lock on a unit's chain is then held only while it commits. Units are taken in
    one order, so that two transactions that touch the same two units cannot wait for each other.
    """
    for fact in sorted(facts, key=lambda fact: fact.unit_id):
        before, after = _canonical(fact)
        first = sha256_hex(f"{before}{GENESIS}{_NUMBER}1{after}")
        _MOVE_HEAD(session, {"unit_id": fact.unit_id, "before": before, "after": after, "first_sha256": first})
        row = {
            "id": new_id(),
            "unit_id": fact.unit_id,
            "occurred_at": fact.occurred_at,
            "actor": fact.actor,
            "action": fact.action,
            "subject_id": fact.subject_id,
            "details": dict(fact.details),
        }
        _ADD(session, {f"given_{name}": value for name, value in row.items()})


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
