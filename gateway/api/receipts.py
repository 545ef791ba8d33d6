"""/v1/receipts: what was issued for money received."""

from typing import Any

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from gateway.api.description import file_answer
from gateway.api.documents import file_response
from gateway.api.writing import caller, services
from gateway.auth.oauth import authorised
from gateway.db.tables.documents import DocumentRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.receipt_seal import receipt_url
from gateway.refusal import ApiProblem
from payments.errors import ReceiptNotFound
from payments.store.tables import ReceiptRow

blueprint = APIBlueprint(
    "receipts-api", __name__, url_prefix="/v1", abp_tags=[Tag(name="fees")], abp_security=[{"oauth2": []}]
)


class ReceiptPath(BaseModel):
    receipt_id: str = Field(..., max_length=36)


class AttemptPath(BaseModel):
    order_id: str = Field(..., max_length=36)
    attempt_id: str = Field(..., max_length=36)


class ReceiptOut(BaseModel):
    """A numbered receipt; it is never deleted."""

    id: str
    unit_id: str
    order_id: str
    dossier_code: str
    kind: str
    form_code: str
    series: str
    number: str
    unit_name: str
    payer_name: str
    items: list[dict[str, Any]]
    amount_minor: int
    currency: str
    amount_in_words: str
    state: str
    public_url: str
    document_sha256: str | None
    sealed_by: str | None
    sealed_at: str | None
    issued_at: str
    payer_number: str | None
    payer_address: str | None
    replaces_id: str | None
    replaced_by_id: str | None
    ended_at: str | None
    ended_by: str | None
    end_reason: str | None


def get_receipt(work: UnitOfWork, receipt_id: str) -> ReceiptRow:
    """Return a receipt of the caller's units, or refuse as if it did not exist."""
    row = work.payments.receipts.get(receipt_id)
    if row.unit_id not in caller().unit_ids:
        raise ReceiptNotFound(f"there is no receipt {receipt_id}")
    return row


def render(work: UnitOfWork, row: ReceiptRow) -> dict[str, Any]:
    """Return a receipt as the API shows it."""
    told = {name: getattr(row, name) for name in ReceiptOut.model_fields if hasattr(row, name)}
    times = {name: told[name].isoformat() if told[name] else None for name in ("sealed_at", "issued_at", "ended_at")}
    replacement = work.payments.receipts.find_replacement(row.id)
    return ReceiptOut(
        **{
            **told,
            **times,
            "number": row.printed_number,
            "public_url": receipt_url(services(), row),
            "replaced_by_id": replacement.id if replacement else None,
        }
    ).model_dump()


@blueprint.get("/receipts/<receipt_id>", summary="Read a receipt", responses={200: ReceiptOut})
@authorised("fees:read")
def show(path: ReceiptPath) -> dict[str, Any]:
    """Say what a receipt says."""
    with services().unit_of_work(read_only=True) as work:
        return render(work, get_receipt(work, path.receipt_id))


@blueprint.get(
    "/receipts/<receipt_id>.pdf",
    summary="Download a receipt, sealed",
    responses={200: file_answer("application/pdf")},
)
@authorised("fees:read")
def download(path: ReceiptPath) -> Response:
    """Send the receipt's PDF, signed by the unit's seal."""
    with services().unit_of_work(read_only=True) as work:
        return _file(work, get_receipt(work, path.receipt_id).document_id)


@blueprint.get(
    "/receipts/<receipt_id>.xml",
    summary="Download a receipt as XML, sealed",
    responses={200: file_answer("application/xml")},
)
@authorised("fees:read")
def download_xml(path: ReceiptPath) -> Response:
    """Send the receipt's XML with the unit's seal (XAdES) in it."""
    with services().unit_of_work(read_only=True) as work:
        return _file(work, get_receipt(work, path.receipt_id).xml_document_id)


def _file(work: UnitOfWork, document_id: str | None) -> Response:
    if document_id is None:
        raise ApiProblem("receipt-not-sealed-yet")
    return file_response(work.session.get_one(DocumentRow, document_id))


@blueprint.get(
    "/fee-orders/<order_id>/attempts/<attempt_id>/provider-receipt",
    summary="The provider's own receipt",
    responses={200: file_answer("application/pdf")},
)
@authorised("fees:read")
def provider_receipt(path: AttemptPath) -> Response:
    """Give the PDF that the provider issued for a payment, beside our receipts; 404 until it was fetched."""
    with services().unit_of_work(read_only=True) as work:
        row = work.payments.counter.find_provider_receipt(path.attempt_id)
    if row is None or row.order_id != path.order_id or row.unit_id not in caller().unit_ids:
        raise ReceiptNotFound(f"there is no receipt of a provider for attempt {path.attempt_id}")
    name = f"chung-tu-{row.attempt_id}.pdf"
    kept = DocumentRow(sha256=row.sha256, size_bytes=row.size_bytes, filename=name, media_type="application/pdf")
    return file_response(kept)
