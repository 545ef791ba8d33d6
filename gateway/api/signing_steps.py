"""/v1/signing-requests/…/steps: approve, refuse, delegate; and comments on a request.

Until people sign in here themselves, the calling system names the person, their role and address, and vouches for them.
"""

import datetime
from ipaddress import ip_address

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import Field, field_validator

from gateway.api.signing_requests import RequestPath, SigningRequestOut, StrictBody, get_request, render
from gateway.api.writing import Answer, caller, now, services, write_once
from gateway.auth.oauth import authorised
from gateway.db.unit_of_work import UnitOfWork
from gateway.numbering import given_number
from gateway.signing_steps import (
    Actor,
    add_comment,
    approve_step,
    delegate_step,
    find_step,
    number_documents,
    refuse_step,
)

blueprint = APIBlueprint(
    "signing-steps", __name__, url_prefix="/v1", abp_tags=[Tag(name="signing")], abp_security=[{"oauth2": []}]
)


class StepPath(RequestPath):
    position: int = Field(..., ge=0, le=24, description="From 0, as the request shows it")


class ActingIn(StrictBody):
    """Who acts."""

    actor: str = Field(..., min_length=1, max_length=120, examples=["nguyen.van.vi.du"])
    actor_role: str | None = Field(None, min_length=1, max_length=120, examples=["chu-tich"])
    from_address: str | None = Field(None, max_length=45, description="The IP address that the person acted from")

    @field_validator("from_address")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        return None if value is None else str(ip_address(value))

    def person(self) -> Actor:
        """Return the person as the journeys take them."""
        return Actor(self.actor, self.actor_role, self.from_address)


class ApprovalIn(ActingIn):
    """A yes to a step."""

    certificate_id: str | None = Field(None, max_length=36, description="Needed where the step is for a role")
    comment: str | None = Field(None, max_length=1000)


class RefusalIn(ActingIn):
    """A no to a step."""

    reason: str = Field(..., min_length=1, max_length=1000)


class DelegationIn(ActingIn):
    """A step for somebody else."""

    certificate_id: str = Field(..., max_length=36)
    reason: str = Field(..., min_length=1, max_length=1000)


class CommentIn(ActingIn):
    """A remark."""

    text: str = Field(..., min_length=1, max_length=4000)


class NumberIn(StrictBody):
    """One document's number and date."""

    document_id: str = Field(..., max_length=36, description="The id under which the document was uploaded")
    number: str = Field(..., min_length=1, max_length=100, examples=["123/QĐ-UBND"])
    date: datetime.date


class NumbersIn(ActingIn):
    """Numbers and dates, by whoever keeps the register."""

    numbers: list[NumberIn] = Field(..., min_length=1, max_length=500)


@blueprint.post(
    "/signing-requests/<request_id>/numbers", summary="Number the documents", responses={200: SigningRequestOut}
)
@authorised("signing:write")
def number(path: RequestPath, body: NumbersIn) -> Response:
    """Give documents their number and date; the step that waits for them writes both into the PDF before it signs."""
    given = {item.document_id: given_number(item.number, item.date) for item in body.numbers}

    def act(work: UnitOfWork) -> Answer:
        row = get_request(work, path.request_id, lock=True)
        number_documents(work, caller(), row, given, body.person(), now())
        return render(row), 200

    return write_once(body, act)


@blueprint.post(
    "/signing-requests/<request_id>/steps/<position>/approve",
    summary="Approve a step",
    responses={200: SigningRequestOut},
)
@authorised("signing:write")
def approve(path: StepPath, body: ApprovalIn) -> Response:
    """Let a step sign that waits for a yes; a step for a role is taken up with a certificate."""

    def act(work: UnitOfWork) -> Answer:
        row = get_request(work, path.request_id, lock=True)
        step = find_step(row, path.position)
        approve_step(services(), work, caller(), row, step, body.person(), body.certificate_id, body.comment, now())
        return render(row), 200

    return write_once(body, act)


@blueprint.post(
    "/signing-requests/<request_id>/steps/<position>/refuse",
    summary="Refuse a step",
    responses={200: SigningRequestOut},
)
@authorised("signing:write")
def refuse(path: StepPath, body: RefusalIn) -> Response:
    """Record a signer's no; the request ends with it unless enough others of its stage may still sign."""

    def act(work: UnitOfWork) -> Answer:
        row = get_request(work, path.request_id, lock=True)
        refuse_step(work, caller(), row, find_step(row, path.position), body.person(), body.reason, now())
        return render(row), 200

    return write_once(body, act)


@blueprint.post(
    "/signing-requests/<request_id>/steps/<position>/delegate",
    summary="Hand a step to another signer",
    responses={200: SigningRequestOut},
)
@authorised("signing:write")
def delegate(path: StepPath, body: DelegationIn) -> Response:
    """Give a step that has not signed to another certificate of the same role."""

    def act(work: UnitOfWork) -> Answer:
        row = get_request(work, path.request_id, lock=True)
        step = find_step(row, path.position)
        delegate_step(services(), work, caller(), row, step, body.person(), body.certificate_id, body.reason, now())
        return render(row), 200

    return write_once(body, act)


@blueprint.post(
    "/signing-requests/<request_id>/comments", summary="Comment on a request", responses={200: SigningRequestOut}
)
@authorised("signing:write")
def comment(path: RequestPath, body: CommentIn) -> Response:
    """Keep a remark beside the request."""

    def act(work: UnitOfWork) -> Answer:
        row = get_request(work, path.request_id, lock=True)
        add_comment(work, caller(), row, body.person(), body.text, now())
        return render(row), 200

    return write_once(body, act)
