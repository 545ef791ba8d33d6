"""What a bank statement means for the books: transfers that pay orders, and providers' money that reached the bank."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

from payments.events import Record
from payments.journeys.cash_deposits import note_arrival
from payments.journeys.expected_transfers import note_transfer
from payments.journeys.refund_outcomes import PaidOut, confirm_by_statement
from payments.journeys.transfers import settle_transfer
from payments.ledger.accounts import OWN_ACCOUNTS, clearing, parse_account
from payments.ledger.journal import JournalEntry, Posting
from payments.local_time import HANOI
from payments.model import BankTransfer, Settlement
from payments.money import Money
from payments.providers.vietqr.reference import find_references
from payments.reconciliation.model import ExpectedPayment, Match, MatchRule, PaymentKind
from payments.reconciliation.rows import match_row
from payments.states import TransferState
from payments.store.deposit_tables import CashDepositRow
from payments.store.payments import PaymentStore
from payments.store.refund_tables import RefundRow
from payments.store.statement_tables import StatementEntryRow
from payments.store.tables import PaymentAttemptRow
from payments.store.transfer_tables import ExpectedTransferRow

# Banks book a provider's money some days after the provider took it.
LOOK_BACK = timedelta(days=7)
# Over a long holiday a payout or a remittance takes up to two weeks.
TRANSFERS_LOOK_BACK = timedelta(days=14)
BANK_REFERENCE_CHARACTERS = 40
IN_CASH = "counter-cash"


def settle_transfers(
    store: PaymentStore, entries: Iterable[StatementEntryRow], *, now: datetime, record: Record
) -> list[Settlement]:
    """Book the credits that name exactly one order by its checked transfer reference; again changes nothing."""
    settlements = []
    for entry in entries:
        named = {found.reference for text in _texts_of(entry) for found in find_references(text) if found.exact}
        if entry.amount_minor <= 0 or entry.reversal or len(named) != 1:
            continue
        transfer = BankTransfer(
            transfer_reference=named.pop(),
            bank_reference=_bank_reference(entry),
            account_number=entry.account,
            amount=Money(entry.amount_minor, entry.currency),
            received_at=datetime.combine(entry.booking_date, time(12), HANOI).astimezone(UTC),
        )
        settlements.append(settle_transfer(store, transfer, now=now, record=record))
    return settlements


def settle_refund_debits(
    store: PaymentStore, entries: Iterable[StatementEntryRow], *, now: datetime, record: Record
) -> list[RefundRow]:
    """Confirm the refunds that debits name exactly, and match each with its debit; again changes nothing."""
    confirmed = []
    for entry in entries:
        named = {found.reference for text in _texts_of(entry) for found in find_references(text) if found.exact}
        if entry.amount_minor >= 0 or entry.reversal or len(named) != 1:
            continue
        paid = PaidOut(named.pop(), entry.account, Money(-entry.amount_minor, entry.currency), entry.id)
        row = confirm_by_statement(store, paid, now=now, record=record)
        if row is not None:
            match = Match((entry.id, 0), row.id, MatchRule.OUR_REFERENCE, entry.amount_minor, entry.currency)
            store.statements.add_matches([match_row(entry.unit_id, entry.account, match, now)])
            confirmed.append(row)
    return confirmed


def _texts_of(entry: StatementEntryRow) -> Iterator[str]:
    """Return each text of an entry, and all of one place as one: banks cut long texts anywhere."""
    for texts in (entry.texts, *(detail["texts"] for detail in entry.details)):
        yield from texts
        yield "".join(texts)


def _bank_reference(entry: StatementEntryRow) -> str:
    """Return what makes a credit unique: the bank's reference, or what stands for one that is missing or too long."""
    reference = entry.bank_reference or entry.id
    if len(reference) <= BANK_REFERENCE_CHARACTERS:
        return reference
    # Cut off, two long references could be taken for one.
    return hashlib.sha256(reference.encode()).hexdigest()[:BANK_REFERENCE_CHARACTERS]


