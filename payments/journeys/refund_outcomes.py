"""How a refund goes on and ends: by a provider's word, a statement, or a person who hands it over or gives it up."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from payments.errors import RefundUnsound, TransitionNotAllowed
from payments.events import Record
from payments.journeys.refunds import locked_refund, refund_event
from payments.ledger.accounts import Account, clearing, parse_account
from payments.ledger.journal import JournalEntry
from payments.ledger.posting_rules import refund_paid
from payments.model import RefundEvent, RefundOutcome, Settlement, SettlementOutcome
from payments.money import Money
from payments.officers import officer_name
from payments.states import REFUNDS, RefundMove, RefundState, may_move, next_state
from payments.store.payments import PaymentStore
from payments.store.refund_tables import RefundRoute, RefundRow
from payments.store.statement_tables import BreakClosing
from payments.store.tables import FeeOrderRow

STATEMENT: Final = "statement"
REFUND_PAID: Final = "refund-paid"
OUTCOME_MOVES: Final = {
    RefundOutcome.ACCEPTED: RefundMove.SEND,
    RefundOutcome.SUCCEEDED: RefundMove.CONFIRM,
    RefundOutcome.FAILED: RefundMove.FAIL,
}


@dataclass(frozen=True)
class PaidOut:
    """A debit on one of our bank accounts whose text names a refund; entry_id is the statement's entry."""

    transfer_reference: str
    account_number: str
    amount: Money
    entry_id: str


def settle_refund_event(store: PaymentStore, event: RefundEvent, *, now: datetime, record: Record) -> Settlement:
    """Take a provider's report about a refund into account; one that changes nothing is a duplicate."""
    known = store.refunds.find_by_reference(event.reference)
    if known is None or store.get_attempt(known.attempt_id).provider != event.provider:
        return Settlement(SettlementOutcome.ATTEMPT_NOT_FOUND, event=event)
    row, order = locked_refund(store, known.id)
    outcome = SettlementOutcome.AMOUNT_MISMATCH
    if event.amount == row.amount:
        row.provider_transaction = event.transaction or row.provider_transaction
        row.provider_code = event.code or row.provider_code
        outcome = _moved(store, row, order, event, now, record)
    return Settlement(outcome, order_id=row.order_id, attempt_id=row.attempt_id, event=event)


def _moved(
    store: PaymentStore, row: RefundRow, order: FeeOrderRow, event: RefundEvent, now: datetime, record: Record
) -> SettlementOutcome:
    move = OUTCOME_MOVES.get(event.outcome)
    if move is None:
        return SettlementOutcome.UNKNOWN_NOTED
    if not may_move(REFUNDS, RefundState(row.state), move):
        return SettlementOutcome.DUPLICATE
    if move is RefundMove.CONFIRM:
        received_on = store.get_attempt(row.attempt_id).received_on
        paid_from = parse_account(received_on) if received_on else clearing(event.provider)
        confirm_refund(store, row, order, paid_from, event.provider, now, record)
    elif move is RefundMove.FAIL:
        _fail(store, row, order, event.provider, f"{event.provider}: {event.code}", now, record)
    else:
        row.state = next_state(REFUNDS, RefundState(row.state), move)
        record(refund_event("refund.sent", row, order))
    return SettlementOutcome.REFUND_NOTED


def confirm_by_statement(store: PaymentStore, paid: PaidOut, *, now: datetime, record: Record) -> RefundRow | None:
    """Confirm the refund that a debit names, once; None where it names none that this debit can be.

    The statement has the last word: a refund that was confirmed before only gets its entry noted, unless the treasury
    paid it from another account: then it was paid twice.
    """
    known = store.refunds.find_by_transfer_reference(paid.transfer_reference)
    if known is None or known.amount != paid.amount or known.statement_entry_id not in (None, paid.entry_id):
        return None
    row, order = locked_refund(store, known.id)
    paid_from = store.ledger_account(row.unit_id, paid.account_number)
    if row.state == RefundState.CONFIRMED:
        if row.route == RefundRoute.PAPER and paid_from != _paid_from(store, row):
            return None
        row.statement_entry_id = paid.entry_id
        return row
    if not may_move(REFUNDS, RefundState(row.state), RefundMove.CONFIRM):
        return None
    row.statement_entry_id = paid.entry_id
    confirm_refund(store, row, order, paid_from, STATEMENT, now, record)
    return row


def _paid_from(store: PaymentStore, row: RefundRow) -> Account | None:
    entry = store.journal.find_about(row.id, REFUND_PAID)
    return store.journal.get(entry.id).postings[0].credit if entry is not None else None


def hand_over_refund(
    store: PaymentStore, refund_id: str, officer: str, paper_number: str, *, now: datetime, record: Record
) -> RefundRow:
    """Note that an approved refund's order on paper went to the treasury or the bank, under its number.

    Raises:
        RefundNotFound, TransitionNotAllowed: It is not approved for the paper route.
        RefundUnsound: No number is given.
    """
    name = officer_name(officer)
    if not 0 < len(paper_number.strip()) <= 60:
        raise RefundUnsound("an order on paper has a number of at most 60 characters")
    row, order = locked_refund(store, refund_id)
    if row.route != RefundRoute.PAPER:
        raise TransitionNotAllowed("the refund goes by the provider, not on paper")
    row.state = next_state(REFUNDS, RefundState(row.state), RefundMove.SEND)
    row.sent_at, row.paper_number = now, paper_number.strip()
    record(refund_event("refund.sent", row, order, officer=name))
    return row


def give_up_refund(
    store: PaymentStore, refund_id: str, officer: str, reason: str, *, now: datetime, record: Record
) -> RefundRow:
    """Note, on a person's word, that an approved or sent refund will not arrive: it is owed no more by this action.

    Raises:
        RefundNotFound, TransitionNotAllowed: It cannot fail now.
        RefundUnsound: No reason is given.
    """
    name = officer_name(officer)
    if not reason.strip():
        raise RefundUnsound("a refund is given up for a reason")
    row, order = locked_refund(store, refund_id)
    _fail(store, row, order, name, reason, now, record)
    return row


def confirm_refund(
    store: PaymentStore, row: RefundRow, order: FeeOrderRow, paid_from: Account, by: str, now: datetime, record: Record
) -> None:
    """Book a locked refund as paid back from an account, and say so."""
    row.state = next_state(REFUNDS, RefundState(row.state), RefundMove.CONFIRM)
    row.ended_at, row.ended_by, row.next_step_at = now, by, None
    description = f"Đã trả lại tiền của hồ sơ {order.dossier_code} ({by})"
    postings = refund_paid(row.amount, paid_from)
    store.journal.post(JournalEntry(row.unit_id, REFUND_PAID, row.id, description, now, postings))
    store.statements.close_breaks_of(row.unit_id, [row.source_entry_id], BreakClosing.PAID_BACK, now)
    record(refund_event("refund.confirmed", row, order, by=by))


def _fail(
    store: PaymentStore, row: RefundRow, order: FeeOrderRow, by: str, reason: str, now: datetime, record: Record
) -> None:
    row.state = next_state(REFUNDS, RefundState(row.state), RefundMove.FAIL)
    row.ended_at, row.ended_by, row.end_reason, row.next_step_at = now, by, reason, None
    if row.owed_entry_id is not None:
        store.journal.reverse(row.owed_entry_id, now)
    record(refund_event("refund.failed", row, order, by=by, reason=reason))
