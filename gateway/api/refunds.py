"""/v1/fee-orders/{id}/refunds and /v1/refunds: paying back, by two named people."""

from typing import Any, Literal

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from gateway.api.fee_order_models import OrderPath
from gateway.api.fee_orders import get_order
from gateway.api.paging import PageQuery, page_body
from gateway.api.signing_requests import StrictBody
from gateway.api.writing import Answer, caller, now, services, write_once
from gateway.auth.oauth import authorised
from gateway.db.unit_of_work import UnitOfWork
from gateway.payment_events import recorder
from gateway.refund_routes import ensure_route
from gateway.refusal import ApiProblem
from payments.errors import RefundNotFound
from payments.events import Record
from payments.journeys import (
    RefundWish,
    approve_refund,
    confirm_by_treasury,
    give_up_refund,
    hand_over_refund,
    reject_refund,
    request_proposed,
    request_refund,
)
from payments.money import VND, Money
from payments.states import RefundState
from payments.store.refund_tables import RefundRoute, RefundRow

blueprint = APIBlueprint(
    "refunds", __name__, url_prefix="/v1", abp_tags=[Tag(name="money")], abp_security=[{"oauth2": []}]
)


class RefundPath(BaseModel):
    refund_id: str = Field(..., max_length=36)


class OfficerIn(StrictBody):
    """The person who acts, as your system names them; the one who approves is not the one who asked."""

    officer: str = Field(..., min_length=1, max_length=120, examples=["nguyen.van.a"])


class DecisionIn(OfficerIn):
    reason: str = Field(..., min_length=1, max_length=500)


class HandOverIn(OfficerIn):
    paper_number: str = Field(..., min_length=1, max_length=60, description="Number of the order on paper")


class TreasuryPaymentIn(OfficerIn):
    treasury_account: str = Field(..., min_length=1, max_length=40, description="Account at the treasury that paid")
    document: str = Field(..., min_length=1, max_length=60, description="Number of the treasury's document")


class BeneficiaryIn(StrictBody):
    """Whom an order on paper pays."""

    name: str = Field(..., min_length=1, max_length=200)
    bank: str = Field(..., min_length=1, max_length=200)
    account: str = Field(..., min_length=1, max_length=40)


class RouteIn(OfficerIn):
    route: Literal["provider", "paper"] = Field(..., description="Through the provider, or on paper")
    beneficiary: BeneficiaryIn | None = Field(None, description="Needed on paper")


class RefundIn(RouteIn):
    amount_minor: int = Field(..., gt=0, le=10**15, description="Whole VND", strict=True)
    reason: str = Field(..., min_length=1, max_length=500)
    lines: dict[int, int] = Field(
        default_factory=dict, max_length=50, description="VND by the item's line_no; default from the first item on"
    )


class RefundOut(BaseModel):
    """A refund; proposals come from money that no open order was waiting for."""

    id: str
    order_id: str
    attempt_id: str
    state: RefundState
    source: str
    route: str | None
    amount_minor: int
    currency: str
    reason: str
    lines: dict[str, int]
    transfer_reference: str
    requested_by: str | None
    approved_by: str | None
    paper_number: str | None
    provider_transaction: str | None
    provider_code: str | None
    created_at: str
    sent_at: str | None
    ended_at: str | None
    ended_by: str | None
    end_reason: str | None
    on_statement: bool


class RefundPage(BaseModel):
    items: list[RefundOut]
    next_cursor: str | None


class OrderRefunds(BaseModel):
    items: list[RefundOut]


class RefundListQuery(PageQuery):
    state: RefundState | None = None


def render(row: RefundRow) -> dict[str, Any]:
    """Return a refund as the API shows it; whom it pays is not repeated."""
    moments = {name: getattr(row, name) for name in ("created_at", "sent_at", "ended_at")}
    return RefundOut(
        **{name: moment.isoformat() if moment else None for name, moment in moments.items()},
        **{name: getattr(row, name) for name in RefundOut.model_fields if hasattr(row, name) and name not in moments},
        on_statement=row.statement_entry_id is not None,
    ).model_dump()


def get_refund(work: UnitOfWork, refund_id: str) -> RefundRow:
    """Return a refund of the caller's units, or refuse as if it did not exist."""
    row = work.payments.refunds.get(refund_id)
    if row.unit_id not in caller().unit_ids:
        raise RefundNotFound(f"there is no refund {refund_id}")
    return row


def _limit() -> int:
    return services().settings.refunds.officer_day_limit_minor


def _record(work: UnitOfWork) -> Record:
    return recorder(work, caller().actor, now())


def _beneficiary(body: RouteIn) -> dict[str, str]:
    return body.beneficiary.model_dump() if body.beneficiary else {}


@blueprint.post("/fee-orders/<order_id>/refunds", summary="Ask for a refund", responses={201: RefundOut})
@authorised("refunds:request")
def ask(path: OrderPath, body: RefundIn) -> Response:
    """Ask to pay back part or all of what paid an order; the Idempotency-Key names the action and is required."""
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        raise ApiProblem("idempotency-key-missing")

    def make(work: UnitOfWork) -> Answer:
        ensure_route(services(), work, get_order(work, path.order_id).paid_attempt_id, RefundRoute(body.route))
        wish = RefundWish(
            amount=Money(body.amount_minor, VND),
            reason=body.reason,
            officer=body.officer,
            route=RefundRoute(body.route),
            action_key=key,
            lines=body.lines,
            beneficiary=_beneficiary(body),
        )
        row = request_refund(
            work.payments, path.order_id, wish, day_limit_minor=_limit(), now=now(), record=_record(work)
        )
        return render(row), 201

    return write_once(body, make)


