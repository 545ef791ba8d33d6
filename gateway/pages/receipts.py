"""The receipt page, read from receipts."""

from collections.abc import Callable
from typing import Literal, cast

from gateway.db.tables.documents import DocumentRow
from gateway.pages.files import as_download
from gateway.services import Services
from gateway.web.pay_views import FeeItem
from gateway.web.receipt_views import ReceiptPage
from gateway.web.view_models import Download
from payments.states import ReceiptState
from payments.store.tables import ReceiptRow

Kind = Literal["phi", "le-phi"]
STATES: dict[ReceiptState, Literal["preparing", "issued", "cancelled", "replaced"]] = {
    ReceiptState.NUMBERED: "preparing",
    ReceiptState.SEALED: "issued",
    ReceiptState.DELIVERED: "issued",
    ReceiptState.CANCELLED: "cancelled",
    ReceiptState.REPLACED: "replaced",
}


def find_receipt_page(services: Services, code: str) -> ReceiptPage | None:
    """Return a receipt by its public code as its page shows it."""
    with services.unit_of_work(read_only=True) as work:
        row = work.payments.receipts.find_by_code(code)
        replacement = work.payments.receipts.find_replacement(row.id) if row else None
    if row is None:
        return None
    return ReceiptPage(
        code=row.code,
        form_code=row.form_code,
        series=row.series,
        number=row.printed_number,
        kind=cast("Kind", row.kind),
        unit_name=row.unit_name,
        payer_name=row.payer_name,
        dossier_code=row.dossier_code,
        items=tuple(FeeItem(cast("Kind", row.kind), item["name"], item["amount_minor"]) for item in row.items),
        total_minor=row.amount_minor,
        total_in_words=row.amount_in_words,
        issued_at=row.issued_at,
        payment_method=row.payment_method,
        state=STATES[ReceiptState(row.state)],
        document_ready=row.document_id is not None,
        xml_ready=row.xml_document_id is not None,
        document_sha256=row.document_sha256,
        sealed_by=row.sealed_by,
        sealed_at=row.sealed_at,
        replaced_by_code=replacement.code if replacement else None,
    )


def find_receipt_document(services: Services, code: str) -> Download | None:
    """Return a receipt's sealed PDF by its public code, None until it is ready."""
    return _document(services, code, lambda row: row.document_id)


def find_receipt_xml(services: Services, code: str) -> Download | None:
    """Return a receipt's sealed XML by its public code, None where there is none."""
    return _document(services, code, lambda row: row.xml_document_id)


def _document(services: Services, code: str, chosen: Callable[[ReceiptRow], str | None]) -> Download | None:
    with services.unit_of_work(read_only=True) as work:
        row = work.payments.receipts.find_by_code(code)
        document_id = chosen(row) if row else None
        document = work.session.get(DocumentRow, document_id) if document_id else None
    return as_download(services, document) if document else None


def find_provider_receipt(services: Services, token: str) -> Download | None:
    """Return the receipt that a provider issued of its own for what paid the order behind a payer's token."""
    with services.unit_of_work(read_only=True) as work:
        order = work.payments.find_order_by_token(token)
        if order is None or order.paid_attempt_id is None:
            return None
        row = work.payments.counter.find_provider_receipt(order.paid_attempt_id)
    return Download("chung-tu.pdf", "application/pdf", services.blobs.open(row.sha256), row.sha256) if row else None
