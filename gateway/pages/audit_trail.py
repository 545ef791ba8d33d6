"""The audit entries of one dossier, each with whether the chain holds at it."""

from collections.abc import Mapping

from sqlalchemy import select

from gateway.db.audit import GENESIS, AuditFact, entry_sha256
from gateway.db.tables.work import AuditRow as AuditEntry
from gateway.db.unit_of_work import UnitOfWork
from gateway.pages.names import Names
from gateway.web.story_views import AuditRow
from gateway.web.view_models import Text

ROWS = 200


def audit_rows(work: UnitOfWork, names: Names, subjects: Mapping[str, Text]) -> tuple[AuditRow, ...]:
    """Return the entries about some subjects, oldest first.

    Args:
        work: The transaction to read in.
        names: Gives names for actors and actions.
        subjects: What each id is called.
    """
    query = select(AuditEntry).where(AuditEntry.subject_id.in_(subjects)).order_by(AuditEntry.occurred_at)
    rows = work.session.scalars(query.order_by(AuditEntry.unit_id, AuditEntry.sequence).limit(ROWS)).all()
    return tuple(_row(work, names, row, subjects[row.subject_id]) for row in rows)


def _row(work: UnitOfWork, names: Names, row: AuditEntry, subject_name: Text) -> AuditRow:
    return AuditRow(
        sequence=row.sequence,
        at=row.occurred_at,
        actor=names.actor(row.actor),
        action_name=names.event(row.action),
        action=row.action,
        subject_name=subject_name,
        subject=row.subject_id,
        entry_hash=row.sha256,
        previous_hash=row.previous_sha256,
        chained=_is_chained(work, row),
    )


def _is_chained(work: UnitOfWork, row: AuditEntry) -> bool:
    """Say whether the entry's own hash is right and the entry before it is the one that it names."""
    fact = AuditFact(row.unit_id, row.actor, row.action, row.subject_id, row.occurred_at, row.details)
    before = work.session.scalars(
        select(AuditEntry.sha256).where(AuditEntry.unit_id == row.unit_id, AuditEntry.sequence == row.sequence - 1)
    ).first()
    # Only the first entry of a unit has nothing before it; a missing one elsewhere is a break.
    expected = GENESIS if row.sequence == 1 else before
    return row.previous_sha256 == expected and row.sha256 == entry_sha256(row.sequence, fact, row.previous_sha256)
