"""Money that lies at the State Treasury: accounts that are kept there, and refunds that it pays out itself."""

from datetime import datetime

from payments.errors import AccountHoldsLess, RefundUnsound, SamePersonTwice, TransitionNotAllowed
from payments.events import Record
from payments.journeys.refund_outcomes import confirm_refund
from payments.journeys.refunds import locked_refund
from payments.ledger.accounts import bank, treasury
from payments.ledger.journal import JournalEntry
from payments.ledger.posting_rules import moved_to_treasury
from payments.money import Money
from payments.officers import officer_name
from payments.states import RefundState
from payments.store.payments import PaymentStore
from payments.store.refund_tables import RefundRoute, RefundRow
from payments.store.tables import CollectionAccountRow

MOST_DOCUMENT_CHARACTERS = 60


def keep_at_treasury(store: PaymentStore, row: CollectionAccountRow, *, now: datetime) -> None:
    """Book what a treasury account holds as money at the treasury, where it was taken for a bank's before."""
    number = row.account_number
    held = store.transfers.held_minor(row.unit_id, bank(number))
    if not held:
        return
    description = f"Tài khoản {number} mở tại Kho bạc Nhà nước"
    postings = moved_to_treasury(Money(abs(held)), number, overdrawn=held < 0)
    store.journal.post(JournalEntry(row.unit_id, "account-at-treasury", row.id, description, now, postings))


def confirm_by_treasury(
    store: PaymentStore,
    refund_id: str,
    account_number: str,
    document: str,
    officer: str,
    *,
    now: datetime,
    record: Record,
) -> RefundRow:
    """Note that the treasury paid a refund back, by its document: no statement of ours shows that.

    Raises:
        RefundNotFound, TransitionNotAllowed: Its order on paper was not handed over.
        RefundUnsound: No document or nobody is named.
        SamePersonTwice: Whoever asked for it does not say that it was paid.
        AccountHoldsLess: By the books that account at the treasury holds less.
    """
    name, number = officer_name(officer), " ".join(document.split())
    if not 0 < len(number) <= MOST_DOCUMENT_CHARACTERS or not number.isprintable():
        raise RefundUnsound("the treasury's document has a number of at most 60 characters")
    row, order = locked_refund(store, refund_id)
    if row.route != RefundRoute.PAPER or row.state != RefundState.SENT:
        raise TransitionNotAllowed("the treasury pays what was handed over to it on paper")
    if row.requested_by == name:
        raise SamePersonTwice(f"{name} asked for the refund and does not confirm it")
    paid_from = treasury(account_number.strip())
    held = store.transfers.held_minor(row.unit_id, paid_from) or 0
    if held < row.amount_minor:
        raise AccountHoldsLess(f"account {account_number.strip()[:40]} at the treasury holds {held:,} VND")
    row.provider_transaction = number
    confirm_refund(store, row, order, paid_from, name, now, record)
    return row
