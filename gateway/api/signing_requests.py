"""/v1/signing-requests: documents × ordered steps."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gateway.api.description import file_answer
from gateway.api.documents import file_response, get_document
from gateway.api.paging import PageQuery, page_body
from gateway.api.writing import Answer, caller, now, services, write_once
from gateway.auth.oauth import authorised
from gateway.db.unit_of_work import UnitOfWork
from gateway.refusal import ApiProblem
from gateway.signing_requests import NewRequest, NewStep, cancel_request, open_request, refuse_request
from signing.files.registry import FORMATS
from signing.model import PADES, Level
from signing.request_flow import progress_percent, waits_for_number
from signing.states import FINAL, DocumentState, RequestState
from signing.store import SigningRequestRow, SigningStepRow

blueprint = APIBlueprint(
    "signing-requests", __name__, url_prefix="/v1", abp_tags=[Tag(name="signing")], abp_security=[{"oauth2": []}]
)


class RequestPath(BaseModel):
    request_id: str = Field(..., max_length=36)


class SignedDocumentPath(RequestPath):
    document_id: str = Field(..., max_length=36, description="The id under which the document was uploaded")


class StrictBody(BaseModel):
    """A body in which a name we do not know is an error: it is a typing mistake, and would otherwise be lost."""

    model_config = ConfigDict(extra="forbid")


class StepIn(StrictBody):
    """One signer's turn."""

    profile: str = Field(..., max_length=60, examples=["person"])
    certificate_id: str | None = Field(
        None, max_length=36, description="From the certificate inventory; left out where a role takes the step up"
    )
    signer_role: str | None = Field(
        None, min_length=1, max_length=120, description="Who may approve or take up the step", examples=["chu-tich"]
    )
    needs_approval: bool = Field(False, description="Wait for POST …/steps/{position}/approve before signing")
    stage: int | None = Field(
        None, ge=1, le=25, description="Steps of one stage sign in any order; each step its own stage by default"
    )
    quorum: int | None = Field(None, ge=1, le=25, description="So many of the stage's steps suffice; all by default")
    expires_at: AwareDatetime | None = None
    placement: dict[str, Any] | None = Field(None, description="Over the profile's own placement, e.g. another title")
    stamp: dict[str, str] | None = Field(
        None, max_length=8, description="Texts for the profile's stamp", examples=[{"copy_form": "SAO Y"}]
    )

    def asked(self) -> NewStep:
        """Return the step as the journeys take it."""
        return NewStep(
            self.profile,
            self.certificate_id,
            self.placement,
            self.stamp,
            signer_role=self.signer_role,
            needs_approval=self.needs_approval,
            stage=self.stage,
            quorum=self.quorum,
            expires_at=self.expires_at,
        )


class NumberedFieldIn(StrictBody):
    """A text field for the number or the date: one that the document has, or one that is put in before it is signed."""

    text: str = Field(..., min_length=1, max_length=200, examples=["{number}", "ngày {day} tháng {month} năm {year}"])
    field_name: str | None = Field(None, min_length=1, max_length=200, description="Of a form field in the document")
    placement: dict[str, Any] | None = Field(None, description="beside-text, page-rectangle or page-corner")
    size_pt: float = Field(13, ge=6, le=36)
    width_mm: float = Field(40, ge=5, le=180)
    align: Literal["left", "centre", "right"] = "left"


class NumberingIn(StrictBody):
    """Number and date that are given between two signatures (POST …/numbers)."""

    before_step: int = Field(..., ge=0, le=24, description="The first step that signs what is numbered, from 0")
    fields: list[NumberedFieldIn] = Field(..., min_length=1, max_length=6)


class SigningRequestIn(StrictBody):
    """What is to be signed, by whom, in which order."""

    dossier_code: str = Field(..., min_length=1, max_length=120, examples=["HS-2026-00123"])
    title: str = Field(..., min_length=1, max_length=500)
    document_ids: list[str] = Field(..., min_length=1)
    steps: list[StepIn] = Field(..., min_length=1, max_length=25)
    format: str = Field(
        PADES, max_length=20, description=f"{PADES} for PDF files; {', '.join(FORMATS)} for files of any kind"
    )
    level: Level | None = Field(None, description="Of every signature; the profile's own by default")
    numbering: NumberingIn | None = None
    over_broken: bool = Field(
        False, description="Sign PDFs in which an earlier signature does not hold; refused without it"
    )
    expires_at: AwareDatetime | None = None


