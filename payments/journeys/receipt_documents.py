"""A numbered receipt's documents: drawn, sealed and recorded once; and prints, which say that they are copies."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from payments.events import Record
from payments.journeys.receipts import receipt_event
from payments.model import FeeKind
from payments.money import Money
from payments.receipts.document import ReceiptFacts, ReceiptLine, draw_receipt
from payments.receipts.seal import Seal, SealedFile
from payments.receipts.xml_document import XmlForm, receipt_xml
from payments.states import RECEIPTS, ReceiptMove, ReceiptState, next_state
from payments.store.payments import PaymentStore
from payments.store.tables import ReceiptRow

COPY: Final = "BẢN SAO"
MARKS: Final = {
    ReceiptState.CANCELLED: f"{COPY} – BIÊN LAI ĐÃ HUỶ",
    ReceiptState.REPLACED: f"{COPY} – BIÊN LAI ĐÃ ĐƯỢC THAY THẾ",
}


@dataclass(frozen=True)
class Press:
    """What receipts are drawn with: a folder for their files, the fonts, the form of the XML, the receipt's address."""

    folder: Path
    fonts_folder: Path
    xml_form: XmlForm
    receipt_url: str


@dataclass(frozen=True)
class SealedReceipt:
    """A receipt's sealed documents, not yet recorded."""

    receipt_id: str
    path: Path
    file: SealedFile
    xml_path: Path
    xml_file: SealedFile


def draw_sealed_receipt(facts: ReceiptFacts, receipt_id: str, press: Press, seal: Seal) -> SealedReceipt:
    """Write a numbered receipt as PDF and XML and have both sealed; slow, so no transaction should be open.

    Raises the seal's errors.
    """
    plain, sealed = press.folder / f"{receipt_id}-plain.pdf", press.folder / f"{receipt_id}.pdf"
    plain_xml, sealed_xml = press.folder / f"{receipt_id}-plain.xml", press.folder / f"{receipt_id}.xml"
    draw_receipt(facts, press.receipt_url, plain, press.fonts_folder)
    plain_xml.write_bytes(receipt_xml(facts, press.receipt_url, press.xml_form))
    try:
        file, xml_file = seal.seal_pdf(plain, sealed), seal.seal_xml(plain_xml, sealed_xml, press.xml_form.seal_place)
    finally:
        plain.unlink(missing_ok=True)
        plain_xml.unlink(missing_ok=True)
    return SealedReceipt(receipt_id, sealed, file, sealed_xml, xml_file)


def record_sealed(
    store: PaymentStore, sealed: SealedReceipt, *, document_id: str, xml_document_id: str, now: datetime, record: Record
) -> ReceiptRow:
    """Record the sealed documents of a receipt, once: second ones, made after a lost answer, change nothing.

    Args:
        document_id, xml_document_id: The gateway's ids of the stored documents.
    """
    row = store.receipts.lock(sealed.receipt_id)
    if row.state != ReceiptState.NUMBERED:
        return row
    row.state = next_state(RECEIPTS, ReceiptState(row.state), ReceiptMove.SEAL)
    row.document_id, row.document_sha256, row.xml_document_id = document_id, sealed.file.sha256, xml_document_id
    row.sealed_by, row.sealed_at = sealed.file.sealed_by, sealed.file.sealed_at
    record(receipt_event("receipt.issued", row))
    return row


def mark_delivered(store: PaymentStore, receipt_id: str, *, now: datetime, record: Record) -> ReceiptRow:
    """Note that a sealed receipt reached the processing system or the payer; called again, nothing changes."""
    row = store.receipts.lock(receipt_id)
    if row.state == ReceiptState.DELIVERED:
        return row
    row.state = next_state(RECEIPTS, ReceiptState(row.state), ReceiptMove.DELIVER)
    row.delivered_at = now
    record(receipt_event("receipt.delivered", row))
    return row


def draw_copy(row: ReceiptRow, replaced: ReceiptRow | None, receipt_url: str, target: Path, fonts_folder: Path) -> None:
    """Write a print of a receipt that says that it is a copy, and whether the receipt still stands."""
    draw_receipt(
        receipt_facts(row, replaced), receipt_url, target, fonts_folder, mark=MARKS.get(ReceiptState(row.state), COPY)
    )


def receipt_facts(receipt: ReceiptRow, replaced: ReceiptRow | None = None) -> ReceiptFacts:
    """Return what a numbered receipt says; replaced is the one that it stands for."""
    lines = tuple(
        ReceiptLine(item["name"], item["chapter"], item["sub_item"], Money(item["amount_minor"], receipt.currency))
        for item in receipt.items
    )
    return ReceiptFacts(
        kind=FeeKind(receipt.kind),
        form_code=receipt.form_code,
        series=receipt.series,
        printed_number=receipt.printed_number,
        unit_name=receipt.unit_name,
        payer_name=receipt.payer_name,
        dossier_code=receipt.dossier_code,
        payment_method=receipt.payment_method,
        lines=lines,
        amount=receipt.amount,
        amount_in_words=receipt.amount_in_words,
        paid_at=receipt.paid_at,
        issued_at=receipt.issued_at,
        payer_number=receipt.payer_number,
        payer_address=receipt.payer_address,
        replaces_number=f"{replaced.series} {replaced.printed_number}" if replaced else None,
    )
