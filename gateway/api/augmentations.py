"""/v1/augmentations: raise the signatures in a document to a level that proves itself for longer."""

from typing import Any, Literal

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from config.identifiers import new_id
from gateway.api.documents import get_document
from gateway.api.signing_requests import StrictBody
from gateway.api.writing import Answer, caller, now, services, write_once
from gateway.auth.oauth import authorised
from gateway.db.tables.evidence import AugmentationRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.refusal import ApiProblem

blueprint = APIBlueprint(
    "augmentations", __name__, url_prefix="/v1", abp_tags=[Tag(name="evidence")], abp_security=[{"oauth2": []}]
)


class AugmentationPath(BaseModel):
    augmentation_id: str = Field(..., max_length=36)


class AugmentationIn(StrictBody):
    document_id: str = Field(..., max_length=36)
    level: Literal["B-T", "B-LT", "B-LTA"] = Field(
        ..., description="B-LTA for a document at B-LTA adds one more archive time-stamp"
    )


class AugmentationOut(BaseModel):
    """An augmentation: its state and, when completed, the document's new revision.

    problem_code says what a waiting one waits for, and why a failed one failed.
    """

    id: str
    document_id: str
    level: str
    state: str
    result_document_id: str | None
    problem_code: str | None
    problem_detail: str | None
    created_at: str
    completed_at: str | None


def render(row: AugmentationRow) -> dict[str, Any]:
    """Return an augmentation as the API shows it."""
    return AugmentationOut(
        id=row.id,
        document_id=row.document_id,
        level=row.level,
        state=row.state,
        result_document_id=row.result_document_id,
        problem_code=row.problem_code,
        problem_detail=row.problem_detail,
        created_at=row.created_at.isoformat(),
        completed_at=row.completed_at.isoformat() if row.completed_at else None,
    ).model_dump()


@blueprint.post(
    "/augmentations", summary="Raise a document's signatures to a higher level", responses={202: AugmentationOut}
)
@authorised("evidence:write")
def create(body: AugmentationIn) -> Response:
    """Start to raise every signature in a document, whoever made it.

    A worker does it, because authorities and responders must answer; it tries again while they do not. The result is
    a new revision: wait for the event `augmentation.completed`, or poll. What reaches B-LTA is stamped again in time.
    """

    def make(work: UnitOfWork) -> Answer:
        document = get_document(work, body.document_id)
        row = AugmentationRow(
            id=new_id(),
            unit_id=document.unit_id,
            document_id=document.id,
            level=body.level,
            state="waiting",
            created_by=caller().actor,
            created_at=now(),
        )
        work.session.add(row)
        work.due("augmentation", row.id, row.unit_id, now())
        details = {"document_id": document.id, "level": body.level}
        work.audited(caller().actor, "augmentation.asked", row.id, row.unit_id, now(), **details)
        return render(row), 202

    return write_once(body, make)


@blueprint.get("/augmentations/<augmentation_id>", summary="Read an augmentation", responses={200: AugmentationOut})
@authorised("evidence:read")
def show(path: AugmentationPath) -> dict[str, Any]:
    """Say where the augmentation stands, and name the new revision once it is there."""
    with services().unit_of_work(read_only=True) as work:
        row = work.session.get(AugmentationRow, path.augmentation_id)
        if row is None or row.unit_id not in caller().unit_ids:
            raise ApiProblem("augmentation-not-found")
        return render(row)
