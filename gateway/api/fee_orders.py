"""/v1/fee-orders: what a dossier owes, and paying it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from gateway.api.fee_order_models import (
    AttemptIn,
    CatalogueItemIn,
    FeeIn,
    FeeOrderIn,
    FeeOrderOut,
    FeeOrderPage,
    FeeOrderPatch,
    ItemIn,
    OrderListQuery,
    OrderPath,
    StartedAttemptOut,
    render,
)
from gateway.api.paging import page_body
from gateway.api.signing_requests import ReasonIn
from gateway.api.writing import Answer, caller, now, services, write_once
from gateway.auth.oauth import authorised
from gateway.db.tables.callers import UnitRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.pages.pay import visitor_of
from gateway.payment_events import recorder
from payments.errors import FeeOrderNotFound
from payments.journeys import FeeWish, cancel_order, change_order, open_order, price_fee, start_attempt
from payments.model import FeeItem, FeeKind, FeeOrderChange, FeeOrderDraft, Payer
from payments.money import VND, Money
from payments.store.tables import FeeOrderRow

blueprint = APIBlueprint(
    "fee-orders", __name__, url_prefix="/v1", abp_tags=[Tag(name="fees")], abp_security=[{"oauth2": []}]
)
TIME_TO_PAY = timedelta(days=7)


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
            items=_items(work, unit, body.items),
            expires_at=body.expires_at or now() + TIME_TO_PAY,
            client_id=caller().client_id,
            metadata=body.metadata,
            payer=Payer(**body.payer.model_dump()) if body.payer else None,
        )
        row = open_order(work.payments, draft, now=now(), record=recorder(work, caller().actor, now()))
        return render(work, row), 201

    return write_once(body, make)


@blueprint.patch("/fee-orders/<order_id>", summary="Change a fee order", responses={200: FeeOrderOut})
@authorised("fees:write")
def change(path: OrderPath, body: FeeOrderPatch) -> Response:
    """Change an order that is open and that nobody may be paying; its old items are kept, and owed no more."""

    def make(work: UnitOfWork) -> Answer:
        order = get_order(work, path.order_id)
        unit = work.session.get_one(UnitRow, order.unit_id)
        wanted = FeeOrderChange(
            items=None if body.items is None else _items(work, unit, body.items),
            purpose=body.purpose,
            payer_name=body.payer_name,
            payer=Payer(**body.payer.model_dump()) if body.payer else None,
            expires_at=body.expires_at,
            metadata=body.metadata,
        )
        record = recorder(work, caller().actor, now())
        return render(work, change_order(work.payments, order.id, wanted, now=now(), record=record)), 200

    return write_once(body, make)


def _items(work: UnitOfWork, unit: UnitRow, items: Sequence[FeeIn]) -> tuple[FeeItem, ...]:
    return tuple(
        _item(item, unit.code) if isinstance(item, ItemIn) else _catalogue_item(work, unit, item) for item in items
    )


def _catalogue_item(work: UnitOfWork, unit: UnitRow, item: CatalogueItemIn) -> FeeItem:
    return price_fee(work.payments, unit.id, unit.code, FeeWish(**item.model_dump()), now=now())


def _item(item: ItemIn, unit_code: str) -> FeeItem:
    return FeeItem(
        kind=FeeKind(item.kind),
        name=item.name,
        procedure_code=item.procedure_code,
        chapter=item.chapter,
        sub_item=item.sub_item,
        credited_unit=item.credited_unit or unit_code,
        amount=Money(item.amount_minor, VND),
        full_amount=None if item.full_amount_minor is None else Money(item.full_amount_minor, VND),
        legal_ground=item.legal_ground,
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
            visitor_of(services(), work, row, provider.name, request.remote_addr or ""),
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
