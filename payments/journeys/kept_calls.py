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

QUERY_METHOD = "QUERY"


def keep_callback(store: PaymentStore, provider_name: str, call: CallbackCall, *, now: datetime) -> str:
    """Keep a call byte for byte before anything is believed; the caller commits at once. Returns its id."""
    callback_id = new_id()
    store.callbacks.keep(
        {
            "id": callback_id,
            "provider": provider_name,
            "received_at": now,
            "method": call.method,
            "query": call.query,
            "body": call.body,
            "headers": dict(call.headers),
            "client_address": call.client_address[:45],
        }
    )
    return callback_id


def close_callback(
    store: PaymentStore, callback_id: str, settlement: Settlement, problem: str | None, now: datetime
) -> None:
    """Write beside a kept call what became of it, if nobody has."""
    event = settlement.event
    unit_id = settlement.unit_id
    if unit_id is None and settlement.order_id is not None:
        unit_id = store.get_order(settlement.order_id).unit_id
    store.callbacks.close(
        callback_id,
        {
            "unit_id": unit_id,
            "outcome": settlement.outcome,
            "problem": problem or _explained(settlement),
            "answer_code": settlement.acknowledgement.code if settlement.acknowledgement else None,
            "amount_minor": None if event is None or isinstance(event, NothingToSettle) else event.amount.amount_minor,
            "order_id": settlement.order_id,
            "attempt_id": settlement.attempt_id,
            "settled_at": now,
        },
    )


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
        if event.needs_query:
            return "an amount like this is booked once the provider's answer to our own question says the same"
        return f"the provider's code {event.code} says neither paid nor failed; it will be asked"
    return None
