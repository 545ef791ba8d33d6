"""/v1/receipts and /v1/receipt-series: what people do to receipts: cancel, replace, print a copy, close a series."""

from datetime import datetime
from typing import Any

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from gateway.api.description import file_answer
from gateway.api.receipts import ReceiptOut, ReceiptPath, get_receipt, render
from gateway.api.signing_requests import StrictBody
from gateway.api.writing import Answer, caller, now, services, write_once
from gateway.auth.oauth import authorised
from gateway.db.unit_of_work import UnitOfWork
from gateway.payment_events import RECEIPTS_TASK, recorder
from gateway.receipt_seal import receipt_url
from payments.journeys import RightPayer, cancel_receipt, close_series, draw_copy, replace_receipt
from payments.officers import officer_name
from payments.receipts.forms import receipt_forms
from payments.store.tables import ReceiptSeriesRow

blueprint = APIBlueprint(
    "receipt-changes", __name__, url_prefix="/v1", abp_tags=[Tag(name="fees")], abp_security=[{"oauth2": []}]
)


class OfficerIn(StrictBody):
    """Who acts."""

    officer: str = Field(..., min_length=1, max_length=120, description="The person's name or account")


class ReceiptEndIn(OfficerIn):
    reason: str = Field(..., min_length=1, max_length=500)


class ReplacementIn(ReceiptEndIn):
    """What the new receipt says of the payer; what is not given stays."""

    payer_name: str | None = Field(None, min_length=1, max_length=200)
    payer_number: str | None = Field(None, min_length=1, max_length=20)
    payer_address: str | None = Field(None, min_length=1, max_length=300)


class SeriesEndIn(OfficerIn):
    form_code: str = Field(..., max_length=20)
    series: str = Field(..., max_length=20)


class SeriesOut(BaseModel):
    """A series of receipts; a closed one numbers nothing any more."""

    kind: str
    form_code: str
    series: str
    last_number: int
    closed_at: datetime | None
    closed_by: str | None


class SeriesList(BaseModel):
    items: list[SeriesOut]


def _series(row: ReceiptSeriesRow) -> dict[str, Any]:
    return SeriesOut.model_validate(row, from_attributes=True).model_dump(mode="json")


@blueprint.post("/receipts/<receipt_id>/cancel", summary="Cancel a receipt", responses={200: ReceiptOut})
@authorised("receipts:write")
def cancel(path: ReceiptPath, body: ReceiptEndIn) -> Response:
    """Cancel a receipt for good; it keeps its number and says that it is void."""

    def end(work: UnitOfWork) -> Answer:
        get_receipt(work, path.receipt_id)
        record = recorder(work, caller().actor, now())
        row = cancel_receipt(work.payments, path.receipt_id, body.officer, body.reason, now=now(), record=record)
        return render(work, row), 200

    return write_once(body, end)


@blueprint.post("/receipts/<receipt_id>/replace", summary="Replace a receipt", responses={201: ReceiptOut})
@authorised("receipts:write")
def replace(path: ReceiptPath, body: ReplacementIn) -> Response:
    """Replace a receipt by a new one that names the payer as it should; the answer is the new one."""

    def exchange(work: UnitOfWork) -> Answer:
        get_receipt(work, path.receipt_id)
        new = replace_receipt(
            work.payments,
            path.receipt_id,
            body.officer,
            body.reason,
            RightPayer(body.payer_name, body.payer_number, body.payer_address),
            forms=receipt_forms(services().settings.receipts),
            now=now(),
            record=recorder(work, caller().actor, now()),
        )
        work.due(RECEIPTS_TASK, new.order_id, new.unit_id, now())
        return render(work, new), 201

    return write_once(body, exchange)


@blueprint.post(
    "/receipts/<receipt_id>/copies",
    summary="Print a copy of a receipt",
    responses={201: file_answer("application/pdf")},
)
@authorised("receipts:write")
def print_copy(path: ReceiptPath, body: OfficerIn) -> Response:
    """Send a print that says BẢN SAO, and whether the receipt still stands; who asked for it is kept."""
    officer = officer_name(body.officer)
    with services().unit_of_work() as work, services().blobs.scratch() as folder:
        row = get_receipt(work, path.receipt_id)
        replaced = work.payments.receipts.get(row.replaces_id) if row.replaces_id else None
        target = folder / "copy.pdf"
        draw_copy(row, replaced, receipt_url(services(), row), target, services().settings.fonts_folder)
        work.audited(caller().actor, "receipt.reprinted", row.id, row.unit_id, now(), officer=officer)
        content = target.read_bytes()
        work.commit()
    return Response(content, status=201, content_type="application/pdf")


@blueprint.get("/receipt-series", summary="List the series of receipts", responses={200: SeriesList})
@authorised("fees:read")
def list_series() -> dict[str, Any]:
    """The caller's unit's series, each with the number given last."""
    with services().unit_of_work(read_only=True) as work:
        return {"items": [_series(row) for row in work.payments.receipts.series(caller().unit_id)]}


@blueprint.post("/receipt-series/close", summary="Close a series of receipts", responses={200: SeriesOut})
@authorised("receipts:write")
def close(body: SeriesEndIn) -> Response:
    """Close a series, as at the year's end: it numbers nothing any more."""

    def end(work: UnitOfWork) -> Answer:
        record = recorder(work, caller().actor, now())
        unit_id = caller().unit_id
        row = close_series(work.payments, unit_id, body.form_code, body.series, body.officer, now=now(), record=record)
        return _series(row), 200

    return write_once(body, end)
