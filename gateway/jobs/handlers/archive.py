"""Keeps archived documents provable: each is stamped again before its newest time-stamp ends."""

from datetime import UTC, datetime, timedelta

import structlog

from gateway.archive import keep_provable
from gateway.augmenting import FINAL_FAULTS, PASSING_FAULTS, augment_kept_document
from gateway.blobs import Blob
from gateway.db.outbox import Task
from gateway.db.tables.documents import DocumentRow
from gateway.db.tables.evidence import ArchivedDocumentRow
from gateway.jobs.outcome import Done, GaveUp, Later, Outcome
from gateway.jobs.runner import backoff
from gateway.revisions import next_revision
from gateway.services import Services
from signing.augmentation.archive import provable_until
from signing.model import Level

log = structlog.get_logger()
ACTOR = "system:archive"
# A stamp is due months before its predecessor ends: there is no need to press a silent authority.
MOST_SECONDS_BETWEEN_TRIES = 6 * 3600


def archive_document(services: Services, task: Task, now: datetime) -> Outcome:
    """Take a document that reached B-LTA into the archive's calendar."""
    with services.unit_of_work(read_only=True) as work:
        document = work.session.get(DocumentRow, task.subject_id)
    if document is None:
        return Done()
    try:
        until = _provable_until(services, document.sha256)
    except FINAL_FAULTS as error:
        return GaveUp(error.code)
    except PASSING_FAULTS as error:
        return Later(error.code, now + backoff(task.attempts))
    with services.unit_of_work() as work:
        row = keep_provable(work, document, until, _margin(services), now)
        work.audited(ACTOR, "archive.kept", row.id, row.unit_id, now, document_id=document.id, until=until.isoformat())
        work.commit()
    return Done()


def renew_archive(services: Services, task: Task, now: datetime) -> Outcome:
    """Stamp an archived document again when that is due."""
    with services.unit_of_work(read_only=True) as work:
        row = work.session.get(ArchivedDocumentRow, task.subject_id)
        document = work.session.get(DocumentRow, row.document_id) if row else None
    if row is None or document is None or row.state != "kept":
        return Done()
    if row.renew_at > now and row.problem_code is None:
        return Later("not-due-yet", row.renew_at)
    try:
        blob = augment_kept_document(services, document.sha256, Level.B_LTA)
        until = _provable_until(services, blob.sha256)
    except FINAL_FAULTS as error:
        return _stop(services, row, "held", error.code, str(error))
    except PASSING_FAULTS as error:
        if row.provable_until <= now:
            return _stop(services, row, "lapsed", error.code, str(error))
        return _delay(services, row, error.code, str(error), task)
    return _renewed(services, row, document, blob, until)


def _renewed(
    services: Services, row: ArchivedDocumentRow, document: DocumentRow, blob: Blob, until: datetime
) -> Outcome:
    now = datetime.now(UTC)
    with services.unit_of_work() as work:
        kept = work.session.get_one(ArchivedDocumentRow, row.id, with_for_update=True)
        if kept.state != "kept" or kept.document_id != document.id:
            log.info("the archive has moved on; the second stamp is dropped", archived_id=row.id)
            return Done()
        result = next_revision(document, blob, ACTOR, now)
        work.session.add(result)
        work.session.flush()
        keep_provable(work, result, until, _margin(services), now)
        data = {"document_id": document.id, "result_document_id": result.id, "provable_until": until.isoformat()}
        work.audited(ACTOR, "archive.renewed", row.id, row.unit_id, now, output_sha256=blob.sha256, **data)
        work.happened("archive.renewed", row.id, row.unit_id, data, now)
        work.commit()
    return Done()


def _delay(services: Services, row: ArchivedDocumentRow, code: str, detail: str, task: Task) -> Outcome:
    """Try again later; the first failure and each new reason is an event, for someone to look in time."""
    now = datetime.now(UTC)
    log.warning("an archived document could not be stamped yet", archived_id=row.id, problem=code)
    with services.unit_of_work() as work:
        kept = work.session.get_one(ArchivedDocumentRow, row.id, with_for_update=True)
        if kept.problem_code != code:
            work.happened("archive.delayed", row.id, row.unit_id, _data(row, code), now)
        kept.problem_code, kept.problem_detail, kept.updated_at = code, detail, now
        work.commit()
    return Later(code, now + backoff(task.attempts, first_seconds=60, most_seconds=MOST_SECONDS_BETWEEN_TRIES))


def _stop(services: Services, row: ArchivedDocumentRow, state: str, code: str, detail: str) -> Outcome:
    """Leave the document to a person: nothing that the gateway does by itself helps any more."""
    now = datetime.now(UTC)
    log.error("an archived document cannot be stamped again", archived_id=row.id, state=state, problem=code)
    with services.unit_of_work() as work:
        kept = work.session.get_one(ArchivedDocumentRow, row.id, with_for_update=True)
        kept.state, kept.problem_code, kept.problem_detail, kept.updated_at = state, code, detail, now
        work.audited(ACTOR, f"archive.{state}", row.id, row.unit_id, now, problem=code, document_id=row.document_id)
        work.happened(f"archive.{state}", row.id, row.unit_id, _data(row, code), now)
        work.commit()
    return Done()


def _data(row: ArchivedDocumentRow, code: str) -> dict[str, str]:
    until = row.provable_until.isoformat()
    return {"document_id": row.document_id, "problem_code": code, "provable_until": until}


def _provable_until(services: Services, sha256: str) -> datetime:
    with services.blobs.local(sha256) as path:
        return provable_until(path, services.algorithms, services.confined)


def _margin(services: Services) -> timedelta:
    return timedelta(days=services.settings.archive.margin_days)
