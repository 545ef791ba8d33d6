"""Asking providers about attempts of which nothing final is known: silence, lost callbacks, unknown statuses."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from config.secrets import SecretUnavailable
from payments.errors import ProviderAnswerNotAuthentic, ProviderUnavailable, ProviderUnknown
from payments.events import Record
from payments.journeys.kept_calls import QUERY_METHOD, close_callback, keep_callback
from payments.journeys.schedule import GIVE_UP_AFTER, LEAST_QUERIES, next_query_at
from payments.journeys.settlement import settle_event
from payments.journeys.unresolved import give_up
from payments.journeys.work import OpenWork, recorder_of
from payments.model import CallbackCall, Settlement
from payments.providers.base import CancellingProvider, Provider, QueryAnswer, QueryRequest
from payments.states import OrderState
from payments.store.payments import PaymentStore

ASKED_AT_ONCE = 50
# What the payer may read at the provider.
CANCELLED_BECAUSE = "Khoan thu da dong"


@dataclass(frozen=True)
class StaleAttempt:
    """An attempt that is to be asked about.

    Attributes:
        order_closed: Nobody waits for its money any more; a provider that can is told to take none.
    """

    attempt_id: str
    provider: str
    request: QueryRequest
    order_closed: bool


def query_stale(
    open_work: OpenWork, named: Callable[[str], Provider], *, now: datetime, limit: int = ASKED_AT_ONCE
) -> list[Settlement]:
    """Ask about the attempts that are due, and settle the answers that could be had.

    No transaction is open while a provider is asked. Taking an attempt sets its next query, so a worker that dies, or
    a provider that does not answer, only means that it is asked again then.

    Args:
        named: Returns a provider by its name, or raises ProviderUnknown.
    Raises:
        SecretUnavailable: A provider's secret cannot be read; all other attempts were asked about.
    """
    with open_work() as work:
        stale = take_stale(work.payments, named, now, limit, recorder_of(work, now))
        work.commit()
    settlements = []
    unreadable: SecretUnavailable | None = None
    for attempt in stale:
        try:
            answer = _asked(named(attempt.provider), attempt, now)
        except (ProviderUnavailable, ProviderAnswerNotAuthentic, ProviderUnknown):
            continue
        except SecretUnavailable as error:
            # Told at the end: one provider's unreadable secret must not keep us from asking the others.
            unreadable = error
            continue
        with open_work() as work:
            settlements.append(settle_answer(work.payments, attempt, answer, now=now, record=recorder_of(work, now)))
            work.commit()
    if unreadable is not None:
        raise unreadable
    return settlements


def _asked(provider: Provider, attempt: StaleAttempt, now: datetime) -> QueryAnswer:
    if attempt.order_closed and isinstance(provider, CancellingProvider):
        try:
            return provider.cancel(attempt.request, CANCELLED_BECAUSE)
        except ProviderUnavailable:
            # Refused, perhaps because it is closed or paid: its own record says which.
            return provider.query(attempt.request, now)
    return provider.query(attempt.request, now)


def take_stale(
    store: PaymentStore, named: Callable[[str], Provider], now: datetime, limit: int, record: Record
) -> list[StaleAttempt]:
    """Take the attempts that are due and set when each is due next; give up those that stayed silent too long.

    Where nobody can be asked, an attempt only waits for the provider's call until its time is over.
    """
    taken = []
    for attempt in store.lock_stale_attempts(now, limit):
        over = attempt.started_at + GIVE_UP_AFTER
        askable = _can_query(named, attempt.provider)
        if not askable and now < over:
            attempt.next_query_at = over
            continue
        attempt.query_count += askable
        attempt.next_query_at = next_query_at(attempt.query_count, now)
        if not askable or (now > over and attempt.query_count > LEAST_QUERIES):
            give_up(store, attempt, now=now, record=record)
            continue
        request = QueryRequest(attempt.reference, attempt.amount, attempt.started_at, attempt.provider_reference)
        closed = store.get_order(attempt.order_id).state != OrderState.OPEN
        taken.append(StaleAttempt(attempt.id, attempt.provider, request, closed))
    return taken


def _can_query(named: Callable[[str], Provider], name: str) -> bool:
    """Whether a provider can be asked; one that is not set up now may be again."""
    try:
        return named(name).can_query
    except ProviderUnknown:
        return True


def settle_answer(
    store: PaymentStore, asked: StaleAttempt, answer: QueryAnswer, *, now: datetime, record: Record
) -> Settlement:
    """Keep a provider's answer byte for byte and take it into account as a callback would be."""
    kept = CallbackCall(QUERY_METHOD, asked.request.reference.encode(), answer.raw)
    callback_id = keep_callback(store, asked.provider, kept, now=now)
    settlement = settle_event(store, answer.event, callback_id=callback_id, now=now, record=record)
    close_callback(store, callback_id, settlement, None, now)
    return settlement
