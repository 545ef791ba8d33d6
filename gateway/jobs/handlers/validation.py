"""Validates a document: what has to be fetched is fetched here, and the file is read only in the child."""

from datetime import UTC, datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from config.confinement import ConfinementError
from gateway.blobs import BlobMissing
from gateway.db.outbox import Task
from gateway.db.tables.documents import DocumentRow, ValidationRow
from gateway.jobs.outcome import Done, Outcome
from gateway.services import Services
from gateway.validating import validate_document

log = structlog.get_logger()
TRIES = 5


def work_on_validation(services: Services, task: Task, now: datetime) -> Outcome:
    """Make the report of one validation; a file that cannot be looked at is a failed validation with its reason."""
    with services.unit_of_work(read_only=True) as work:
        row = work.session.get(ValidationRow, task.subject_id)
        document = work.session.get(DocumentRow, row.document_id) if row else None
    if row is None or document is None or row.state != "waiting":
        return Done()
    try:
        report = validate_document(services, document.sha256, now).to_dict()
        state, problem = "completed", None
    except (ConfinementError, BlobMissing) as error:
        report, state, problem = None, "failed", error.code
    except SQLAlchemyError:
        raise
    except Exception:
        if task.attempts < TRIES:
            raise
        # Someone waits at a page for this report; nothing is lost by asking anew.
        log.exception("a validation was given up", validation_id=row.id)
        report, state, problem = None, "failed", "unexpected"
    finished = datetime.now(UTC)
    with services.unit_of_work() as work:
        kept = work.session.get_one(ValidationRow, row.id, with_for_update=True)
        kept.state, kept.report, kept.problem_code, kept.completed_at = state, report, problem, finished
        overall = report["overall"] if report else None
        work.audited(
            "system:validation",
            f"validation.{state}",
            row.id,
            row.unit_id,
            finished,
            sha256=document.sha256,
            overall=overall,
        )
        data = {"document_id": document.id, "overall": overall}
        work.happened(f"validation.{state}", row.id, row.unit_id, data, finished)
        work.commit()
    return Done()
