"""/v1/fee-orders: what a dossier owes, and paying it."""

from datetime import datetime, timedelta
from typing import Any, Literal

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import AwareDatetime, BaseModel, Field

from gateway.api.paging import PageQuery, page_body
from gateway.api.signing_requests import ReasonIn, StrictBody
from gateway.api.writing import Answer, caller, now, services, write_once
from gateway.auth.oauth import authorised
from gateway.db.tables.callers import UnitRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.pages.pay import visitor_of
from gateway.payment_events import recorder
from payments.errors import FeeOrderNotFound
from payments.journeys import cancel_order, open_order, start_attempt
from payments.model import FeeItem, FeeKind, FeeOrderDraft
from payments.money import VND, Money
from payments.states import OrderState
from payments.store.tables import FeeOrderRow, PaymentAttemptRow

blueprint = APIBlueprint(
    "fee-orders", __name__, url_prefix="/v1", abp_tags=[Tag(name="fees")], abp_security=[{"oauth2": []}]
)
TIME_TO_PAY = timedelta(days=7)


class OrderPath(BaseModel):
    order_id: str = Field(..., max_length=36)


class ItemIn(StrictBody):
    """One fee; phí and lệ phí get separate receipts."""

    kind: Literal["phi", "le-phi"]
    name: str = Field(..., min_length=1, max_length=300)
    procedure_code: str = Field(..., min_length=1, max_length=60, examples=["1.001612"])
    chapter: str = Field(..., pattern=r"^[0-9]{3}$", examples=["805"])
    sub_item: str = Field(..., pattern=r"^[0-9]{4}$", examples=["2862"])
    credited_unit: str | None = Field(
        None, max_length=36, description="Code of the unit credited; default the caller's"
    )
    amount_minor: int = Field(..., gt=0, le=10**15, description="Whole VND", strict=True)


class FeeOrderIn(StrictBody):
    """What a dossier owes."""

    dossier_code: str = Field(..., min_length=1, max_length=120)
    purpose: str = Field(..., min_length=1, max_length=300)
    payer_name: str = Field(..., min_length=1, max_length=200)
    items: list[ItemIn] = Field(..., min_length=1, max_length=50)
    expires_at: AwareDatetime | None = Field(None, description="Default: in seven days")
    metadata: dict[str, str] = Field(default_factory=dict, max_length=20)


class AttemptIn(StrictBody):
    provider: str = Field(..., max_length=40, examples=["vnpay"])


class ItemOut(BaseModel):
    kind: str
    name: str
    procedure_code: str
    chapter: str
    sub_item: str
    credited_unit: str
    amount_minor: int
    currency: str


class AttemptOut(BaseModel):
    id: str
    provider: str
    reference: str
    state: str
    amount_minor: int
    currency: str
    provider_transaction: str | None
    started_at: str
    paid_at: str | None


class ReceiptRefOut(BaseModel):
    id: str
    code: str
    kind: str
    number: str
    state: str


class FeeOrderOut(BaseModel):
    """A fee order as the API shows it; pay_url is the citizen's page."""

    id: str
    unit_id: str
    dossier_code: str
    purpose: str
    payer_name: str
    amount_minor: int
    currency: str
    state: OrderState
    pay_url: str
    transfer_reference: str
    items: list[ItemOut]
    attempts: list[AttemptOut]
    receipts: list[ReceiptRefOut]
    metadata: dict[str, Any]
    expires_at: str
    created_at: str
    paid_at: str | None


class FeeOrderPage(BaseModel):
    items: list[FeeOrderOut]
    next_cursor: str | None


class StartedAttemptOut(BaseModel):
    """An attempt and how the payer goes on: a page for the browser, a code to scan, a link that opens an app."""

    attempt_id: str
    reference: str
    redirect_url: str | None
    qr_text: str | None
    app_url: str | None


class OrderListQuery(PageQuery):
    dossier_code: str | None = Field(None, max_length=120)


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _attempt(row: PaymentAttemptRow) -> AttemptOut:
    return AttemptOut(
        id=row.id,
        provider=row.provider,
        reference=row.reference,
        state=row.state,
        amount_minor=row.amount_minor,
        currency=row.currency,
        provider_transaction=row.provider_transaction,
        started_at=row.started_at.isoformat(),
        paid_at=_text(row.paid_at),
    )