def expected_payments(
    store: PaymentStore, unit_id: str, account: str, first_day: date, last_day: date
) -> list[ExpectedPayment]:
    """Return what an account's statements of these days should show: booked up to a week before, or on them."""
    since = datetime.combine(first_day, time(), HANOI) - LOOK_BACK
    until = datetime.combine(last_day + timedelta(days=1), time(), HANOI)
    expected = []
    booked = store.booked_attempts(unit_id, since, until)
    paid_out = store.paid_out.on_their_way([attempt.id for attempt in booked])
    for attempt in booked:
        if attempt.provider == IN_CASH or attempt.id in paid_out:
            # It reaches the bank with others, in a pay-in or a payout whose text names none of them.
            continue
        order = store.get_order(attempt.order_id)
        expected.append(
            ExpectedPayment(
                id=attempt.id,
                our_reference=attempt.reference,
                provider_transaction=attempt.provider_transaction,
                amount_minor=attempt.amount_minor,
                currency=attempt.currency,
                paid_at=attempt.paid_at,
                dossier=order.dossier_code,
                other_references=(order.transfer_reference,) if _came_by_transfer(attempt) else (),
            )
        )
    deposits = store.deposits.handed_over_between(unit_id, account, since, until)
    days = first_day - TRANSFERS_LOOK_BACK, last_day
    announced = store.transfers.approved_between(unit_id, account, *days)
    remitted = store.transfers.remitted_to(unit_id, account, *days)
    return [
        *expected,
        *map(_expected_deposit, deposits),
        *map(_expected_transfer, announced),
        *map(_expected_arrival, remitted),
    ]


def _expected_deposit(row: CashDepositRow) -> ExpectedPayment:
    return ExpectedPayment(
        id=row.id,
        our_reference=row.transfer_reference,
        provider_transaction=row.slip_number,
        amount_minor=row.amount_minor,
        currency=row.currency,
        paid_at=row.handed_over_at,
        dossier="",
        kind=PaymentKind.CASH,
    )


def _expected_transfer(row: ExpectedTransferRow) -> ExpectedPayment:
    return ExpectedPayment(
        id=row.id,
        our_reference=row.transfer_reference,
        provider_transaction=row.reference,
        amount_minor=row.net_minor,
        currency=row.currency,
        paid_at=datetime.combine(row.paid_on, time(12), HANOI),
        dossier="",
        kind=PaymentKind(row.kind),
        # Of an arrived one its match says which, perhaps only a part of an entry.
        entry_id=row.statement_entry_id if row.state == TransferState.APPROVED else None,
    )


def _expected_arrival(row: ExpectedTransferRow) -> ExpectedPayment:
    """A remittance as the treasury's account shows it: booked by its debit, and never missed here."""
    return ExpectedPayment(
        id=row.arrival_id or "",
        our_reference=row.transfer_reference,
        provider_transaction=row.reference,
        amount_minor=-row.net_minor,
        currency=row.currency,
        paid_at=None,
        dossier="",
        kind=PaymentKind(row.kind),
    )


def _came_by_transfer(attempt: PaymentAttemptRow) -> bool:
    return attempt.received_on is not None and parse_account(attempt.received_on).kind in OWN_ACCOUNTS


def book_arrivals(store: PaymentStore, account: str, matches: Sequence[Match], *, now: datetime, record: Record) -> int:
    """Book what reached or left the bank account by these matches; returns how many. Transfers were booked before."""
    booked = 0
    for match in matches:
        if store.deposits.find(match.payment_id) is not None:
            note_arrival(store, match.payment_id, match.movement[0], now=now, record=record)
            booked += 1
            continue
        if store.transfers.find(match.payment_id) is not None:
            note_transfer(store, match.payment_id, match.movement[0], now=now, record=record)
            booked += 1
            continue
        if store.transfers.has_arrival(match.payment_id):
            # Booked on the treasury's account by the debit.
            continue
        attempt = store.lock_attempt(match.payment_id)
        if _came_by_transfer(attempt):
            # Booked on the bank account in the first place.
            continue
        received_on = store.ledger_account(attempt.unit_id, account)
        posting = Posting(received_on, clearing(attempt.provider), Money(match.amount_minor, match.currency))
        description = f"Tiền {attempt.provider} đã về tài khoản {account}"
        store.journal.post(
            JournalEntry(attempt.unit_id, "provider-settled", attempt.order_id, description, now, (posting,))
        )
        booked += 1
    return booked
