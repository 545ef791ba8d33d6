"""Calls and answers as they came: kept byte for byte, and closed with what became of them."""

from datetime import datetime

from config.identifiers import new_id
from payments.model import (
    BankTransfer,
    CallbackCall,
    NothingToSettle,
    ProviderEvent,
    Settlement,
    SettlementOutcome,
)
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