class ReasonIn(StrictBody):
    """Why a request is ended."""

    reason: str = Field(..., min_length=1, max_length=1000)


class SignatureOut(BaseModel):
    document_id: str
    field_name: str
    page: int | None = Field(None, description="From 1; none when invisible")
    rectangle: list[float] | None
    level: str
    signed_at: str


class ActOut(BaseModel):
    """What a person did about a request."""

    act: str
    step: int | None
    actor: str
    actor_role: str | None
    from_address: str | None
    text: str | None
    acted_at: str


class StepOut(BaseModel):
    position: int
    stage: int
    quorum: int | None
    profile: str
    certificate_id: str | None
    signer_role: str | None
    needs_approval: bool
    expires_at: str | None
    state: str
    problem_code: str | None
    problem_detail: str | None
    completed_at: str | None
    signatures: list[SignatureOut]


class RequestDocumentOut(BaseModel):
    original_document_id: str
    current_document_id: str
    state: str
    number: dict[str, str] | None = Field(None, description="Number and date that were given")
    problem_code: str | None
    problem_detail: str | None


class SigningRequestOut(BaseModel):
    """A signing request as the API shows it."""

    id: str
    unit_id: str
    dossier_code: str
    title: str
    format: str
    level: Level | None
    waits_for_number: bool
    over_broken: bool
    state: RequestState
    problem_code: str | None
    problem_detail: str | None
    progress_percent: int
    documents: list[RequestDocumentOut]
    steps: list[StepOut]
    acts: list[ActOut]
    expires_at: str | None
    created_at: str
    updated_at: str


class SigningRequestPage(BaseModel):
    items: list[SigningRequestOut]
    next_cursor: str | None


class RequestListQuery(PageQuery):
    state: str | None = Field(None, max_length=20)


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _step(step: SigningStepRow) -> StepOut:
    signatures = [
        SignatureOut(
            document_id=signature.output_document_id,
            field_name=signature.field_name,
            page=None if signature.page_index is None else signature.page_index + 1,
            rectangle=signature.rectangle,
            level=signature.level,
            signed_at=signature.signed_at.isoformat(),
        )
        for signature in step.signatures
    ]
    return StepOut(
        position=step.position,
        stage=step.stage,
        quorum=step.quorum,
        signer_role=step.signer_role,
        needs_approval=step.needs_approval,
        expires_at=_text(step.expires_at),
        profile=step.profile_code,
        certificate_id=step.certificate_id,
        state=step.state,
        problem_code=step.problem_code,
        problem_detail=step.problem_detail,
        completed_at=_text(step.completed_at),
        signatures=signatures,
    )


def render(row: SigningRequestRow) -> dict[str, Any]:
    """Return a signing request as the API shows it."""
    positions = {step.id: step.position for step in row.steps}
    return SigningRequestOut(
        id=row.id,
        unit_id=row.unit_id,
        dossier_code=row.dossier_code,
        title=row.title,
        format=row.format,
        level=Level(row.level) if row.level else None,
        waits_for_number=row.state not in FINAL and waits_for_number(row),
        over_broken=row.over_broken,
        state=RequestState(row.state),
        problem_code=row.problem_code,
        problem_detail=row.problem_detail,
        progress_percent=progress_percent(row),
        documents=[
            RequestDocumentOut(
                original_document_id=document.original_document_id,
                current_document_id=document.current_document_id,
                state=document.state,
                number=document.number,
                problem_code=document.problem_code,
                problem_detail=document.problem_detail,
            )
            for document in row.documents
        ],
        steps=[_step(step) for step in row.steps],
        acts=[
            ActOut(
                act=act.act,
                step=positions.get(act.step_id or ""),
                actor=act.actor,
                actor_role=act.actor_role,
                from_address=act.from_address,
                text=act.text,
                acted_at=act.acted_at.isoformat(),
            )
            for act in row.acts
        ],
        expires_at=_text(row.expires_at),
        created_at=row.created_at.isoformat(),
        updated_at=row.updated_at.isoformat(),
    ).model_dump()


