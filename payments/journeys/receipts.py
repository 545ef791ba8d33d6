"""Receipts of a paid order: numbered exactly once for each kind of fee."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from operator import add
from typing import Final

from config.identifiers import new_id
from payments.errors import FeeOrderNotPaid
from payments.events import DomainEvent, Record
from payments.model import FeeKind
from payments.receipts.forms import ReceiptForm, ReceiptForms
from payments.receipts.words import amount_in_words
from payments.states import OrderState, ReceiptState
from payments.store.payments import PaymentStore
from payments.store.tables import FeeOrderItemRow, FeeOrderRow, ReceiptRow

PAID_ELECTRONICALLY = "Chuyển khoản (CK)"
PAID_AT_COUNTER: Final = {"counter-cash": "Tiền mặt (TM)", "counter-pos": "Thẻ tại quầy (POS)"}


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
    # Where several were issued one after the other, the newest stands, or none does. Those of a payment that the
    # counter took back are no receipts of this one.
    issued = {
        FeeKind(receipt.kind): receipt
        for receipt in store.receipts.of_order(order_id)
        if receipt.attempt_id == order.paid_attempt_id
    }
    method = PAID_AT_COUNTER.get(store.get_attempt(order.paid_attempt_id).provider, PAID_ELECTRONICALLY)
    for kind in FeeKind:
        items = [item for item in order.items if item.kind == kind and item.amount.is_positive]
        if items and kind not in issued:
            issued[kind] = _numbered(store, order, items, kind, forms[kind], unit_name, method, now)
            record(receipt_event("receipt.numbered", issued[kind]))
    return [issued[kind] for kind in FeeKind if kind in issued]


def receipt_event(type_: str, receipt: ReceiptRow, **more: object) -> DomainEvent:
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
        **more,
    }
    return DomainEvent(type_, receipt.unit_id, receipt.id, data)


def _numbered(
    store: PaymentStore,
    order: FeeOrderRow,
    items: Sequence[FeeOrderItemRow],
    kind: FeeKind,
    form: ReceiptForm,
    unit_name: str,
    method: str,
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
        payment_method=method,
        items=[_snapshot(item) for item in items],
        amount_minor=total.amount_minor,
        currency=total.currency,
        amount_in_words=amount_in_words(total),
        paid_at=order.paid_at,
        issued_at=now,
        state=ReceiptState.NUMBERED,
        payer_number=order.payer_number,
        payer_address=order.payer_address,
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
