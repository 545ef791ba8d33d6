"""/v1/validations: are the signatures in this document good, and why."""

import secrets
from typing import Any

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from config.identifiers import new_id
from gateway.api.documents import get_document
from gateway.api.signing_requests import StrictBody
from gateway.api.writing import Answer, caller, now, services, write_once
from gateway.auth.oauth import authorised
from gateway.db.tables.documents import ValidationRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.refusal import ApiProblem

blueprint = APIBlueprint(
    "validations", __name__, url_prefix="/v1", abp_tags=[Tag(name="validation")], abp_security=[{"oauth2": []}]
)


class ValidationPath(BaseModel):
    validation_id: str = Field(..., max_length=36)


class ValidationIn(StrictBody):
    document_id: str = Field(..., max_length=36)


class ValidationOut(BaseModel):
    """A validation: its state and, when completed, the report (ETSI EN 319 102-1 indications)."""

    id: str
    document_id: str
    state: str
    problem_code: str | None
    report: dict[str, Any] | None
    created_at: str
    completed_at: str | None


def render(row: ValidationRow) -> dict[str, Any]:
    """Return a validation as the API shows it."""
    return ValidationOut(
        id=row.id,
        document_id=row.document_id,
        state=row.state,
        problem_code=row.problem_code,
        report=row.report,
        created_at=row.created_at.isoformat(),
        completed_at=row.completed_at.isoformat() if row.completed_at else None,
    ).model_dump()


@blueprint.post("/validations", summary="Validate a document's signatures", responses={202: ValidationOut})
@authorised("validations:write")
def create(body: ValidationIn) -> Response:
    """Start a validation; a worker looks, because certificates' status may have to be fetched. Poll for the report."""

    def make(work: UnitOfWork) -> Answer:
        document = get_document(work, body.document_id)
        row = ValidationRow(
            id=new_id(),
            unit_id=document.unit_id,
            document_id=document.id,
            public_code=secrets.token_urlsafe(24),
            state="waiting",
            created_at=now(),
        )
        work.session.add(row)
        work.due("validation", row.id, row.unit_id, now())
        work.audited(caller().actor, "validation.asked", row.id, row.unit_id, now(), document_id=document.id)
        return render(row), 202

    return write_once(body, make)


@blueprint.get("/validations/<validation_id>", summary="Read a validation report", responses={200: ValidationOut})
@authorised("validations:read")
def show(path: ValidationPath) -> dict[str, Any]:
    """Say where the validation stands, and give the report once it is there."""
    with services().unit_of_work(read_only=True) as work:
        row = work.session.get(ValidationRow, path.validation_id)
        if row is None or row.unit_id not in caller().unit_ids:
            raise ApiProblem("validation-not-found")
        return render(row)