def get_request(work: UnitOfWork, request_id: str, *, lock: bool = False) -> SigningRequestRow:
    """Return a request of the caller's units, or refuse as if it did not exist."""
    row = work.signing.find(request_id, caller().unit_ids, lock=lock)
    if row is None:
        raise ApiProblem("signing-request-not-found")
    return row


@blueprint.post("/signing-requests", summary="Ask for signatures", responses={201: SigningRequestOut})
@authorised("signing:write")
def create(body: SigningRequestIn) -> Response:
    """Check documents, profiles and certificates, then let the workers sign.

    What cannot succeed is refused here, before any PIN is used: a document that is encrypted or damaged, a
    certificate that is unknown, held, expired or does not fit its profile.
    """
    limit = services().settings.limits.documents_per_request
    if len(body.document_ids) > limit:
        raise ApiProblem("too-many-documents", f"at most {limit}", limit=limit)
    steps = tuple(step.asked() for step in body.steps)
    numbering = body.numbering.model_dump() if body.numbering else None

    def make(work: UnitOfWork) -> Answer:
        documents = tuple(get_document(work, document_id) for document_id in body.document_ids)
        request = NewRequest(
            body.dossier_code, body.title, documents, steps, body.expires_at, body.format, body.level, numbering
        )
        request = replace(request, over_broken=body.over_broken)
        return render(open_request(services(), work, caller(), request, now())), 201

    return write_once(body, make)


@blueprint.get("/signing-requests", summary="List signing requests", responses={200: SigningRequestPage})
@authorised("signing:read")
def list_requests(query: RequestListQuery) -> dict[str, Any]:
    """Newest first."""
    with services().unit_of_work(read_only=True) as work:
        rows = work.signing.page(caller().unit_ids, before_id=query.before_id(), limit=query.limit, state=query.state)
        return page_body(rows, query, lambda row: row.id, render)


@blueprint.get("/signing-requests/<request_id>", summary="Follow a signing request", responses={200: SigningRequestOut})
@authorised("signing:read")
def show(path: RequestPath) -> dict[str, Any]:
    """Say where a request stands, step by step, and what stands in its way."""
    with services().unit_of_work(read_only=True) as work:
        return render(get_request(work, path.request_id))


@blueprint.post(
    "/signing-requests/<request_id>/cancel", summary="Cancel a signing request", responses={200: SigningRequestOut}
)
@authorised("signing:write")
def cancel(path: RequestPath, body: ReasonIn) -> Response:
    """End a request before its last signature; what is signed already stays on file."""

    def end(work: UnitOfWork) -> Answer:
        row = get_request(work, path.request_id, lock=True)
        cancel_request(work, row, caller().actor, body.reason, now())
        return render(row), 200

    return write_once(body, end)


@blueprint.post("/signing-requests/<request_id>/refuse", summary="Refuse to sign", responses={200: SigningRequestOut})
@authorised("signing:write")
def refuse(path: RequestPath, body: ReasonIn) -> Response:
    """Record that the signer refuses, with the reason; nothing more is signed."""

    def end(work: UnitOfWork) -> Answer:
        row = get_request(work, path.request_id, lock=True)
        refuse_request(work, row, caller().actor, body.reason, now())
        return render(row), 200

    return write_once(body, end)


@blueprint.get(
    "/signing-requests/<request_id>/documents/<document_id>/signed",
    summary="Download the signed document",
    responses={200: file_answer("application/pdf", *sorted({known.media_type for known in FORMATS.values()}))},
)
@authorised("signing:read")
def signed(path: SignedDocumentPath) -> Response:
    """Send the newest revision of a document that every step has signed, even where another document failed."""
    with services().unit_of_work(read_only=True) as work:
        row = get_request(work, path.request_id)
        for document in row.documents:
            if document.original_document_id == path.document_id:
                if document.state != DocumentState.SIGNED:
                    raise ApiProblem("not-signed-yet", f"the document is {document.state}, the request {row.state}")
                return file_response(get_document(work, document.current_document_id))
        raise ApiProblem("document-not-found")
