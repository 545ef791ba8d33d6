"""The payer's page and the receipt page, read from fee orders and receipts."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal, cast

from gateway.db.tables.callers import UnitRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.pages.problems import refused
from gateway.payment_events import recorder
from gateway.services import Services
from gateway.web.pay_views import (
    FeeItem,
    OpenAttempt,
    PayPage,
    PayState,
    ProviderChoice,
    ReceiptLink,
    ReturnClaim,
    ReturnPage,
    TransferDetails,
)
from payments.errors import CallbackNotAuthentic, CallbackUnreadable, PaymentsError
from payments.journeys import Visitor, start_attempt
from payments.model import ProviderOutcome
from payments.providers.base import Provider, WithoutProvenReturn
from payments.providers.vietqr.transfer import transfer_instruction
from payments.states import AttemptState, OrderState
from payments.store.tables import FeeOrderItemRow, FeeOrderRow, ReceiptRow

Kind = Literal["phi", "le-phi"]
CLOSED = {
    OrderState.PAID: PayState.PAID,
    OrderState.CANCELLED: PayState.CANCELLED,
    OrderState.EXPIRED: PayState.EXPIRED,
    OrderState.EXEMPT: PayState.EXEMPT,
}

CLAIMS = {ProviderOutcome.SUCCEEDED: ReturnClaim.SUCCESS, ProviderOutcome.FAILED: ReturnClaim.FAILED}


def find_pay_page(services: Services, token: str) -> PayPage | None:
    """Return the fee order behind a payer's token as its page shows it."""
    now = datetime.now(UTC)
    with services.unit_of_work(read_only=True) as work:
        order = work.payments.find_order_by_token(token)
        if order is None:
            return None
        unit = work.session.get(UnitRow, order.unit_id)
        state = _state(work, order, now)
        bases = work.payments.catalogue.legal_bases({i.catalogue_entry_id for i in order.items if i.catalogue_entry_id})
        waiting = state in {PayState.AWAITING_PAYMENT, PayState.AWAITING_CONFIRMATION}
        # While a provider still owes us an answer the page waits, but nothing new can be started after the deadline.
        is_open = waiting and order.expires_at > now
        return PayPage(
            token=token,
            unit_name=unit.name if unit else "",
            purpose=order.purpose,
            dossier_code=order.dossier_code,
            payer_name=order.payer_name,
            items=tuple(_item(item, bases) for item in order.items),
            total_minor=order.amount_minor,
            state=state,
            expires_at=order.expires_at,
            paid_at=order.paid_at,
            transfer=_transfer(work, order, now) if is_open else None,
            providers=tuple(_choice(provider) for provider in services.providers.payable) if is_open else (),
            receipts=tuple(receipt_link(row) for row in work.payments.receipts.of_order(order.id)),
            provider_receipt_by=_provider_receipt_by(services, work, order),
            open_attempt=_open_attempt(services, work, order, now) if waiting else None,
        )


def _item(item: FeeOrderItemRow, bases: Mapping[str, str]) -> FeeItem:
    full = item.full_amount_minor if item.full_amount_minor != item.amount_minor else None
    ground = item.legal_ground if full is not None else None
    basis = bases.get(item.catalogue_entry_id or "")
    return FeeItem(cast("Kind", item.kind), item.name, item.amount_minor, full, ground, basis)


def _provider_receipt_by(services: Services, work: UnitOfWork, order: FeeOrderRow) -> str | None:
    if order.paid_attempt_id is None or work.payments.counter.find_provider_receipt(order.paid_attempt_id) is None:
        return None
    name = work.payments.get_attempt(order.paid_attempt_id).provider
    return next((provider.title for provider in services.providers if provider.name == name), name)


def find_pay_state(services: Services, token: str) -> PayState | None:
    """Return only the state."""
    with services.unit_of_work(read_only=True) as work:
        order = work.payments.find_order_by_token(token)
        return _state(work, order, datetime.now(UTC)) if order else None


def _state(work: UnitOfWork, order: FeeOrderRow, now: datetime) -> PayState:
    closed = CLOSED.get(OrderState(order.state))
    if closed is not None:
        return closed
    if any(attempt.state == AttemptState.UNKNOWN for attempt in work.payments.attempts_of(order.id)):
        return PayState.AWAITING_CONFIRMATION
    return PayState.EXPIRED if order.expires_at <= now else PayState.AWAITING_PAYMENT


