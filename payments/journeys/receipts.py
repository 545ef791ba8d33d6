"""Receipts of a paid order: numbered exactly once, then drawn and sealed, then delivered."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import add
from pathlib import Path

from config.identifiers import new_id
from payments.errors import FeeOrderNotPaid
from payments.events import DomainEvent, Record
from payments.model import FeeKind
from payments.money import Money
from payments.receipts.document import ReceiptFacts, ReceiptLine, draw_receipt
from payments.receipts.forms import ReceiptForm, ReceiptForms
from payments.receipts.seal import Seal, SealedFile
from payments.receipts.words import amount_in_words
from payments.states import RECEIPTS, OrderState, ReceiptMove, ReceiptState, next_state
from payments.store.payments import PaymentStore
from payments.store.tables import FeeOrderItemRow, FeeOrderRow, ReceiptRow

PAID_ELECTRONICALLY = "Chuyển khoản (CK)"


@dataclass(frozen=True)
class SealedReceipt:
    """A receipt's sealed document, not yet recorded."""

    receipt_id: str
    path: Path
    file: SealedFile


def issue_receipts(
    store: PaymentStore, order_id: str, *, forms: ReceiptForms, unit_name: str, now: datetime, record: Record
) -> list[ReceiptRow]:
    """Number the receipts of a paid order, one for its phí and one for its lệ phí; called again, return the same.

    The numbers are taken in the caller's transaction, so that one that rolls back leaves no gap.

    Raises:
        FeeOrderNotFound, FeeOrderNotPaid: There is nothing to receipt.
        ReceiptSeriesUnsound: The configured form or series cannot be used.
    """
    order = store.lock_order(order_id)
    if order.state != OrderState.PAID or order.paid_at is None or order.paid_attempt_id is None:
        raise FeeOrderNotPaid(f"fee order {order_id} is {order.state}")
    issued = {FeeKind(receipt.kind): receipt for receipt in store.receipts.of_order(order_id)}
    for kind in FeeKind:
        items = [item for item in order.items if item.kind == kind and item.amount.is_positive]
        if items and kind not in issued:
            issued[kind] = _numbered(store, order, items, kind, forms[kind], unit_name, now)
            record(receipt_event("receipt.numbered", issued[kind]))
    return [issued[kind] for kind in FeeKind if kind in issued]


def draw_sealed_receipt(
    receipt: ReceiptRow, *, receipt_url: str, folder: Path, fonts_folder: Path, seal: Seal
) -> SealedReceipt:
    """Draw a numbered receipt and have it sealed; slow, so no transaction should be open. Raises the seal's errors."""
    plain, sealed = folder / f"{receipt.id}-plain.pdf", folder / f"{receipt.id}.pdf"
    draw_receipt(receipt_facts(receipt), receipt_url, plain, fonts_folder)
    try:
        return SealedReceipt(receipt.id, sealed, seal.seal_pdf(plain, sealed))
    finally:
        plain.unlink(missing_ok=True)


def record_sealed(
    store: PaymentStore, sealed: SealedReceipt, *, document_id: str, now: datetime, record: Record
) -> ReceiptRow:
    """Record the sealed document of a receipt, once: a second one, made after a lost answer, changes nothing.

    Args:
        document_id: The gateway's id of the stored document.
    """
    row = store.receipts.lock(sealed.receipt_id)
    if row.state != ReceiptState.NUMBERED:
        return row
    row.state = next_state(RECEIPTS, ReceiptState(row.state), ReceiptMove.SEAL)
    row.document_id, row.document_sha256 = document_id, sealed.file.sha256
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


def receipt_event(type_: str, receipt: ReceiptRow) -> DomainEvent:
    """Return an event about a receipt."""
    data = {
        "receipt_id": receipt.id,
        "code": receipt.code,
        "order_id": receipt.order_id,
        "dossier_code": receipt.dossier_code,
        "kind": receipt.kind,
        "form_code": receipt.form_code,
        "series": receipt.series,
        "number": receipt.printed_number,
        "amount_minor": receipt.amount_minor,
        "currency": receipt.currency,
        "document_sha256": receipt.document_sha256,
        "state": receipt.state,
    }
    return DomainEvent(type_, receipt.unit_id, receipt.id, data)


def receipt_facts(receipt: ReceiptRow) -> ReceiptFacts:
    """Return what a numbered receipt says."""
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
    )


def _numbered(
    store: PaymentStore,
    order: FeeOrderRow,
    items: Sequence[FeeOrderItemRow],
    kind: FeeKind,
    form: ReceiptForm,
    unit_name: str,
    now: datetime,
) -> ReceiptRow:
    series = form.series(now)
    total = reduce(add, (item.amount for item in items))
    row = ReceiptRow(
        id=new_id(),
        unit_id=order.unit_id,
        code=secrets.token_urlsafe(16),
        order_id=order.id,
        attempt_id=order.paid_attempt_id,
        kind=kind,
        form_code=form.form_code,
        series=series,
        number=store.receipts.next_number(order.unit_id, kind, form.form_code, series),
        unit_name=unit_name,
        payer_name=order.payer_name,
        dossier_code=order.dossier_code,
        payment_method=PAID_ELECTRONICALLY,
        items=[_snapshot(item) for item in items],
        amount_minor=total.amount_minor,
        currency=total.currency,
        amount_in_words=amount_in_words(total),
        paid_at=order.paid_at,
        issued_at=now,
        state=ReceiptState.NUMBERED,
    )
    store.receipts.add(row)
    return row


def _snapshot(item: FeeOrderItemRow) -> dict[str, str | int]:
    return {
        "name": item.name,
        "procedure_code": item.procedure_code,
        "chapter": item.chapter,
        "sub_item": item.sub_item,
        "credited_unit": item.credited_unit,
        "amount_minor": item.amount_minor,
    }
