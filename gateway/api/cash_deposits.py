"""/v1/cash-deposits: cash from the drawer to the bank, by two named people."""

from typing import Any

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from gateway.api.paging import PageQuery, page_body
from gateway.api.refunds import DecisionIn, OfficerIn
from gateway.api.writing import Answer, caller, now, services, write_once
from gateway.auth.oauth import authorised
from gateway.db.unit_of_work import UnitOfWork
from gateway.payment_events import recorder
from payments.errors import CashDepositNotFound
from payments.journeys import cancel_deposit, hand_over_deposit, prepare_deposit
from payments.money import VND, Money
from payments.states import DepositState
from payments.store.deposit_tables import CashDepositRow

blueprint = APIBlueprint(
    "cash_deposits", __name__, url_prefix="/v1", abp_tags=[Tag(name="money")], abp_security=[{"oauth2": []}]
)


class CashDepositPath(BaseModel):
    deposit_id: str = Field(..., max_length=36)


class CashDepositIn(OfficerIn):
    """What is counted out of the drawer, and for which of the unit's accounts."""

    amount_minor: int = Field(..., gt=0, le=10**15, description="Whole VND, at most what the drawer holds", strict=True)
    account_number: str = Field(..., min_length=1, max_length=40)


class CashHandOverIn(OfficerIn):
    slip_number: str = Field(..., min_length=1, max_length=40, description="Number of the bank's slip")


class CashDepositOut(BaseModel):
    """A pay-in; transfer_content is what the bank's slip should say, so that the statement is recognised."""

    id: str
    state: str
    amount_minor: int
    currency: str
    account_number: str
    transfer_content: str
    prepared_by: str
    prepared_at: str
    handed_over_by: str | None
    handed_over_at: str | None
    slip_number: str | None
    arrived_at: str | None
    cancelled_by: str | None
    cancelled_at: str | None
    cancel_reason: str | None


class CashDepositPage(BaseModel):
    items: list[CashDepositOut]
    next_cursor: str | None


class CashDepositQuery(PageQuery):
    state: DepositState | None = None


MOMENTS = ("prepared_at", "handed_over_at", "arrived_at", "cancelled_at")


def render(row: CashDepositRow) -> dict[str, Any]:
    """Return a pay-in as the API shows it."""
    plain = {name: getattr(row, name) for name in CashDepositOut.model_fields if name != "transfer_content"}
    moments = {name: moment.isoformat() if (moment := getattr(row, name)) else None for name in MOMENTS}
    return CashDepositOut(**{**plain, **moments, "transfer_content": row.transfer_reference}).model_dump()


@blueprint.post("/cash-deposits", summary="Prepare a cash deposit", responses={201: CashDepositOut})
@authorised("counter:write")
def prepare(body: CashDepositIn) -> Response:
    """Count cash out of the drawer for one of the unit's bank accounts; another person hands it over."""

    def make(work: UnitOfWork) -> Answer:
        row = prepare_deposit(
            work.payments,
            caller().unit_id,
            Money(body.amount_minor, VND),
            body.account_number,
            body.officer,
            now=now(),
            record=recorder(work, caller().actor, now()),
        )
        return render(row), 201

    return write_once(body, make)


@blueprint.get("/cash-deposits", summary="List cash deposits", responses={200: CashDepositPage})
@authorised("finance:read")
def list_deposits(query: CashDepositQuery) -> dict[str, Any]:
    """Newest first, of the caller's own unit; `state=handed-over` for what no statement has shown yet."""
    states = (query.state,) if query.state else ()
    with services().unit_of_work(read_only=True) as work:
        rows = work.payments.deposits.list_deposits(
            caller().unit_id, states=states, before_id=query.before_id(), limit=query.limit
        )
        return page_body(rows, query, lambda row: row.id, render)


@blueprint.get("/cash-deposits/<deposit_id>", summary="Follow a cash deposit", responses={200: CashDepositOut})
@authorised("finance:read")
def show(path: CashDepositPath) -> dict[str, Any]:
    """Say where a pay-in stands."""
    with services().unit_of_work(read_only=True) as work:
        return render(_own(work, path.deposit_id))


@blueprint.post("/cash-deposits/<deposit_id>/hand-over", summary="Hand cash over", responses={200: CashDepositOut})
@authorised("counter:write")
def hand_over(path: CashDepositPath, body: CashHandOverIn) -> Response:
    """Note that the bank took the cash and gave a slip, by another person than who prepared it."""

    def end(work: UnitOfWork) -> Answer:
        row = _own(work, path.deposit_id)
        record = recorder(work, caller().actor, now())
        return render(
            hand_over_deposit(work.payments, row.id, body.slip_number, body.officer, now=now(), record=record)
        ), 200

    return write_once(body, end)


@blueprint.post("/cash-deposits/<deposit_id>/cancel", summary="Cancel a cash deposit", responses={200: CashDepositOut})
@authorised("counter:write")
def cancel(path: CashDepositPath, body: DecisionIn) -> Response:
    """Note that the cash is in the drawer again; of what was handed over, by another person than who did that."""

    def end(work: UnitOfWork) -> Answer:
        row = _own(work, path.deposit_id)
        record = recorder(work, caller().actor, now())
        return render(cancel_deposit(work.payments, row.id, body.officer, body.reason, now=now(), record=record)), 200

    return write_once(body, end)


def _own(work: UnitOfWork, deposit_id: str) -> CashDepositRow:
    row = work.payments.deposits.get(deposit_id)
    if row.unit_id not in caller().unit_ids:
        raise CashDepositNotFound(f"there is no cash deposit {deposit_id}")
    return row
