"""What the gateway does with a request's progress: the next task, its events, its end."""

from datetime import datetime

from gateway.db.unit_of_work import UnitOfWork
from signing.request_flow import Progress, after_failure, waits_for_number
from signing.states import DocumentState, RequestState, move_request
from signing.store import SigningRequestRow

SOME_FAILED = "some-documents-failed"


def go_on(work: UnitOfWork, request: SigningRequestRow, progress: Progress, now: datetime) -> None:
    """Make the next signature due, or end a request that has no more to sign.

    A request of which some documents failed ends as failed, although the others are signed and may be had.
    """
    if progress is not Progress.COMPLETED:
        work.due("signing", request.id, request.unit_id, now)
        if progress is Progress.STEP_COMPLETED and waits_for_number(request):
            code = {"dossier_code": request.dossier_code}
            work.happened("signing-request.number-awaited", request.id, request.unit_id, code, now)
        return
    failed = [document for document in request.documents if document.state == DocumentState.FAILED]
    data: dict[str, object] = {
        "dossier_code": request.dossier_code,
        "document_ids": [found.current_document_id for found in request.documents if found not in failed],
    }
    state = RequestState.COMPLETED
    if failed:
        state = RequestState.FAILED
        request.problem_code, request.problem_detail = SOME_FAILED, f"{len(failed)} of {len(request.documents)} failed"
        data["failed_document_ids"] = [found.original_document_id for found in failed]
    request.state, request.updated_at = move_request(request.state, state), now
    work.happened(f"signing-request.{state}", request.id, request.unit_id, data, now)


def fail_document(
    work: UnitOfWork, request: SigningRequestRow, request_document_id: str, code: str, detail: str, now: datetime
) -> Progress:
    """Leave one document behind, say so, and return how the others go on."""
    document = next(found for found in request.documents if found.id == request_document_id)
    document.state, document.problem_code, document.problem_detail = DocumentState.FAILED, code, detail
    request.updated_at = now
    data = {
        "dossier_code": request.dossier_code,
        "document_id": document.original_document_id,
        "problem_code": code,
    }
    work.happened("signing-request.document-failed", request.id, request.unit_id, data, now)
    return after_failure(request, now)
