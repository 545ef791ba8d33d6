"""/v1/signing-requests/…/evidence: one sealed container that tells how a document was signed."""

from typing import Any

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel

from config.identifiers import new_id
from gateway.api.description import file_answer
from gateway.api.documents import file_response, get_document
from gateway.api.signing_requests import SignedDocumentPath, get_request
from gateway.api.writing import Answer, caller, now, services, write_once
from gateway.auth.oauth import authorised
from gateway.db.tables.evidence import EvidenceFileRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.jobs.handlers.evidence import MEDIA_TYPE, TASK
from gateway.refusal import ApiProblem
from signing.states import DocumentState
from signing.store import RequestDocumentRow, SigningRequestRow

blueprint = APIBlueprint(
    "evidence-files", __name__, url_prefix="/v1", abp_tags=[Tag(name="evidence")], abp_security=[{"oauth2": []}]
)
ADDRESS = "/signing-requests/<request_id>/documents/<document_id>/evidence"


class EvidenceOut(BaseModel):
    """An evidence file: its state and, when completed, the document that holds it."""

    id: str
    state: str
    result_document_id: str | None
    problem_code: str | None
    problem_detail: str | None
    created_at: str
    completed_at: str | None


def render(row: EvidenceFileRow) -> dict[str, Any]:
    """Return an evidence file as the API shows it."""
    return EvidenceOut(
        id=row.id,
        state=row.state,
        result_document_id=row.result_document_id,
        problem_code=row.problem_code,
        problem_detail=row.problem_detail,
        created_at=row.created_at.isoformat(),
        completed_at=row.completed_at.isoformat() if row.completed_at else None,
    ).model_dump()


def _signed_document(request: SigningRequestRow, document_id: str) -> RequestDocumentRow:
    document = next((found for found in request.documents if found.original_document_id == document_id), None)
    if document is None:
        raise ApiProblem("document-not-found")
    if document.state != DocumentState.SIGNED:
        raise ApiProblem("not-signed-yet", f"the document is {document.state}, the request {request.state}")
    return document


@blueprint.post(ADDRESS, summary="Have evidence packed and sealed", responses={202: EvidenceOut})
@authorised("evidence:write")
def create(path: SignedDocumentPath) -> Response:
    """Start to make the evidence of a signed document as it is known now: an ASiC-E sealed by the unit.

    It holds the original, the signed file, our validation, every revision's hash, who approved when and from where,
    and the audit entries. A worker makes it; wait for the event `evidence.completed`, or poll the same address.
    """

    def make(work: UnitOfWork) -> Answer:
        document = _signed_document(get_request(work, path.request_id), path.document_id)
        row = EvidenceFileRow(
            id=new_id(),
            unit_id=document.unit_id,
            request_document_id=document.id,
            state="waiting",
            created_by=caller().actor,
            created_at=now(),
        )
        work.session.add(row)
        work.due(TASK, row.id, row.unit_id, now())
        facts = {"request_id": path.request_id, "document_id": path.document_id}
        work.audited(caller().actor, "evidence.asked", row.id, row.unit_id, now(), **facts)
        return render(row), 202

    return write_once(f"{path.request_id} {path.document_id}".encode(), make)


@blueprint.get(
    ADDRESS,
    summary="Download a document's newest evidence",
    responses={200: file_answer(MEDIA_TYPE, description="ASiC-E (ETSI EN 319 162-1), sealed with CAdES")},
)
@authorised("evidence:read")
def download(path: SignedDocumentPath) -> Response:
    """Send the newest evidence file that is finished."""
    with services().unit_of_work(read_only=True) as work:
        document = _signed_document(get_request(work, path.request_id), path.document_id)
        rows = work.session.query(EvidenceFileRow).filter_by(request_document_id=document.id)
        newest = rows.order_by(EvidenceFileRow.id.desc()).all()
        ready = next((row for row in newest if row.result_document_id is not None), None)
        if ready is None:
            waiting = newest[0].problem_code if newest else None
            raise ApiProblem("evidence-not-ready", waiting or "ask for it with POST first")
        return file_response(get_document(work, ready.result_document_id or ""))