@blueprint.get("/fee-orders/<order_id>/refunds", summary="List an order's refunds", responses={200: OrderRefunds})
@authorised("finance:read")
def of_order(path: OrderPath) -> dict[str, Any]:
    """Refunds and proposals of one order, oldest first."""
    with services().unit_of_work(read_only=True) as work:
        rows = work.payments.refunds.of_order(get_order(work, path.order_id).id)
        return {"items": [render(row) for row in rows]}


@blueprint.get("/refunds", summary="List refunds", responses={200: RefundPage})
@authorised("finance:read")
def list_refunds(query: RefundListQuery) -> dict[str, Any]:
    """Newest first, of the caller's own unit; `state=proposed` for what waits for a person."""
    states = (query.state,) if query.state else ()
    with services().unit_of_work(read_only=True) as work:
        rows = work.payments.refunds.list_refunds(
            caller().unit_id, states=states, before_id=query.before_id(), limit=query.limit
        )
        return page_body(rows, query, lambda row: row.id, render)


@blueprint.get("/refunds/<refund_id>", summary="Follow a refund", responses={200: RefundOut})
@authorised("finance:read")
def show(path: RefundPath) -> dict[str, Any]:
    """Say where a refund stands."""
    with services().unit_of_work(read_only=True) as work:
        return render(get_refund(work, path.refund_id))


@blueprint.post("/refunds/<refund_id>/request", summary="Take up a proposal", responses={200: RefundOut})
@authorised("refunds:request")
def take_up(path: RefundPath, body: RouteIn) -> Response:
    """Ask, as a person, for what the books propose to pay back."""

    def change(work: UnitOfWork) -> Answer:
        ensure_route(services(), work, get_refund(work, path.refund_id).attempt_id, RefundRoute(body.route))
        row = request_proposed(
            work.payments,
            path.refund_id,
            body.officer,
            RefundRoute(body.route),
            _beneficiary(body),
            day_limit_minor=_limit(),
            now=now(),
            record=_record(work),
        )
        return render(row), 200

    return write_once(body, change)


@blueprint.post("/refunds/<refund_id>/approve", summary="Approve a refund", responses={200: RefundOut})
@authorised("refunds:approve")
def approve(path: RefundPath, body: OfficerIn) -> Response:
    """Approve as a second person; a refund by the provider is then sent."""

    def change(work: UnitOfWork) -> Answer:
        get_refund(work, path.refund_id)
        row = approve_refund(
            work.payments, path.refund_id, body.officer, day_limit_minor=_limit(), now=now(), record=_record(work)
        )
        return render(row), 200

    return write_once(body, change)


@blueprint.post("/refunds/<refund_id>/reject", summary="Reject a refund", responses={200: RefundOut})
@authorised("refunds:approve")
def reject(path: RefundPath, body: DecisionIn) -> Response:
    """Turn down a proposal or a request, with the reason."""

    def change(work: UnitOfWork) -> Answer:
        get_refund(work, path.refund_id)
        row = reject_refund(work.payments, path.refund_id, body.officer, body.reason, now=now(), record=_record(work))
        return render(row), 200

    return write_once(body, change)


@blueprint.post("/refunds/<refund_id>/hand-over", summary="Hand over an order on paper", responses={200: RefundOut})
@authorised("refunds:approve")
def hand_over(path: RefundPath, body: HandOverIn) -> Response:
    """Note that the order on paper went to the treasury or bank; its text must carry transfer_reference."""

    def change(work: UnitOfWork) -> Answer:
        get_refund(work, path.refund_id)
        row = hand_over_refund(
            work.payments, path.refund_id, body.officer, body.paper_number, now=now(), record=_record(work)
        )
        return render(row), 200

    return write_once(body, change)


@blueprint.post("/refunds/<refund_id>/treasury-payment", summary="Paid by the treasury", responses={200: RefundOut})
@authorised("refunds:approve")
def paid_by_treasury(path: RefundPath, body: TreasuryPaymentIn) -> Response:
    """Note that the treasury paid back what was handed over on paper, by another person than who asked for it."""

    def change(work: UnitOfWork) -> Answer:
        get_refund(work, path.refund_id)
        paid = (body.treasury_account, body.document, body.officer)
        return render(confirm_by_treasury(work.payments, path.refund_id, *paid, now=now(), record=_record(work))), 200

    return write_once(body, change)


@blueprint.post("/refunds/<refund_id>/give-up", summary="Give up a refund", responses={200: RefundOut})
@authorised("refunds:approve")
def give_up(path: RefundPath, body: DecisionIn) -> Response:
    """Note that an approved or sent refund will not arrive; what it owed can then be asked for anew."""

    def change(work: UnitOfWork) -> Answer:
        get_refund(work, path.refund_id)
        row = give_up_refund(work.payments, path.refund_id, body.officer, body.reason, now=now(), record=_record(work))
        return render(row), 200

    return write_once(body, change)
