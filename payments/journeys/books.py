"""Checking the books: the journal against itself, and against the rows and kept calls that it came from."""

from collections.abc import Callable, Iterator
from typing import Final

from payments.errors import CallbackNotAuthentic, CallbackUnreadable, ProviderUnknown
from payments.model import BankTransfer, CallbackCall, ProviderEvent
from payments.providers.base import Provider
from payments.store.books import Difference
from payments.store.payments import PaymentStore

SENTENCES: Final[dict[str, str]] = {
    "entry-without-postings": "journal entry {id} has no postings",
    "order-total-is-not-its-items": "fee order {id} says {found} VND, its items come to {expected} VND",
    "order-owes-another-amount": "fee order {id} should owe {expected} VND, the journal says {found} VND",
    "order-charged-another-amount": "fee order {id} should have {expected} VND charged, the journal says {found} VND",
    "income-is-not-the-paid-items": "fee order {id}: a budget line should have {expected} VND, it has {found} VND",
    "money-booked-is-not-money-proven": "fee order {id}: {expected} VND are proven, {found} VND are booked",
    "attempt-hides-a-success": "attempt {id} was reported to have succeeded and does not say so",
    "paid-order-without-a-payment": "fee order {id} and the attempt that paid it contradict each other",
    "callback-booked-nothing": "callback {id} says that it was booked, but no report was taken from it",
    "report-without-its-callback": "provider report {id} has no kept callback that it could come from",
    "refund-owes-another-amount": "refund {id} should be owed with {expected} VND, the journal says {found} VND",
    "refund-paid-another-amount": "refund {id} should be paid with {expected} VND, the journal says {found} VND",
    "more-refunded-than-received": "of journal entry {id}, {found} VND go back but only {expected} VND came",
    "suspense-without-a-proposal": "journal entry {id} put money into suspense and nobody was asked what to do",
    "deposit-took-another-amount": "cash deposit {id} should have taken {expected} VND, it took {found} VND",
    "deposit-arrived-with-another-amount": "cash deposit {id} should have brought {expected} VND, not {found} VND",
    "drawer-below-zero": "the drawer {id} holds {found} VND by the journal",
    "transfer-booked-another-amount": "transfer {id} should have moved {expected} VND on an account, not {found} VND",
    "transfer-is-not-its-statement-entry": "transfer {id} is {expected} VND, the statement entry matched {found} VND",
    "payment-paid-out-twice": "payment {id} stands in {found} payouts or matches, it should in {expected}",
    "statement-entry-matched-beyond-its-amount": "statement entry {id} of {expected} VND is matched with {found} VND",
    "receipt-numbers-have-a-gap": "receipt series {id} says that {expected} numbers were given, {found} receipts exist",
    "receipt-is-not-its-items": "receipt {id} says {found} VND, the order's items of its kind come to {expected} VND",
    "callback-no-longer-proves": "callback {id} does not prove what was taken from it",
}


def check_books(store: PaymentStore, unit_id: str, named: Callable[[str], Provider]) -> Iterator[str]:
    """Name every difference in a unit's books, one sentence each; nothing where they hold.

    Calls are read again with today's secret, those of a provider that is no longer set up are left out; answers to
    our queries were authenticated with the question and are not read again.
    """
    balance = store.journal.trial_balance(unit_id)
    if not balance.holds:
        yield f"debits and credits differ by {dict(balance.difference_minor)}"
    yield from store.journal.sequence_faults(unit_id)
    for difference in store.books.differences(unit_id):
        yield _sentence(difference)
    for difference in _unproven(store, unit_id, named):
        yield _sentence(difference)


def _sentence(found: Difference) -> str:
    return SENTENCES[found.kind].format(id=found.subject_id, expected=f"{found.expected:,}", found=f"{found.found:,}")


def _unproven(store: PaymentStore, unit_id: str, named: Callable[[str], Provider]) -> Iterator[Difference]:
    for event, row in store.books.proven_reports(unit_id):
        try:
            provider = named(event.provider)
        except ProviderUnknown:
            continue
        call = CallbackCall(row.method, row.query, row.body, row.headers, row.client_address, row.received_at)
        try:
            told = provider.read_callback(call)
        except (CallbackNotAuthentic, CallbackUnreadable):
            told = None
        same = isinstance(told, ProviderEvent | BankTransfer) and (told.key, told.amount.amount_minor) == (
            event.event_key,
            event.amount_minor,
        )
        if not same:
            yield Difference("callback-no-longer-proves", row.id, event.amount_minor, 0)
