"""Packs and seals evidence files; what a dead worker left is made anew by the next."""

from datetime import UTC, datetime

import structlog

from certs.errors import CertsError
from config.confinement import ConfinementError
from config.identifiers import new_id
from config.secrets import SecretUnavailable
from gateway.blobs import Blob, BlobMissing
from gateway.db.outbox import Task
from gateway.db.tables.documents import DocumentRow
from gateway.db.tables.evidence import EvidenceFileRow
from gateway.evidence_file import make_evidence
from gateway.jobs.outcome import Done, Later, Outcome
from gateway.jobs.runner import backoff
from gateway.key_holds import hold_key
from gateway.receipt_seal import UnitHasNoSeal, UnitSeal
from gateway.services import Services
from signing.errors import SigningError
from signing.errors.files import ContainerFilesUnfit
from signing.errors.keys import PinIncorrect, PinLocked

log = structlog.get_logger()
ACTOR = "system:evidence"
TASK = "evidence-file"
MEDIA_TYPE = "application/vnd.etsi.asic-e+zip"


def work_on_evidence(services: Services, task: Task, now: datetime) -> Outcome:
    """Make one evidence file, and say in its row what came of it."""
    with services.unit_of_work(read_only=True) as work:
        row = work.session.get(EvidenceFileRow, task.subject_id)
    if row is None or row.state != "waiting":
        return Done()
    try:
        blob, sealed_by = make_evidence(services, row.request_document_id, now)
    except ContainerFilesUnfit as error:
        return _fail(services, row, error.code, str(error))
    except (PinIncorrect, PinLocked) as error:
        _hold_seal(services, row, error.code)
        return _wait(services, row, error.code, str(error), task)
    except (SigningError, CertsError, SecretUnavailable, ConfinementError, BlobMissing, UnitHasNoSeal) as error:
        return _wait(services, row, error.code, str(error), task)
    _keep(services, row, blob, sealed_by.id)
    return Done()


def _keep(services: Services, row: EvidenceFileRow, blob: Blob, certificate_id: str) -> None:
    finished = datetime.now(UTC)
    with services.unit_of_work() as work:
        kept = work.session.get_one(EvidenceFileRow, row.id, with_for_update=True)
        if kept.state != "waiting":
            log.info("another worker has made this evidence; the second is dropped", evidence_id=row.id)
            return
        document = DocumentRow(
            id=new_id(),
            unit_id=row.unit_id,
            sha256=blob.sha256,
            size_bytes=blob.size_bytes,
            filename=f"bang-chung-{row.request_document_id}.asice",
            media_type=MEDIA_TYPE,
            inspection={"signable": False, "signature_count": 1},
            created_by=ACTOR,
            created_at=finished,
        )
        work.session.add(document)
        kept.state, kept.result_document_id, kept.completed_at = "completed", document.id, finished
        kept.problem_code = kept.problem_detail = None
        details = {"sha256": blob.sha256, "certificate_id": certificate_id}
        work.audited(ACTOR, "evidence.sealed", row.id, row.unit_id, finished, **details)
        data = {"document_id": document.id, "request_document_id": row.request_document_id}
        work.happened("evidence.completed", row.id, row.unit_id, data, finished)
        work.commit()


def _hold_seal(services: Services, row: EvidenceFileRow, code: str) -> None:
    certificate = UnitSeal(services, row.unit_id, "").certificate()
    with services.unit_of_work() as work:
        hold_key(work, certificate.id, code, ACTOR, datetime.now(UTC))
        work.commit()
    services.key_sources.close_all()


def _wait(services: Services, row: EvidenceFileRow, code: str, detail: str, task: Task) -> Outcome:
    now = datetime.now(UTC)
    log.warning("evidence has to wait", evidence_id=row.id, problem=code)
    with services.unit_of_work() as work:
        kept = work.session.get_one(EvidenceFileRow, row.id, with_for_update=True)
        kept.problem_code, kept.problem_detail = code, detail
        work.commit()
    return Later(code, now + backoff(task.attempts, most_seconds=300))


def _fail(services: Services, row: EvidenceFileRow, code: str, detail: str) -> Outcome:
    now = datetime.now(UTC)
    with services.unit_of_work() as work:
        kept = work.session.get_one(EvidenceFileRow, row.id, with_for_update=True)
        kept.state, kept.problem_code, kept.problem_detail, kept.completed_at = "failed", code, detail, now
        work.happened("evidence.failed", row.id, row.unit_id, {"problem_code": code}, now)
        work.commit()
    return Done()
