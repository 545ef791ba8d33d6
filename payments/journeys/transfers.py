"""Bank transfers that name an order by its reference: from statements, or from a bank's own notices."""

from datetime import datetime

from config.identifiers import new_id
from payments.events import Record
from payments.journeys.settlement import MoneyIn, book_order_paid, book_suspended
from payments.ledger.accounts import Account, bank, treasury
from payments.model import STATEMENT, BankTransfer, ProviderOutcome, Settlement, SettlementOutcome
from payments.states import AttemptState, OrderState
from payments.store.payments import PaymentStore
from payments.store.tables import FeeOrderRow, PaymentAttemptRow

NOT_OUR_ACCOUNT = "the account credited is none of the collecting unit's"


def settle_notice(
    store: PaymentStore, notice: BankTransfer, *, callback_id: str, now: datetime, record: Record
) -> tuple[Settlement, str | None]:
    """Settle a bank's notice as a statement's entry would be, if the account credited is the unit's.

    Of notices that name no order, or another's account, nothing is booked: the statement that shows the money makes
    the break, so that it is not counted twice. Returns the settlement, and why nothing was settled.
    """
    order = store.find_order_by_transfer_reference(notice.transfer_reference)
    if order is not None and not store.has_collection_account(
        order.unit_id, (notice.account_number, notice.virtual_account)
    ):
        return Settlement(SettlementOutcome.NOTHING_TO_SETTLE, order_id=order.id, event=notice), NOT_OUR_ACCOUNT
    settlement = settle_transfer(store, notice, now=now, record=record)
    if settlement.attempt_id is not None and store.callbacks.find_event(notice.provider, notice.key) is None:
        attempt = store.get_attempt(settlement.attempt_id)
        store.callbacks.add_event(_event_values(attempt, notice, callback_id, now))
    return settlement, None


def settle_transfer(store: PaymentStore, transfer: BankTransfer, *, now: datetime, record: Record) -> Settlement:
    """Book a transfer at most once: the order paid, if it is open and the amount is the order's, else suspense.

    Statements and each provider of notices tell of every transfer once. What one of them tells is the money that
    another told of before, where order, account and amount are the same. An unknown reference books nothing: the
    statement's break tells of it.
    """
    known = store.find_order_by_transfer_reference(transfer.transfer_reference)
    if known is None:
        return Settlement(SettlementOutcome.ATTEMPT_NOT_FOUND, event=transfer)
    order = store.lock_order(known.id)
    before = store.find_transfer(transfer.provider, transfer.key) or _told_before(store, order, transfer)
    if before is not None:
        return Settlement(SettlementOutcome.DUPLICATE, order_id=before.order_id, attempt_id=before.id, event=transfer)
    received_on = store.ledger_account(order.unit_id, transfer.account_number)
    attempt = _attempt_row(order, transfer, received_on, now)
    store.add_attempt(attempt)
    money = MoneyIn(attempt, transfer.bank_reference, transfer.received_at, received_on)
    if order.state == OrderState.OPEN and transfer.amount == order.amount:
        entry_id = book_order_paid(store, order, money, now=now, record=record)
        outcome = SettlementOutcome.BOOKED
    else:
        reason = "amount-differs" if order.state == OrderState.OPEN else f"order-{order.state}"
        entry_id = book_suspended(store, order, money, reason, now=now, record=record)
        outcome = SettlementOutcome.SUSPENDED
    return Settlement(outcome, order_id=order.id, attempt_id=attempt.id, entry_id=entry_id, event=transfer)


def _told_before(store: PaymentStore, order: FeeOrderRow, transfer: BankTransfer) -> PaymentAttemptRow | None:
    """Return the attempt that is this very transfer as another channel told of it, and tie the two together.

    A channel that told of an attempt under another key means another transfer, whatever the bank calls it: so there
    are as many transfers as the channel tells of that tells of most.
    """
    # An account that went from a bank to the treasury is the same account.
    places = {place(transfer.account_number).code for place in (bank, treasury)}
    same = [
        attempt
        for attempt in store.attempts_of(order.id)
        if attempt.received_on in places and attempt.amount == transfer.amount
    ]
    if transfer.provider == STATEMENT:
        for attempt in same:
            if attempt.statement_reference == transfer.key:
                return attempt
    untold = [attempt for attempt in same if not _tells_of(store, transfer.provider, attempt)]
    # Where the bank's own reference says which, that one; else the oldest.
    found = min(untold, key=lambda attempt: attempt.provider_transaction != transfer.bank_reference, default=None)
    if found is not None and transfer.provider == STATEMENT:
        found.statement_reference = transfer.key
    return found


def _tells_of(store: PaymentStore, provider: str, attempt: PaymentAttemptRow) -> bool:
    """Whether a channel has told of a transfer: statements by their reference, notices by their report."""
    if provider == STATEMENT:
        return attempt.provider == STATEMENT or attempt.statement_reference is not None
    return attempt.provider == provider or store.callbacks.has_event_of(provider, attempt.id)


def _attempt_row(order: FeeOrderRow, transfer: BankTransfer, received_on: Account, now: datetime) -> PaymentAttemptRow:
    return PaymentAttemptRow(
        id=new_id(),
        unit_id=order.unit_id,
        order_id=order.id,
        provider=transfer.provider,
        reference=transfer.key,
        state=AttemptState.SUCCEEDED,
        amount_minor=transfer.amount.amount_minor,
        currency=transfer.amount.currency,
        payer_address="",
        provider_transaction=transfer.bank_reference,
        started_at=transfer.received_at,
        expires_at=transfer.received_at,
        paid_at=transfer.received_at,
        booked_at=now,
        received_on=received_on.code,
        query_count=0,
    )


def _event_values(
    attempt: PaymentAttemptRow, notice: BankTransfer, callback_id: str, now: datetime
) -> dict[str, object]:
    return {
        "id": new_id(),
        "unit_id": attempt.unit_id,
        "provider": notice.provider,
        "event_key": notice.key,
        "attempt_id": attempt.id,
        "callback_id": callback_id,
        "transaction": notice.bank_reference,
        "outcome": ProviderOutcome.SUCCEEDED,
        "code": "in",
        "amount_minor": notice.amount.amount_minor,
        "currency": notice.amount.currency,
        "paid_at": notice.received_at,
        "recorded_at": now,
    }
