"""A provider calls: keep the call as it is, then settle it."""

from dataclasses import replace
from datetime import datetime

from config.identifiers import new_id
from payments.errors import CallbackNotAuthentic, CallbackUnreadable
from payments.events import Record
from payments.journeys.settlement import settle_event
from payments.journeys.transfers import settle_transfer
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
from payments.store.tables import ProviderCallbackRow

QUERY_METHOD = "QUERY"


def keep_callback(store: PaymentStore, provider_name: str, call: CallbackCall, *, now: datetime) -> str:
    """Keep a call byte for byte before anything is believed; the caller commits at once. Returns its id."""
    row = ProviderCallbackRow(
        id=new_id(),
        provider=provider_name,
        received_at=now,
        method=call.method,
        query=call.query,
        body=call.body,
        headers=dict(call.headers),
        client_address=call.client_address[:45],
    )
    store.callbacks.keep(row)
    return row.id


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
    call = CallbackCall(row.method, row.query, row.body, row.headers, row.client_address)
    if row.settled_at is not None and row.outcome is not None:
        outcome = SettlementOutcome(row.outcome)
        return Settlement(outcome, provider.acknowledgement(outcome, call), row.order_id, row.attempt_id)
    settlement, problem = _settled(store, provider, row.id, call, now, record)
    settlement = replace(settlement, acknowledgement=provider.acknowledgement(settlement.outcome, call))
    close_callback(store, row, settlement, problem, now)
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
            return settle_transfer(store, report, now=now, record=record), None
        case RefundEvent():
            return Settlement(SettlementOutcome.ATTEMPT_NOT_FOUND, event=report), None
        case NothingToSettle():
            return Settlement(SettlementOutcome.NOTHING_TO_SETTLE, event=report), report.reason


def close_callback(
    store: PaymentStore, row: ProviderCallbackRow, settlement: Settlement, problem: str | None, now: datetime
) -> None:
    """Write beside a kept call what became of it."""
    row.outcome, row.settled_at = settlement.outcome, now
    row.problem = problem or _explained(settlement)
    row.answer_code = settlement.acknowledgement.code if settlement.acknowledgement else None
    row.order_id, row.attempt_id = settlement.order_id, settlement.attempt_id
    if settlement.event is not None and not isinstance(settlement.event, NothingToSettle):
        row.amount_minor = settlement.event.amount.amount_minor
    if settlement.order_id is not None:
        row.unit_id = store.get_order(settlement.order_id).unit_id


def _explained(settlement: Settlement) -> str | None:
    event = settlement.event
    if event is None or isinstance(event, NothingToSettle):
        return None
    if settlement.outcome is SettlementOutcome.ATTEMPT_NOT_FOUND:
        reference = event.transfer_reference if isinstance(event, BankTransfer) else event.reference
        return f"nothing of ours at {event.provider} has the reference {reference}"
    if settlement.outcome is SettlementOutcome.AMOUNT_MISMATCH:
        return f"{event.amount.amount_minor} {event.amount.currency} is not the attempt's amount"
    if settlement.outcome is SettlementOutcome.UNKNOWN_NOTED and isinstance(event, ProviderEvent):
        return f"the provider's code {event.code} says neither paid nor failed; it will be asked"
    return None
