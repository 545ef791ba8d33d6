"""Archived documents: which they are, when their next time-stamp is due, and who must look when it cannot be had."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import select

from config.identifiers import new_id
from gateway.db.tables.documents import DocumentRow
from gateway.db.tables.evidence import ArchivedDocumentRow
from gateway.db.unit_of_work import UnitOfWork
from signing.augmentation.archive import next_stamp_at

ARCHIVE_TASK = "archive"
RENEWAL_TASK = "archive-renewal"
MAX_REVISIONS = 1_000


class ArchivedDocumentUnknown(Exception):
    """No archived document has this id."""

    code = "archived-document-unknown"


def keep_provable(
    work: UnitOfWork, document: DocumentRow, until: datetime, margin: timedelta, now: datetime
) -> ArchivedDocumentRow:
    """Note until when a document is provable and make its next time-stamp due; an earlier revision's row moves on."""
    row = _row_of_lineage(work, document)
    if row is None:
        row = ArchivedDocumentRow(id=new_id(), unit_id=document.unit_id, created_at=now)
        work.session.add(row)
    row.document_id, row.state, row.provable_until = document.id, "kept", until
    row.renew_at, row.updated_at = next_stamp_at(until, margin, now), now
    row.problem_code = row.problem_detail = None
    work.due(RENEWAL_TASK, row.id, row.unit_id, now, at=row.renew_at)
    return row


def _row_of_lineage(work: UnitOfWork, document: DocumentRow) -> ArchivedDocumentRow | None:
    for document_id in _lineage(work, document):
        query = select(ArchivedDocumentRow).where(ArchivedDocumentRow.document_id == document_id).with_for_update()
        row = work.session.scalars(query).first()
        if row is not None:
            return row
    return None


def _lineage(work: UnitOfWork, document: DocumentRow) -> Iterator[str]:
    yield document.id
    previous_id = document.previous_id
    for _ in range(MAX_REVISIONS):
        earlier = work.session.get(DocumentRow, previous_id) if previous_id else None
        if earlier is None:
            return
        yield earlier.id
        previous_id = earlier.previous_id


def release_archived(work: UnitOfWork, archived_id: str, actor: str, now: datetime) -> ArchivedDocumentRow:
    """Let a held or lapsed document be tried again, after a person has mended the cause.

    Raises:
        ArchivedDocumentUnknown: There is none with this id.
    """
    row = work.session.get(ArchivedDocumentRow, archived_id, with_for_update=True)
    if row is None:
        raise ArchivedDocumentUnknown(archived_id)
    row.state, row.updated_at = "kept", now
    work.due(RENEWAL_TASK, row.id, row.unit_id, now)
    work.audited(actor, "archive.released", row.id, row.unit_id, now, document_id=row.document_id)
    return row
