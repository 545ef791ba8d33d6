"""Signs what is due: one document of one step at a time, so that a worker may die between any two lines.

A signature counts only when its row is committed; whatever a dead worker left in scratch is made anew by the next, and
the database holds at most one signature by a step on a document.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from certs.errors import (
    AlgorithmRefused,
    CertificateExpired,
    CertificateNotForProfile,
    CertificateNotForSigning,
    CertificateNotTrusted,
    CertificateNotYetValid,
    CertificateRevoked,
    CertificateWithdrawn,
    CertsError,
    KeySourceHeld,
)
from certs.model import CertificateState
from certs.store import SigningCertificate
from config.confinement import ConfinementError
from config.identifiers import new_id
from config.secrets import SecretUnavailable
from gateway.archive import ARCHIVE_TASK
from gateway.blobs import BlobMissing
from gateway.db.outbox import Task
from gateway.db.tables.documents import DocumentRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.file_signing import KeptFile, sign_kept_file
from gateway.jobs.outcome import Done, Later, Outcome
from gateway.jobs.runner import backoff
from gateway.key_holds import hold_key
from gateway.numbering import texts_to_write
from gateway.revisions import next_revision
from gateway.services import Services
from gateway.signing_engine import ResultNotGood, SigningOrder, sign_kept_document
from gateway.signing_progress import fail_document, go_on
from gateway.signing_requests import end_request
from signing.errors import SigningError
from signing.errors.documents import DocumentNotSignable
from signing.errors.evidence import MaterialNotSound
from signing.errors.keys import KeySourceNotServedYet, PinIncorrect, PinLocked
from signing.errors.signatures import (
    AlgorithmNotAllowed,
    ProfileUnusable,
    ResultUnsound,
    RevisionAltered,
    SignatureDoesNotFit,
)
from signing.errors.stamps import PictureUnusable, PlacementError, StampTextInvalid, StampTextMissing
from signing.formats.pdf.text_fields import TextField
from signing.model import PADES, Level, SignedRevision
from signing.request_flow import Progress, after_signature, next_signature
from signing.states import FINAL, RequestState, StepState, move_request, move_step
from signing.store import SignatureRow, SigningRequestRow, SigningStepRow

log = structlog.get_logger()
ACTOR = "system:signing"
# Trying again would spend another PIN, so a person has to look first.
NEEDS_A_PERSON = (PinIncorrect, PinLocked, KeySourceHeld)
# The document, the certificate or the profile is at fault: no later try of the same request can succeed.
FINAL_FAULTS = (
    DocumentNotSignable,
    PlacementError,
    PictureUnusable,
    ProfileUnusable,
    ResultUnsound,
    AlgorithmNotAllowed,
    AlgorithmRefused,
    SignatureDoesNotFit,
    StampTextInvalid,
    StampTextMissing,
    RevisionAltered,
    KeySourceNotServedYet,
    MaterialNotSound,
    CertificateExpired,
    CertificateNotForProfile,
    CertificateNotForSigning,
    CertificateNotTrusted,
    CertificateNotYetValid,
    CertificateRevoked,
    CertificateWithdrawn,
    ResultNotGood,
)
# The document alone is at fault: the request's other documents go on without it.
DOCUMENT_FAULTS = (
    DocumentNotSignable,
    PlacementError,
    SignatureDoesNotFit,
    RevisionAltered,
    ResultNotGood,
    ResultUnsound,
)


@dataclass(frozen=True)
class _Turn:
    """What is to be signed next, copied out of the transaction that chose it."""

    request_id: str
    step_id: str
    request_document_id: str
    input_document: DocumentRow
    earlier_problem: str | None
    certificate: SigningCertificate
    profile_code: str
    placement: dict[str, Any] | None
    stamp_values: dict[str, str]
    format: str
    level: Level | None
    texts: tuple[TextField, ...]
    over_broken: bool


def work_on_request(services: Services, task: Task, now: datetime) -> Outcome:
    """Make the next signature of a request, and come back at once while there are more."""
    turn = _next_turn(services, task.subject_id, now)
    if turn is None:
        return Done()
    order = SigningOrder(turn.certificate, turn.profile_code, turn.placement, turn.stamp_values, turn.level, turn.texts)
    order = replace(order, over_broken=turn.over_broken)
    try:
        made = _sign(services, turn, order, now)
    except SQLAlchemyError:
        raise
    except NEEDS_A_PERSON as error:
        return _hold(services, turn, error, task)
    except FINAL_FAULTS as error:
        return _fail(services, turn, error)
    except ConfinementError as error:
        # Once may be the machine's fault, short of memory or time; twice in a row is the file's.
        if turn.earlier_problem == error.code:
            return _fail(services, turn, error)
        return _wait(services, turn, error.code, str(error), task)
    except (SigningError, CertsError, SecretUnavailable, BlobMissing) as error:
        return _wait(services, turn, error.code, str(error), task)
    except Exception:
        # The runner logs it and tries again; whoever asks about the request must see that it waits, and for us.
        _wait(services, turn, "unexpected", "a fault of the gateway; its log tells more", task)
        raise
    _keep(services, turn, made)
    return Done()


def _sign(services: Services, turn: _Turn, order: SigningOrder, now: datetime) -> KeptFile:
    document = turn.input_document
    if turn.format != PADES:
        return sign_kept_file(services, order, turn.format, document, now)
    signed, blob = sign_kept_document(services, order, document.sha256, now)
    return KeptFile(signed, blob, document.filename, document.media_type)


def _next_turn(services: Services, request_id: str, now: datetime) -> _Turn | None:
    with services.unit_of_work() as work:
        request = work.signing.locked(request_id)
        if request is None or request.state in FINAL:
            return None
        if request.expires_at is not None and request.expires_at <= now:
            end_request(work, request, RequestState.EXPIRED, "system:clock", "the deadline passed", now)
            work.commit()
            return None
        chosen = next_signature(request)
        if chosen is None:
            return None
        step, document = chosen
        if request.state == RequestState.CREATED:
            request.state = move_request(request.state, RequestState.SIGNING)
            request.updated_at = now
        input_document = work.session.get_one(DocumentRow, document.current_document_id)
        certificate = work.session.get_one(SigningCertificate, step.certificate_id)
        turn = _Turn(
            request.id,
            step.id,
            document.id,
            input_document,
            step.problem_code,
            certificate,
            step.profile_code,
            step.placement,
            step.stamp_values or {},
            request.format,
            Level(request.level) if request.level else None,
            texts_to_write(request, document, step),
            request.over_broken,
        )
        work.commit()
        return turn


def _keep(services: Services, turn: _Turn, made: KeptFile) -> None:
    """Commit the signature, unless the request was ended or signed by another worker meanwhile."""
    now, signed = datetime.now(UTC), made.signed
    with services.unit_of_work() as work:
        request = work.signing.locked(turn.request_id)
        if request is None or request.state in FINAL:
            log.info("a signature was made for a request that has ended; it is dropped", request_id=turn.request_id)
            return
        step = next(step for step in request.steps if step.id == turn.step_id)
        document = next(item for item in request.documents if item.id == turn.request_document_id)
        if step.state != StepState.READY or document.current_document_id != turn.input_document.id:
            log.info("another worker has signed this; the second signature is dropped", request_id=turn.request_id)
            return
        output = next_revision(
            turn.input_document,
            made.blob,
            ACTOR,
            now,
            signatures=1,
            filename=made.filename,
            media_type=made.media_type,
        )
        work.session.add(output)
        step.signatures.append(_signature(turn, request, output, signed))
        document.current_document_id = output.id
        document.numbered = document.numbered or any(field.text is not None for field in turn.texts)
        if request.state == RequestState.WAITING:
            request.state = move_request(request.state, RequestState.SIGNING)
        request.problem_code = request.problem_detail = step.problem_code = step.problem_detail = None
        request.updated_at = now
        _audit_signature(work, turn, request, output, signed, now)
        if signed.level is Level.B_LTA:
            work.due(ARCHIVE_TASK, output.id, output.unit_id, now)
        _advance(work, request, step, now)
        work.commit()


def _signature(turn: _Turn, request: SigningRequestRow, output: DocumentRow, signed: SignedRevision) -> SignatureRow:
    box = signed.rectangle
    return SignatureRow(
        id=new_id(),
        unit_id=request.unit_id,
        step_id=turn.step_id,
        request_document_id=turn.request_document_id,
        input_document_id=turn.input_document.id,
        output_document_id=output.id,
        certificate_id=turn.certificate.id,
        field_name=signed.field_name,
        page_index=signed.page_index,
        rectangle=[box.x0, box.y0, box.x1, box.y1] if box else None,
        level=signed.level.value,
        signed_at=signed.signed_at,
    )


def _audit_signature(
    work: UnitOfWork,
    turn: _Turn,
    request: SigningRequestRow,
    output: DocumentRow,
    signed: SignedRevision,
    now: datetime,
) -> None:
    work.audited(
        ACTOR,
        "document.signed",
        output.id,
        request.unit_id,
        now,
        request_id=request.id,
        certificate_id=turn.certificate.id,
        field_name=signed.field_name,
        input_sha256=turn.input_document.sha256,
        output_sha256=output.sha256,
        signed_at=signed.signed_at.isoformat(),
    )


def _advance(work: UnitOfWork, request: SigningRequestRow, step: SigningStepRow, now: datetime) -> None:
    progress = after_signature(request, step, now)
    if progress is not Progress.GOES_ON:
        data = {"dossier_code": request.dossier_code, "step": step.position}
        work.happened("signing-request.step-completed", request.id, request.unit_id, data, now)
    go_on(work, request, progress, now)


def _hold(services: Services, turn: _Turn, error: SigningError | CertsError, task: Task) -> Outcome:
    """Stop every use of the key until an operator has looked; the step waits and goes on after the release."""
    now = datetime.now(UTC)
    refused_now = not isinstance(error, KeySourceHeld)
    with services.unit_of_work() as work:
        if refused_now:
            hold_key(work, turn.certificate.id, error.code, ACTOR, now)
        elif work.certificates.get(turn.certificate.id, for_update=True).state != CertificateState.HELD:
            # Released meanwhile: a step that is put on hold now would be released by nobody.
            return Later(error.code, now + backoff(task.attempts))
        request, step = _locked_step(work, turn)
        if request is not None and step is not None and step.state == StepState.READY:
            step.state = move_step(step.state, StepState.HELD)
            _note_problem(request, step, error.code, str(error), now)
        work.commit()
    if refused_now:
        # The hold guards the PIN from here on; a memory of it here would refuse one that was mended in the token.
        services.key_sources.close_all()
    return Done()


def _wait(services: Services, turn: _Turn, code: str, detail: str, task: Task) -> Outcome:
    """Say what stands in the way; the task comes back by itself."""
    now = datetime.now(UTC)
    log.warning("a signature has to wait", request_id=turn.request_id, problem=code)
    with services.unit_of_work() as work:
        request, step = _locked_step(work, turn)
        if request is not None and step is not None:
            _note_problem(request, step, code, detail, now)
        work.commit()
    return Later(code, now + backoff(task.attempts, most_seconds=300))


def _note_problem(request: SigningRequestRow, step: SigningStepRow, code: str, detail: str, now: datetime) -> None:
    if request.state == RequestState.SIGNING:
        request.state = move_request(request.state, RequestState.WAITING)
    request.problem_code, request.problem_detail, request.updated_at = code, detail, now
    step.problem_code, step.problem_detail = code, detail


def _fail(
    services: Services, turn: _Turn, error: SigningError | CertsError | ConfinementError | ResultNotGood
) -> Outcome:
    """End what no later try can mend: the document where it is at fault and others are left, else the request.

    Earlier revisions stay on file.
    """
    now = datetime.now(UTC)
    with services.unit_of_work() as work:
        request, step = _locked_step(work, turn)
        if request is None or step is None:
            return Done()
        progress = Progress.IMPOSSIBLE
        if isinstance(error, (*DOCUMENT_FAULTS, ConfinementError)):
            progress = fail_document(work, request, turn.request_document_id, error.code, str(error), now)
        if progress is not Progress.IMPOSSIBLE:
            step.problem_code = step.problem_detail = None
            go_on(work, request, progress, now)
        else:
            step.problem_code, step.problem_detail = error.code, str(error)
            step.state = move_step(step.state, StepState.FAILED)
            request.problem_code = error.code
            end_request(work, request, RequestState.FAILED, ACTOR, str(error), now)
        work.commit()
    return Done()


def _locked_step(work: UnitOfWork, turn: _Turn) -> tuple[SigningRequestRow | None, SigningStepRow | None]:
    request = work.signing.locked(turn.request_id)
    if request is None or request.state in FINAL:
        return None, None
    return request, next(step for step in request.steps if step.id == turn.step_id)
