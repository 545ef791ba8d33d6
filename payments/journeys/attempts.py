"""Starting an attempt to pay an order."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from config.identifiers import new_id
from payments.errors import FeeOrderExpired
from payments.events import Record
from payments.journeys.orders import ensure_open, order_event
from payments.journeys.schedule import first_query_at
from payments.providers.base import PaymentRequest, Provider
from payments.providers.vietqr.reference import ALPHABET
from payments.states import AttemptState
from payments.store.payments import PaymentStore
from payments.store.tables import FeeOrderRow, PaymentAttemptRow

# How long a payer may stay on a provider's page.
ATTEMPT_TIME = timedelta(minutes=15)
REFERENCE_LENGTH = 16


@dataclass(frozen=True)
class StartedAttempt:
    """An attempt, and where the payer's browser goes for it."""

    attempt_id: str
    reference: str
    redirect_url: str


def start_attempt(
    store: PaymentStore,
    order_id: str,
    provider: Provider,
    *,
    payer_address: str,
    return_url: str,
    now: datetime,
    record: Record,
) -> StartedAttempt:
    """Start one try to pay an order with a provider.

    Raises:
        FeeOrderNotFound, FeeOrderAlreadyPaid, FeeOrderCancelled, FeeOrderExpired: It cannot be paid.
        PaymentNotPossible: The provider takes no such amount.
    """
    order = store.lock_order(order_id)
    ensure_open(order)
    if order.expires_at <= now:
        raise FeeOrderExpired(f"the time to pay fee order {order.id} is over")
    attempt = _attempt_row(order, provider.name, payer_address, now)
    redirect_url = provider.start(
        PaymentRequest(
            reference=attempt.reference,
            amount=attempt.amount,
            purpose=f"Ho so {order.dossier_code}",
            return_url=return_url,
            payer_address=payer_address,
            started_at=attempt.started_at,
            expires_at=attempt.expires_at,
        )
    )
    store.add_attempt(attempt)
    record(order_event("attempt.started", order, attempt_id=attempt.id, provider=provider.name))
    return StartedAttempt(attempt.id, attempt.reference, redirect_url)


def _attempt_row(order: FeeOrderRow, provider: str, payer_address: str, now: datetime) -> PaymentAttemptRow:
    return PaymentAttemptRow(
        id=new_id(),
        unit_id=order.unit_id,
        order_id=order.id,
        provider=provider,
        reference="".join(secrets.choice(ALPHABET) for _ in range(REFERENCE_LENGTH)),
        state=AttemptState.STARTED,
        amount_minor=order.amount_minor,
        currency=order.currency,
        payer_address=payer_address[:45],
        # Providers know seconds only, and are asked about the attempt by this very moment.
        started_at=now.replace(microsecond=0),
        expires_at=min(now + ATTEMPT_TIME, order.expires_at),
        query_count=0,
        next_query_at=first_query_at(now),
    )
