"""/v1/timestamps: proof that a digest or a document existed at a moment (RFC 3161)."""

import base64
import hashlib
from typing import Any, Literal, Self

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field, model_validator

from config.identifiers import new_id
from gateway.api.description import file_answer
from gateway.api.documents import get_document
from gateway.api.signing_requests import StrictBody
from gateway.api.writing import Answer, caller, now, services, write_once
from gateway.auth.oauth import authorised
from gateway.db.tables.documents import DocumentRow
from gateway.db.tables.evidence import TimestampRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.refusal import ApiProblem
from signing.timestamps.tokens import DIGEST_SIZES

# ETSI EN 319 422 V1.1.1, 7.2 and annex B.
TOKEN_MEDIA_TYPE = "application/vnd.etsi.timestamp-token"  # noqa: S105 - a media type

blueprint = APIBlueprint(
    "timestamps", __name__, url_prefix="/v1", abp_tags=[Tag(name="evidence")], abp_security=[{"oauth2": []}]
)


class TimestampPath(BaseModel):
    timestamp_id: str = Field(..., max_length=36)


class TimestampIn(StrictBody):
    document_id: str | None = Field(None, max_length=36, description="Stamps the digest of the document's bytes")
    digest: str | None = Field(None, max_length=128, pattern="^[0-9a-fA-F]*$", description="In hexadecimal")
    digest_algorithm: Literal["sha256", "sha384", "sha512"] = "sha256"

    @model_validator(mode="after")
    def _one_subject(self) -> Self:
        if (self.document_id is None) == (self.digest is None):
            raise ValueError("give either document_id or digest")
        if self.digest is not None and len(self.digest) != 2 * DIGEST_SIZES[self.digest_algorithm]:
            raise ValueError("the digest is not as long as its algorithm makes it")
        return self


class TimestampOut(BaseModel):
    """A time-stamp: its state and, when completed, the token in base64 with the moment that it proves."""

    id: str
    document_id: str | None
    digest_algorithm: str
    digest: str
    state: str
    gen_time: str | None
    authority_name: str | None
    policy: str | None
    token: str | None
    problem_code: str | None
    created_at: str
    completed_at: str | None


def render(row: TimestampRow) -> dict[str, Any]:
    """Return a time-stamp as the API shows it."""
    return TimestampOut(
        id=row.id,
        document_id=row.document_id,
        digest_algorithm=row.digest_algorithm,
        digest=row.digest,
        state=row.state,
        gen_time=row.gen_time.isoformat() if row.gen_time else None,
        authority_name=row.authority_name,
        policy=row.policy,
        token=base64.b64encode(row.token).decode("ascii") if row.token else None,
        problem_code=row.problem_code,
        created_at=row.created_at.isoformat(),
        completed_at=row.completed_at.isoformat() if row.completed_at else None,
    ).model_dump()


@blueprint.post("/timestamps", summary="Have a digest or a document time-stamped", responses={202: TimestampOut})
@authorised("evidence:write")
def create(body: TimestampIn) -> Response:
    """Start to get a token; a worker asks the authorities in turn and checks their answer. Poll for the token."""

    def make(work: UnitOfWork) -> Answer:
        document = get_document(work, body.document_id) if body.document_id is not None else None
        row = TimestampRow(
            id=new_id(),
            unit_id=document.unit_id if document else caller().unit_id,
            document_id=document.id if document else None,
            digest_algorithm=body.digest_algorithm,
            digest=_digest(document, body.digest_algorithm) if document else (body.digest or "").lower(),
            state="waiting",
            created_by=caller().actor,
            created_at=now(),
        )
        work.session.add(row)
        work.due("timestamp", row.id, row.unit_id, now())
        details = {"document_id": row.document_id, "digest": row.digest}
        work.audited(caller().actor, "timestamp.asked", row.id, row.unit_id, now(), **details)
        return render(row), 202

    return write_once(body, make)


@blueprint.get("/timestamps/<timestamp_id>", summary="Read a time-stamp", responses={200: TimestampOut})
@authorised("evidence:read")
def show(path: TimestampPath) -> dict[str, Any]:
    """Say where the time-stamp stands, and give its token once it is there."""
    with services().unit_of_work(read_only=True) as work:
        return render(_get(work, path.timestamp_id))


@blueprint.get(
    "/timestamps/<timestamp_id>/token",
    summary="Download a time-stamp's token (DER)",
    responses={200: file_answer(TOKEN_MEDIA_TYPE, description="The TimeStampToken of RFC 3161, DER")},
)
@authorised("evidence:read")
def token(path: TimestampPath) -> Response:
    """Send the token as the authority gave it."""
    with services().unit_of_work(read_only=True) as work:
        row = _get(work, path.timestamp_id)
    if row.token is None:
        raise ApiProblem("timestamp-not-ready")
    response = Response(row.token, mimetype=TOKEN_MEDIA_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="{row.id}.tst"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _digest(document: DocumentRow, algorithm: str) -> str:
    if algorithm == "sha256":
        return document.sha256
    with services().blobs.local(document.sha256) as path, path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def _get(work: UnitOfWork, timestamp_id: str) -> TimestampRow:
    row = work.session.get(TimestampRow, timestamp_id)
    if row is None or row.unit_id not in caller().unit_ids:
        raise ApiProblem("timestamp-not-found")
    return row
