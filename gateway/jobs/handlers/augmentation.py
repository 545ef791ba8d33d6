"""Raises the signatures in a document; what a dead worker left is made anew by the next."""

from datetime import UTC, datetime

import structlog

from gateway.archive import ARCHIVE_TASK
from gateway.augmenting import FINAL_FAULTS, PASSING_FAULTS, augment_kept_document
from gateway.db.outbox import Task
from gateway.db.tables.documents import DocumentRow
from gateway.db.tables.evidence import AugmentationRow
from gateway.jobs.outcome import Done, Later, Outcome
from gateway.jobs.runner import backoff
from gateway.revisions import next_revision
from gateway.services import Services
from signing.model import Level

log = structlog.get_logger()
ACTOR = "system:augmentation"
# At five minutes apart: about eight hours, in which an authority or a responder should have come back.
TRIES = 100


def work_on_augmentation(services: Services, task: Task, now: datetime) -> Outcome:
    """Raise once, and say in the row what came of it."""
    with services.unit_of_work(read_only=True) as work:
        row = work.session.get(AugmentationRow, task.subject_id)
        document = work.session.get(DocumentRow, row.document_id) if row else None
    if row is None or document is None or row.state != "waiting":
        return Done()
    try:
        blob = augment_kept_document(services, document.sha256, Level(row.level))
    except FINAL_FAULTS as error:
        return _fail(services, row, error.code, str(error))
    except PASSING_FAULTS as error:
        if task.attempts >= TRIES:
            return _fail(services, row, error.code, str(error))
        return _wait(services, row, error.code, str(error), task)
    finished = datetime.now(UTC)
    with services.unit_of_work() as work:
        kept = work.session.get_one(AugmentationRow, row.id, with_for_update=True)
        if kept.state != "waiting":
            log.info("another worker has raised this; the second revision is dropped", augmentation_id=row.id)
            return Done()
        result = next_revision(document, blob, ACTOR, finished)
        work.session.add(result)
        kept.state, kept.result_document_id, kept.completed_at = "completed", result.id, finished
        kept.problem_code = kept.problem_detail = None
        details = {"level": row.level, "input_sha256": document.sha256, "output_sha256": blob.sha256}
        work.audited(ACTOR, "augmentation.completed", row.id, row.unit_id, finished, **details)
        data = {"document_id": document.id, "result_document_id": result.id, "level": row.level}
        work.happened("augmentation.completed", row.id, row.unit_id, data, finished)
        if row.level == Level.B_LTA:
            work.due(ARCHIVE_TASK, result.id, row.unit_id, finished)
        work.commit()
    return Done()


def _wait(services: Services, row: AugmentationRow, code: str, detail: str, task: Task) -> Outcome:
    now = datetime.now(UTC)
    log.warning("an augmentation has to wait", augmentation_id=row.id, problem=code)
    with services.unit_of_work() as work:
        kept = work.session.get_one(AugmentationRow, row.id, with_for_update=True)
        kept.problem_code, kept.problem_detail = code, detail
        work.commit()
    return Later(code, now + backoff(task.attempts, most_seconds=300))


def _fail(services: Services, row: AugmentationRow, code: str, detail: str) -> Outcome:
    now = datetime.now(UTC)
    with services.unit_of_work() as work:
        kept = work.session.get_one(AugmentationRow, row.id, with_for_update=True)
        if kept.state != "waiting":
            return Done()
        kept.state, kept.problem_code, kept.problem_detail, kept.completed_at = "failed", code, detail, now
        work.audited(ACTOR, "augmentation.failed", row.id, row.unit_id, now, problem=code)
        data = {"document_id": row.document_id, "level": row.level, "problem_code": code}
        work.happened("augmentation.failed", row.id, row.unit_id, data, now)
        work.commit()
    return Done()
