"""Starting an attempt to pay an order."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from config.identifiers import new_id
from payments.errors import FeeOrderExpired, PaymentNotPossible
from payments.events import Record
from payments.journeys.orders import ensure_open, order_event
from payments.journeys.schedule import first_query_at
from payments.journeys.work import PaymentWork
from payments.providers.base import Beneficiary, PaymentItem, PaymentRequest, Provider, StartedPayment
from payments.states import ATTEMPTS, AttemptMove, AttemptState, next_state
from payments.store.payments import PaymentStore
from payments.store.tables import FeeOrderRow, PaymentAttemptRow

# How long a payer may stay on a provider's page.
ATTEMPT_TIME = timedelta(minutes=15)
NOT_POSSIBLE = "not-possible"


@dataclass(frozen=True)
class Visitor:
    """Around a start: the browser's address, where it comes back to, where providers call us, and who collects."""

    address: str
    return_url: str
    callback_url: str = ""
    unit_code: str = ""
    unit_name: str = ""


@dataclass(frozen=True)
class StartedAttempt:
    """An attempt, and how the payer goes on with it."""

    attempt_id: str
    reference: str
    payment: StartedPayment


def start_attempt(
    work: PaymentWork, order_id: str, provider: Provider, visitor: Visitor, *, now: datetime, record: Record
) -> StartedAttempt:
    """Start one try to pay an order with a provider.

    The attempt is committed before the provider hears of it, and no transaction is open while it answers: whatever
    fails in between, money that it takes has an attempt that is asked about.

    Raises:
        FeeOrderNotFound, FeeOrderAlreadyPaid, FeeOrderCancelled, FeeOrderExpired: It cannot be paid.
        PaymentNotPossible: The provider takes no such amount; the attempt has failed.
        ProviderUnavailable, ProviderAnswerNotAuthentic: The attempt may have begun and is asked about.
    """
    order = work.payments.lock_order(order_id)
    ensure_open(order)
    if order.expires_at <= now:
        raise FeeOrderExpired(f"the time to pay fee order {order.id} is over")
    attempt = _attempt_row(order, provider, visitor, now)
    work.payments.add_attempt(attempt)
    record(order_event("attempt.started", order, attempt_id=attempt.id, provider=provider.name))
    request = _request(work.payments, order, attempt, visitor)
    work.commit()
    try:
        payment = provider.start(request)
    except PaymentNotPossible:
        _note_refusal(work, attempt.id)
        raise
    _note_start(work, attempt.id, payment)
    return StartedAttempt(attempt.id, attempt.reference, payment)


def _note_refusal(work: PaymentWork, attempt_id: str) -> None:
    attempt = work.payments.lock_attempt(attempt_id)
    attempt.state = next_state(ATTEMPTS, AttemptState(attempt.state), AttemptMove.FAIL)
    attempt.provider_code, attempt.next_query_at = NOT_POSSIBLE, None
    work.commit()


def _note_start(work: PaymentWork, attempt_id: str, payment: StartedPayment) -> None:
    attempt = work.payments.lock_attempt(attempt_id)
    attempt.redirect_url, attempt.qr_text, attempt.app_url = payment.redirect_url, payment.qr_text, payment.app_url
    attempt.provider_reference = payment.provider_reference
    work.commit()


def _request(store: PaymentStore, order: FeeOrderRow, attempt: PaymentAttemptRow, visitor: Visitor) -> PaymentRequest:
    account = store.find_collection_account(order.unit_id, attempt.started_at)
    return PaymentRequest(
        reference=attempt.reference,
        amount=attempt.amount,
        purpose=f"Ho so {order.dossier_code}",
        return_url=visitor.return_url,
        payer_address=visitor.address,
        started_at=attempt.started_at,
        expires_at=attempt.expires_at,
        callback_url=visitor.callback_url,
        dossier_code=order.dossier_code,
        payer_name=order.payer_name,
        items=tuple(
            PaymentItem(item.kind, item.name, item.procedure_code, item.chapter, item.sub_item, item.amount)
            for item in order.items
            if item.amount.is_positive
        ),
        order_purpose=order.purpose,
        payer_number=order.payer_number or "",
        payer_home=order.payer_address or "",
        unit_code=visitor.unit_code,
        unit_name=visitor.unit_name,
        beneficiary=Beneficiary(account.bank_bin, account.account_number, account.account_name) if account else None,
        details=order.details,
        attempt_number=len(store.attempts_of(order.id)),
    )


def _attempt_row(order: FeeOrderRow, provider: Provider, visitor: Visitor, now: datetime) -> PaymentAttemptRow:
    return PaymentAttemptRow(
        id=new_id(),
        unit_id=order.unit_id,
        order_id=order.id,
        provider=provider.name,
        reference=provider.new_reference(now),
        state=AttemptState.STARTED,
        amount_minor=order.amount_minor,
        currency=order.currency,
        payer_address=visitor.address[:45],
        # Providers know seconds only, and are asked about the attempt by this very moment.
        started_at=now.replace(microsecond=0),
        expires_at=min(now + ATTEMPT_TIME, order.expires_at),
        query_count=0,
        next_query_at=first_query_at(now, can_query=provider.can_query),
    )