def _open_attempt(services: Services, work: UnitOfWork, order: FeeOrderRow, now: datetime) -> OpenAttempt | None:
    """Return the newest visit to a provider that may still end in a payment."""
    for attempt in sorted(work.payments.attempts_of(order.id), key=lambda row: row.started_at, reverse=True):
        running = attempt.state == AttemptState.STARTED and attempt.expires_at > now
        if running or attempt.state == AttemptState.UNKNOWN:
            titles = {provider.name: provider.title for provider in services.providers}
            title = titles.get(attempt.provider, attempt.provider)
            return OpenAttempt(title, attempt.started_at, attempt.provider, attempt.qr_text, attempt.app_url)
    return None


def _transfer(work: UnitOfWork, order: FeeOrderRow, now: datetime) -> TransferDetails | None:
    account = work.payments.find_collection_account(order.unit_id, now)
    if account is None:
        return None
    made = transfer_instruction(
        bank_bin=account.bank_bin,
        bank_name=account.bank_name,
        account_number=account.account_number,
        account_name=account.account_name,
        amount=order.amount,
        reference=order.transfer_reference,
    )
    return TransferDetails(made.bank_name, made.account_number, made.account_name, made.transfer_content, made.qr_text)


def _choice(provider: Provider) -> ProviderChoice:
    return ProviderChoice(provider.name, provider.title, provider.page_origin or "", provider.returns_payer)


def receipt_link(row: ReceiptRow) -> ReceiptLink:
    """Return a receipt as other pages link to it."""
    return ReceiptLink(row.code, row.printed_number, cast("Kind", row.kind), row.amount_minor)


def begin_attempt(services: Services, token: str, provider_name: str, client_address: str) -> str | None:
    """Start an attempt and return the provider's address for the browser; None where our own page goes on.

    Raises:
        ActionRefused: The order is closed or the provider cannot be used.
    """
    now = datetime.now(UTC)
    try:
        provider = services.providers.named(provider_name)
        with services.unit_of_work() as work:
            order = work.payments.find_order_by_token(token)
            if order is None:
                raise refused("fee-order-not-found")
            visitor = visitor_of(services, work, order, provider_name, client_address)
            started = start_attempt(work, order.id, provider, visitor, now=now, record=recorder(work, "citizen", now))
    except PaymentsError as error:
        raise refused(error.code) from None
    return started.payment.redirect_url


def visitor_of(
    services: Services, work: UnitOfWork, order: FeeOrderRow, provider_name: str, client_address: str
) -> Visitor:
    """Return what is around a start: the addresses at which browser and provider come back to us, and who collects."""
    own = services.settings.public_url
    unit = work.session.get_one(UnitRow, order.unit_id)
    page = f"{own}/pay/{order.pay_token}"
    proven = not isinstance(services.providers.named(provider_name), WithoutProvenReturn)
    return_url = f"{page}/return" if proven else page
    return Visitor(client_address, return_url, f"{own}/callbacks/{provider_name}", unit.code, unit.name)


def find_return_page(services: Services, token: str, query: bytes) -> ReturnPage | None:
    """Return what the browser brought back beside what is booked; nothing is booked from it."""
    page = find_pay_page(services, token)
    if page is None:
        return None
    name, claim, code = _claim(services, query, _references(services, token))
    return ReturnPage(page, name, claim, code)


def _references(services: Services, token: str) -> frozenset[str]:
    with services.unit_of_work(read_only=True) as work:
        order = work.payments.find_order_by_token(token)
        return frozenset(attempt.reference for attempt in work.payments.attempts_of(order.id)) if order else frozenset()


def _claim(services: Services, query: bytes, ours: frozenset[str]) -> tuple[str, ReturnClaim, str | None]:
    """Return what an authentic query says of one of this order's attempts; of another order's it says nothing here."""
    for provider in services.providers.payable:
        try:
            event = provider.read_return(query)
        except (CallbackNotAuthentic, CallbackUnreadable):
            continue
        if event.reference not in ours:
            break
        claim = CLAIMS.get(event.outcome, ReturnClaim.PENDING)
        return provider.title, ReturnClaim.CANCELLED if event.payer_cancelled else claim, event.code
    return "", ReturnClaim.NOT_AUTHENTIC, None
