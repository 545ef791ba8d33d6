"""A provider calls: what was kept is settled once, whatever it reports."""

from dataclasses import replace
from datetime import datetime

from payments.errors import CallbackNotAuthentic, CallbackUnreadable
from payments.events import Record
from payments.journeys.kept_calls import close_callback
from payments.journeys.refund_outcomes import settle_refund_event
from payments.journeys.settlement import settle_event
from payments.journeys.transfers import settle_notice
from payments.model import (
    BankTransfer,
    CallbackCall,
    NothingToSettle,
    ProviderEvent,
    ProviderReport,
    RefundEvent,
    Settlement,
    SettlementOutcome,
)
from payments.providers.base import Provider
from payments.store.payments import PaymentStore


def settle_callback(
    store: PaymentStore, provider: Provider, callback_id: str, *, now: datetime, record: Record
) -> Settlement:
    """Settle a kept call, in one transaction, and return what the provider is to be told.

    A refusal is a settlement too: it changes nothing but the call's own row. A call that was settled before answers
    as it did then. Errors are only our own faults: roll back and answer with acknowledgement(OUR_FAULT), so that the
    provider repeats.

    Raises:
        CallbackNotFound: There is no such call.
    """
    row = store.callbacks.lock(callback_id)
    call = CallbackCall(row.method, row.query, row.body, row.headers, row.client_address, row.received_at)
    if row.settled_at is not None and row.outcome is not None:
        outcome = SettlementOutcome(row.outcome)
        return Settlement(outcome, provider.acknowledgement(outcome, call), row.order_id, row.attempt_id)
    return settle_arrived(store, provider, callback_id, call, now=now, record=record)


def settle_arrived(
    store: PaymentStore, provider: Provider, callback_id: str, call: CallbackCall, *, now: datetime, record: Record
) -> Settlement:
    """Settle a call that this process kept just now, as settle_callback does, without reading it back."""
    settlement, problem = _settled(store, provider, callback_id, call, now, record)
    settlement = replace(settlement, acknowledgement=provider.acknowledgement(settlement.outcome, call))
    close_callback(store, callback_id, settlement, problem, now)
    return settlement


def _settled(
    store: PaymentStore, provider: Provider, callback_id: str, call: CallbackCall, now: datetime, record: Record
) -> tuple[Settlement, str | None]:
    try:
        report = provider.read_callback(call)
    except CallbackNotAuthentic as refusal:
        return Settlement(SettlementOutcome.NOT_AUTHENTIC), str(refusal)
    except CallbackUnreadable as refusal:
        return Settlement(SettlementOutcome.UNREADABLE), str(refusal)
    return settle_report(store, report, callback_id, now, record)


def settle_report(
    store: PaymentStore, report: ProviderReport, callback_id: str, now: datetime, record: Record
) -> tuple[Settlement, str | None]:
    """Settle what an authentic call reports, and say why where nothing is to be settled."""
    match report:
        case ProviderEvent():
            return settle_event(store, report, callback_id=callback_id, now=now, record=record), None
        case BankTransfer():
            return settle_notice(store, report, callback_id=callback_id, now=now, record=record)
        case RefundEvent():
            return settle_refund_event(store, report, now=now, record=record), None
        case NothingToSettle():
            return Settlement(SettlementOutcome.NOTHING_TO_SETTLE, event=report), report.reason