def render(work: UnitOfWork, row: FeeOrderRow) -> dict[str, Any]:
    """Return a fee order as the API shows it."""
    receipts = work.payments.receipts.of_order(row.id)
    return FeeOrderOut(
        id=row.id,
        unit_id=row.unit_id,
        dossier_code=row.dossier_code,
        purpose=row.purpose,
        payer_name=row.payer_name,
        amount_minor=row.amount_minor,
        currency=row.currency,
        state=OrderState(row.state),
        pay_url=f"{services().settings.public_url}/pay/{row.pay_token}",
        transfer_reference=row.transfer_reference,
        items=[ItemOut.model_validate(item, from_attributes=True) for item in row.items],
        attempts=[_attempt(attempt) for attempt in work.payments.attempts_of(row.id)],
        receipts=[
            ReceiptRefOut(id=item.id, code=item.code, kind=item.kind, number=item.printed_number, state=item.state)
            for item in receipts
        ],
        metadata=row.details,
        expires_at=row.expires_at.isoformat(),
        created_at=row.created_at.isoformat(),
        paid_at=_text(row.paid_at),
    ).model_dump()


def get_order(work: UnitOfWork, order_id: str) -> FeeOrderRow:
    """Return a fee order of the caller's units, or refuse as if it did not exist."""
    row = work.payments.get_order(order_id)
    if row.unit_id not in caller().unit_ids:
        raise FeeOrderNotFound(f"there is no fee order {order_id}")
    return row


@blueprint.post("/fee-orders", summary="Open a fee order", responses={201: FeeOrderOut})
@authorised("fees:write")
def create(body: FeeOrderIn) -> Response:
    """Open a fee order for a dossier; the answer's pay_url is what the citizen is given."""

    def make(work: UnitOfWork) -> Answer:
        unit = work.session.get_one(UnitRow, caller().unit_id)
        draft = FeeOrderDraft(
            unit_id=unit.id,
            dossier_code=body.dossier_code,
            purpose=body.purpose,
            payer_name=body.payer_name,
            items=tuple(_item(item, unit.code) for item in body.items),
            expires_at=body.expires_at or now() + TIME_TO_PAY,
            client_id=caller().client_id,
            metadata=body.metadata,
        )
        row = open_order(work.payments, draft, now=now(), record=recorder(work, caller().actor, now()))
        return render(work, row), 201

    return write_once(body, make)


def _item(item: ItemIn, unit_code: str) -> FeeItem:
    return FeeItem(
        kind=FeeKind(item.kind),
        name=item.name,
        procedure_code=item.procedure_code,
        chapter=item.chapter,
        sub_item=item.sub_item,
        credited_unit=item.credited_unit or unit_code,
        amount=Money(item.amount_minor, VND),
    )


@blueprint.get("/fee-orders", summary="List fee orders", responses={200: FeeOrderPage})
@authorised("fees:read")
def list_orders(query: OrderListQuery) -> dict[str, Any]:
    """Newest first, of the caller's own unit."""
    with services().unit_of_work(read_only=True) as work:
        rows = work.payments.list_orders(
            caller().unit_id, dossier_code=query.dossier_code, before_id=query.before_id(), limit=query.limit
        )
        return page_body(rows, query, lambda row: row.id, lambda row: render(work, row))


@blueprint.get("/fee-orders/<order_id>", summary="Follow a fee order", responses={200: FeeOrderOut})
@authorised("fees:read")
def show(path: OrderPath) -> dict[str, Any]:
    """Say where a fee order stands, with its attempts and receipts."""
    with services().unit_of_work(read_only=True) as work:
        return render(work, get_order(work, path.order_id))


@blueprint.post("/fee-orders/<order_id>/cancel", summary="Cancel a fee order", responses={200: FeeOrderOut})
@authorised("fees:write")
def cancel(path: OrderPath, body: ReasonIn) -> Response:
    """Cancel an order that is not paid; money that arrives later goes to suspense, not to income."""

    def end(work: UnitOfWork) -> Answer:
        get_order(work, path.order_id)
        record = recorder(work, caller().actor, now())
        row = cancel_order(work.payments, path.order_id, body.reason, now=now(), record=record)
        return render(work, row), 200

    return write_once(body, end)


@blueprint.post("/fee-orders/<order_id>/attempts", summary="Start a payment", responses={201: StartedAttemptOut})
@authorised("fees:write")
def attempt(path: OrderPath, body: AttemptIn) -> Response:
    """Start one try with one provider and say how the payer goes on."""
    provider = services().providers.named(body.provider)

    def start(work: UnitOfWork) -> Answer:
        row = get_order(work, path.order_id)
        started = start_attempt(
            work,
            row.id,
            provider,
            visitor_of(services(), row.pay_token, provider.name, request.remote_addr or ""),
            now=now(),
            record=recorder(work, caller().actor, now()),
        )
        return StartedAttemptOut(
            attempt_id=started.attempt_id,
            reference=started.reference,
            redirect_url=started.payment.redirect_url,
            qr_text=started.payment.qr_text,
            app_url=started.payment.app_url,
        ).model_dump(), 201

    return write_once(body, start)
