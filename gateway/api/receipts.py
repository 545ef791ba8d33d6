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
from gateway.problems import ApiProblem
from payments.errors import ReceiptNotFound
from payments.store.tables import ReceiptRow

blueprint = APIBlueprint(
    "receipts-api", __name__, url_prefix="/v1", abp_tags=[Tag(name="fees")], abp_security=[{"oauth2": []}]
)


class ReceiptPath(BaseModel):
    receipt_id: str = Field(..., max_length=36)


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


def _get(work: UnitOfWork, receipt_id: str) -> ReceiptRow:
    row = work.payments.receipts.get(receipt_id)
    if row.unit_id not in caller().unit_ids:
        raise ReceiptNotFound(f"there is no receipt {receipt_id}")
    return row


@blueprint.get("/receipts/<receipt_id>", summary="Read a receipt", responses={200: ReceiptOut})
@authorised("fees:read")
def show(path: ReceiptPath) -> dict[str, Any]:
    """Say what a receipt says."""
    with services().unit_of_work(read_only=True) as work:
        row = _get(work, path.receipt_id)
    return ReceiptOut(
        id=row.id,
        unit_id=row.unit_id,
        order_id=row.order_id,
        dossier_code=row.dossier_code,
        kind=row.kind,
        form_code=row.form_code,
        series=row.series,
        number=row.printed_number,
        unit_name=row.unit_name,
        payer_name=row.payer_name,
        items=row.items,
        amount_minor=row.amount_minor,
        currency=row.currency,
        amount_in_words=row.amount_in_words,
        state=row.state,
        public_url=f"{services().settings.public_url}/receipts/{row.code}",
        document_sha256=row.document_sha256,
        sealed_by=row.sealed_by,
        sealed_at=row.sealed_at.isoformat() if row.sealed_at else None,
        issued_at=row.issued_at.isoformat(),
    ).model_dump()


@blueprint.get(
    "/receipts/<receipt_id>.pdf",
    summary="Download a receipt, sealed",
    responses={200: file_answer("application/pdf")},
)
@authorised("fees:read")
def download(path: ReceiptPath) -> Response:
    """Send the receipt's PDF, signed by the unit's seal."""
    with services().unit_of_work(read_only=True) as work:
        row = _get(work, path.receipt_id)
        if row.document_id is None:
            raise ApiProblem("receipt-not-sealed-yet")
        return file_response(work.session.get_one(DocumentRow, row.document_id))
