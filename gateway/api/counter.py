"""/v1/fee-orders/{id}/counter-payments and /v1/counter-payments: money taken at the counter by finance staff."""

from typing import Any, Literal

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from gateway.api.fee_order_models import OrderPath
from gateway.api.fee_orders import get_order
from gateway.api.refunds import DecisionIn, OfficerIn
from gateway.api.writing import Answer, caller, now, services, write_once
from gateway.auth.oauth import authorised
from gateway.db.unit_of_work import UnitOfWork
from gateway.payment_events import recorder
from payments.errors import CounterPaymentNotFound
from payments.journeys import CounterTaking, take_at_counter, void_counter_payment
from payments.money import VND, Money
from payments.store.counter_tables import CounterMethod, CounterPaymentRow

blueprint = APIBlueprint(
    "counter", __name__, url_prefix="/v1", abp_tags=[Tag(name="fees")], abp_security=[{"oauth2": []}]
)


class CounterPaymentPath(BaseModel):
    payment_id: str = Field(..., max_length=36)


class CounterPaymentIn(OfficerIn):
    """What was received; a card payment names its terminal and slip."""

    method: Literal["cash", "pos"]
    amount_minor: int = Field(
        ..., gt=0, le=10**15, description="Whole VND, exactly what the order comes to", strict=True
    )
    terminal: str = Field("", max_length=40, description="The POS terminal's id")
    slip_number: str = Field("", max_length=40, description="Number on the card slip; it proves one payment")


class CounterPaymentOut(BaseModel):
    """A payment at the counter; one that was taken back says by whom, when and why."""

    id: str
    order_id: str
    attempt_id: str
    method: str
    amount_minor: int
    currency: str
    received_by: str
    received_at: str
    terminal: str | None
    slip_number: str | None
    voided_at: str | None
    voided_by: str | None
    void_reason: str | None


class CounterPayments(BaseModel):
    items: list[CounterPaymentOut]


def render(row: CounterPaymentRow) -> dict[str, Any]:
    """Return a payment as the API shows it."""
    plain = {name: getattr(row, name) for name in CounterPaymentOut.model_fields}
    moments = {
        "received_at": row.received_at.isoformat(),
        "voided_at": row.voided_at.isoformat() if row.voided_at else None,
    }
    return CounterPaymentOut(**{**plain, **moments}).model_dump()


@blueprint.post(
    "/fee-orders/<order_id>/counter-payments", summary="Enter a counter payment", responses={201: CounterPaymentOut}
)
@authorised("counter:write")
def take(path: OrderPath, body: CounterPaymentIn) -> Response:
    """Book cash or a card payment that a named officer received; the order is paid and its receipts follow."""

    def make(work: UnitOfWork) -> Answer:
        order = get_order(work, path.order_id)
        amount = Money(body.amount_minor, VND)
        taking = CounterTaking(CounterMethod(body.method), amount, body.officer, body.terminal, body.slip_number)
        record = recorder(work, caller().actor, now())
        return render(take_at_counter(work.payments, order.id, taking, now=now(), record=record)), 201

    return write_once(body, make)


@blueprint.get(
    "/fee-orders/<order_id>/counter-payments", summary="List counter payments", responses={200: CounterPayments}
)
@authorised("fees:read")
def of_order(path: OrderPath) -> dict[str, Any]:
    """Of one order, those that were taken back too, oldest first."""
    with services().unit_of_work(read_only=True) as work:
        order = get_order(work, path.order_id)
        return {"items": [render(row) for row in work.payments.counter.of_order(order.id)]}


@blueprint.post(
    "/counter-payments/<payment_id>/void", summary="Take a counter payment back", responses={200: CounterPaymentOut}
)
@authorised("counter:write")
def void(path: CounterPaymentPath, body: DecisionIn) -> Response:
    """Take back a payment that was entered wrongly today, by another person than who received it."""

    def end(work: UnitOfWork) -> Answer:
        known = work.payments.counter.get(path.payment_id)
        if known.unit_id not in caller().unit_ids:
            raise CounterPaymentNotFound(f"there is no counter payment {path.payment_id}")
        record = recorder(work, caller().actor, now())
        row = void_counter_payment(work.payments, path.payment_id, body.officer, body.reason, now=now(), record=record)
        return render(row), 200

    return write_once(body, end)
