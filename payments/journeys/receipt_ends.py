"""How receipts and series end: cancelled or replaced but never deleted, and closed at the year's end."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from config.identifiers import new_id
from payments.errors import FeeOrderUnsound, ReceiptEnded, ReceiptSeriesNotFound, ReceiptYearNotOver
from payments.events import DomainEvent, Record
from payments.journeys.receipts import receipt_event
from payments.model import FeeKind
from payments.officers import officer_name
from payments.receipts.forms import ReceiptForms
from payments.states import RECEIPTS, ReceiptMove, ReceiptState, may_move, next_state
from payments.store.payments import PaymentStore
from payments.store.tables import ReceiptRow, ReceiptSeriesRow


@dataclass(frozen=True)
class RightPayer:
    """Who the payer is, where a receipt says it wrongly; None leaves what it says."""

    name: str | None = None
    number: str | None = None
    address: str | None = None


def cancel_receipt(
    store: PaymentStore, receipt_id: str, officer: str, reason: str, *, now: datetime, record: Record
) -> ReceiptRow:
    """Cancel a receipt for good: it keeps its number and its documents, and says that it is void.

    Raises:
        ReceiptNotFound, ReceiptEnded: It cannot be cancelled.
        RefundUnsound, FeeOrderUnsound: Nobody, or no reason, is named.
    """
    row = _end(store, receipt_id, ReceiptMove.CANCEL, officer, reason, now)
    record(receipt_event("receipt.cancelled", row, officer=row.ended_by, reason=reason))
    return row


def replace_receipt(
    store: PaymentStore,
    receipt_id: str,
    officer: str,
    reason: str,
    payer: RightPayer,
    *,
    forms: ReceiptForms,
    now: datetime,
    record: Record,
) -> ReceiptRow:
    """Replace a receipt by one with a number of its own, that names the payer as it should; returns the new one.

    What was paid, when and for what is as before. Raises as cancel_receipt, and ReceiptSeriesClosed.
    """
    # The order before its receipts, as everywhere.
    store.lock_order(store.receipts.get(receipt_id).order_id)
    old = _end(store, receipt_id, ReceiptMove.REPLACE, officer, reason, now)
    form = forms[FeeKind(old.kind)]
    series = form.series(now)
    new = ReceiptRow(
        id=new_id(),
        code=secrets.token_urlsafe(16),
        form_code=form.form_code,
        series=series,
        number=store.receipts.next_number(old.unit_id, FeeKind(old.kind), form.form_code, series),
        payer_name=payer.name or old.payer_name,
        payer_number=payer.number or old.payer_number,
        payer_address=payer.address or old.payer_address,
        issued_at=now,
        state=ReceiptState.NUMBERED,
        replaces_id=old.id,
        **{name: getattr(old, name) for name in KEPT},
    )
    store.receipts.add(new)
    record(receipt_event("receipt.replaced", old, officer=old.ended_by, reason=reason, replaced_by=new.id))
    record(receipt_event("receipt.numbered", new))
    return new


KEPT = (
    *("unit_id", "order_id", "attempt_id", "kind", "unit_name", "dossier_code", "payment_method", "items"),
    *("amount_minor", "currency", "amount_in_words", "paid_at"),
)


def close_series(
    store: PaymentStore, unit_id: str, form_code: str, series: str, officer: str, *, now: datetime, record: Record
) -> ReceiptSeriesRow:
    """Close a series: it numbers nothing any more. Closed again, nothing changes.

    Raises:
        ReceiptSeriesNotFound: The unit has numbered nothing in it.
    """
    name = officer_name(officer)
    row = store.receipts.lock_series(unit_id, form_code, series)
    if row is None:
        raise ReceiptSeriesNotFound(f"there is no series {form_code} {series}")
    if row.closed_at is None:
        row.closed_at, row.closed_by = now, name
        data = {"form_code": form_code, "series": series, "last_number": row.last_number, "officer": name}
        record(DomainEvent("receipt-series.closed", unit_id, row.id, data))
    return row


def close_year(
    store: PaymentStore, unit_id: str, year: int, officer: str, *, forms: ReceiptForms, now: datetime, record: Record
) -> list[ReceiptSeriesRow]:
    """Close the series that were numbered in a year that is over; returns those that are closed now.

    Series without a year in their name go on.

    Raises:
        ReceiptYearNotOver: It is not over in Vietnam, or no series names it.
        RefundUnsound: Nobody is named.
    """
    name = officer_name(officer)
    within = datetime(year, 7, 1, tzinfo=UTC)
    labels = {(form.form_code, form.series(within)) for form in forms.values()}
    labels -= {(form.form_code, form.series(now)) for form in forms.values()}
    if within >= now or not labels:
        raise ReceiptYearNotOver(f"no series of {year} can be closed: the year is not over, or no series names it")
    known = {(row.form_code, row.series) for row in store.receipts.series(unit_id)}
    return [close_series(store, unit_id, *label, name, now=now, record=record) for label in sorted(labels & known)]


def _end(
    store: PaymentStore, receipt_id: str, move: ReceiptMove, officer: str, reason: str, now: datetime
) -> ReceiptRow:
    name = officer_name(officer)
    if not reason.strip():
        raise FeeOrderUnsound("a receipt ends for a reason")
    row = store.receipts.lock(receipt_id)
    if not may_move(RECEIPTS, ReceiptState(row.state), move):
        raise ReceiptEnded(f"receipt {receipt_id} is {row.state}")
    row.state = next_state(RECEIPTS, ReceiptState(row.state), move)
    row.ended_at, row.ended_by, row.end_reason = now, name, reason
    return row
