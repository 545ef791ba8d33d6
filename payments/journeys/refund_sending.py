"""An approved refund on its way: sent once, asked about until it is known, confirmed by provider or statement."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from config.secrets import SecretUnavailable
from payments.errors import (
    PaymentNotPossible,
    ProviderAnswerNotAuthentic,
    ProviderUnavailable,
    ProviderUnknown,
    RefundNotPossible,
)
from payments.events import Record
from payments.journeys.kept_calls import close_callback, keep_callback
from payments.journeys.refund_outcomes import settle_refund_event
from payments.journeys.refunds import locked_refund, refund_event
from payments.journeys.schedule import next_refund_query_at
from payments.journeys.work import OpenWork, recorder_of
from payments.model import CallbackCall, RefundEvent, RefundOutcome, Settlement
from payments.providers.base import Provider, QueryRequest, RefundAnswer, RefundRequest
from payments.states import REFUNDS, RefundMove, RefundState, may_move, next_state
from payments.store.payments import PaymentStore

REFUND_METHOD: Final = "REFUND"
# Why a refund was not sent, where a provider's own code stands otherwise.
NOT_SENT: Final[Mapping[type[Exception], str]] = {
    SecretUnavailable: "secret-unavailable",
    ProviderUnknown: ProviderUnknown.code,
}
SENT_AT_ONCE: Final = 20


@dataclass(frozen=True)
class DueRefund:
    """A refund whose next step is due; first says that it was never sent before."""

    refund_id: str
    provider: str
    request: RefundRequest
    first: bool


def send_refunds(open_work: OpenWork, named: Callable[[str], Provider], *, now: datetime) -> list[Settlement]:
    """Send the approved refunds and ask about those that are under way.

    No transaction is open while a provider is asked. A refund is unknown from before it is sent: whoever dies in
    between leaves one that is asked about, and none is ever sent twice. One that could not be sent, because the
    provider's secret cannot be read or the provider is not set up, is approved as before and tried again.

    Raises:
        SecretUnavailable: A provider's secret cannot be read; all other refunds had their turn.
    """
    with open_work() as work:
        due = take_due(work.payments, now, SENT_AT_ONCE, recorder_of(work, now))
        work.commit()
    settlements = []
    unreadable: SecretUnavailable | None = None
    for refund in due:
        try:
            event, raw = _asked(named, refund, now)
        except (SecretUnavailable, ProviderUnknown) as error:
            if refund.first:
                with open_work() as work:
                    hold_back(work.payments, refund, NOT_SENT[type(error)], recorder_of(work, now))
                    work.commit()
            if isinstance(error, SecretUnavailable):
                # Told at the end: one provider's unreadable secret must not keep the others' refunds back.
                unreadable = error
            continue
        if event is None:
            continue
        with open_work() as work:
            settlements.append(settle_refund_answer(work.payments, refund, event, raw, now, recorder_of(work, now)))
            work.commit()
    if unreadable is not None:
        raise unreadable
    return settlements


def take_due(store: PaymentStore, now: datetime, limit: int, record: Record) -> list[DueRefund]:
    """Take the refunds that are due and set when each is due next; tell people of those that stay unknown too long."""
    taken = []
    for row in store.refunds.lock_due(now, limit):
        attempt = store.get_attempt(row.attempt_id)
        first = row.state == RefundState.APPROVED
        if first:
            row.state = next_state(REFUNDS, RefundState.APPROVED, RefundMove.LOSE_SIGHT)
            row.sent_at = now
        row.query_count += 1
        row.next_step_at = next_refund_query_at(row.query_count, row.sent_at or now, now)
        if row.next_step_at is None:
            record(refund_event("refund.unresolved", row, store.get_order(row.order_id)))
        payment = QueryRequest(attempt.reference, attempt.amount, attempt.started_at, attempt.provider_reference)
        request = RefundRequest(
            reference=row.reference,
            payment=payment,
            transaction=row.payment_transaction,
            payment_amount=attempt.amount,
            amount=row.amount,
            reason=row.reason,
            requested_by=row.requested_by or "",
            requested_at=row.sent_at or now,
        )
        taken.append(DueRefund(row.id, attempt.provider, request, first))
    return taken


def _asked(named: Callable[[str], Provider], due: DueRefund, now: datetime) -> tuple[RefundEvent | None, bytes]:
    """Return what a provider says of a refund; a refusal for good is a failure, silence is nothing.

    Raises:
        SecretUnavailable, ProviderUnknown: Nothing was sent: adapters read their secrets first.
    """
    try:
        provider = named(due.provider)
        answer: RefundAnswer = (provider.refund if due.first else provider.query_refund)(due.request, now)
    except (RefundNotPossible, PaymentNotPossible) as refusal:
        if not due.first:
            return None, b""
        told = RefundEvent(due.provider, due.request.reference, "", due.request.amount, RefundOutcome.FAILED, "refused")
        return told, str(refusal).encode()
    except (ProviderUnavailable, ProviderAnswerNotAuthentic):
        return None, b""
    return answer.event, answer.raw


def hold_back(store: PaymentStore, due: DueRefund, reason: str, record: Record) -> None:
    """Note that a refund was not sent after all: it stays approved, keeps its next turn, and people are told once."""
    row, order = locked_refund(store, due.refund_id)
    if not may_move(REFUNDS, RefundState(row.state), RefundMove.HOLD_BACK):
        return
    row.state = next_state(REFUNDS, RefundState(row.state), RefundMove.HOLD_BACK)
    row.sent_at = None
    if row.provider_code != reason:
        row.provider_code = reason
        record(refund_event("refund.waiting", row, order, reason=reason))


def settle_refund_answer(
    store: PaymentStore, due: DueRefund, event: RefundEvent, raw: bytes, now: datetime, record: Record
) -> Settlement:
    """Keep a provider's answer about a refund byte for byte and take it into account."""
    kept = CallbackCall(REFUND_METHOD, event.reference.encode(), raw)
    callback_id = keep_callback(store, event.provider, kept, now=now)
    settlement = settle_refund_event(store, event, now=now, record=record)
    close_callback(store, callback_id, settlement, None, now)
    return settlement
