"""An announced transfer on its way: approved by another person, booked by a statement, cancelled or reversed."""

from datetime import datetime

from payments.errors import ExpectedTransferUnsound, SamePersonTwice
from payments.events import Record
from payments.journeys.payout_lists import check_none_matched
from payments.journeys.transfer_wishes import check_entry, named, transfer_event
from payments.ledger.journal import JournalEntry, Posting
from payments.ledger.posting_rules import provider_fee_paid, provider_paid_out, remitted
from payments.money import Money
from payments.reconciliation.model import BreakKind, break_key
from payments.states import TRANSFERS, TransferMove, TransferState, next_state
from payments.store.payments import PaymentStore
from payments.store.statement_tables import BreakClosing
from payments.store.transfer_tables import ExpectedTransferRow, TransferKind

ENTRY_KINDS = {
    TransferKind.PAYOUT: "provider-paid-out",
    TransferKind.PROVIDER_FEE: "provider-fee-paid",
    TransferKind.REMITTANCE: "remitted-to-treasury",
}
DESCRIPTIONS = {
    TransferKind.PAYOUT: "{counterparty} chi trả về tài khoản {account} (số {reference})",
    TransferKind.PROVIDER_FEE: "Phí dịch vụ của {counterparty} (số {reference})",
    TransferKind.REMITTANCE: "Nộp Kho bạc Nhà nước, tài khoản {counterparty} (số {reference})",
}


def approve_transfer(
    store: PaymentStore, transfer_id: str, officer: str, *, now: datetime, record: Record
) -> ExpectedTransferRow:
    """Let a transfer that another person announced be booked once a statement shows it.

    Raises:
        ExpectedTransferNotFound, TransitionNotAllowed: It is not announced.
        ExpectedTransferUnsound, SamePersonTwice: Nobody is named, or whoever announced it.
        StatementEntryUnfit, PayoutPaymentsUnfit: Its statement's entry, or one of its payments, was matched meanwhile.
    """
    name = named(officer)
    row = _lock(store, transfer_id)
    state = next_state(TRANSFERS, TransferState(row.state), TransferMove.APPROVE)
    if row.announced_by == name:
        raise SamePersonTwice(f"{name} announced the transfer and does not approve it")
    if row.statement_entry_id is not None:
        check_entry(store, row, row.statement_entry_id)
    check_none_matched(store, row)
    row.state, row.approved_by, row.approved_at = state, name, now
    record(transfer_event("expected-transfer.approved", row, officer=name))
    return row


def cancel_transfer(
    store: PaymentStore, transfer_id: str, officer: str, reason: str, *, now: datetime, record: Record
) -> ExpectedTransferRow:
    """Take a transfer back of which nothing is booked yet.

    Raises:
        ExpectedTransferNotFound, TransitionNotAllowed: It is booked, or was cancelled.
        ExpectedTransferUnsound: Nobody is named, or no reason is given.
        SamePersonTwice: Whoever approved it does not take it back.
    """
    row = _ended(store, transfer_id, TransferMove.CANCEL, officer, reason, now)
    missing = break_key(BreakKind.MISSING_IN_STATEMENT, None, row.id)
    store.statements.close_breaks_of(row.unit_id, [missing], BreakClosing.SUPERSEDED, now)
    record(transfer_event("expected-transfer.cancelled", row, officer=row.ended_by or "", reason=reason.strip()))
    return row


def reverse_transfer(
    store: PaymentStore, transfer_id: str, officer: str, reason: str, *, now: datetime, record: Record
) -> ExpectedTransferRow:
    """Take a booked transfer back that was entered wrongly: its entry is reversed, the statement's is free again.

    Raises:
        ExpectedTransferNotFound, TransitionNotAllowed: It is not booked.
        ExpectedTransferUnsound: Nobody is named, or no reason is given.
        SamePersonTwice: Whoever approved it does not take it back.
    """
    row = _ended(store, transfer_id, TransferMove.REVERSE, officer, reason, now)
    entry = store.journal.find_about(row.id, ENTRY_KINDS[TransferKind(row.kind)])
    if entry is None:
        raise LookupError(f"expected transfer {row.id} arrived without a journal entry")
    store.journal.reverse(entry.id, now)
    record(transfer_event("expected-transfer.reversed", row, officer=row.ended_by or "", reason=reason.strip()))
    return row


def note_transfer(
    store: PaymentStore, transfer_id: str, statement_entry_id: str, *, now: datetime, record: Record
) -> ExpectedTransferRow:
    """Book the entry of a statement that is this transfer.

    Raises:
        ExpectedTransferNotFound, TransitionNotAllowed: It is not approved.
    """
    row = store.transfers.lock(transfer_id)
    row.state = next_state(TRANSFERS, TransferState(row.state), TransferMove.ARRIVE)
    row.arrived_at, row.statement_entry_id = now, statement_entry_id
    kind = TransferKind(row.kind)
    description = DESCRIPTIONS[kind].format(
        counterparty=row.counterparty, account=row.account_number, reference=row.reference
    )
    store.journal.post(JournalEntry(row.unit_id, ENTRY_KINDS[kind], row.id, description, now, _postings(store, row)))
    inside = [break_key(BreakKind.MISSING_IN_STATEMENT, None, each) for each in store.paid_out.of_transfer(row.id)]
    store.statements.close_breaks_of(row.unit_id, inside, BreakClosing.MATCHED, now)
    record(transfer_event("expected-transfer.arrived", row))
    return row


def _postings(store: PaymentStore, row: ExpectedTransferRow) -> tuple[Posting, ...]:
    account = store.ledger_account(row.unit_id, row.account_number)
    if row.kind == TransferKind.PAYOUT:
        return provider_paid_out(row.gross, row.fee, row.counterparty, account)
    if row.kind == TransferKind.PROVIDER_FEE:
        return provider_fee_paid(row.fee, row.counterparty, account)
    return remitted(Money(-row.gross_minor, row.currency), account, row.counterparty)


def _ended(
    store: PaymentStore, transfer_id: str, move: TransferMove, officer: str, reason: str, now: datetime
) -> ExpectedTransferRow:
    name = named(officer)
    if not reason.strip():
        raise ExpectedTransferUnsound("a transfer is taken back for a reason")
    row = _lock(store, transfer_id)
    state = next_state(TRANSFERS, TransferState(row.state), move)
    if row.approved_by == name:
        raise SamePersonTwice(f"{name} approved the transfer and does not take it back")
    for matched in (row.id, row.arrival_id):
        if matched is not None:
            store.statements.release_match(matched)
    row.state, row.ended_by, row.ended_at, row.end_reason = state, name, now, reason.strip()
    return row


def _lock(store: PaymentStore, transfer_id: str) -> ExpectedTransferRow:
    """Lock the account's statements before the transfer, as reconciling does."""
    row = store.transfers.get(transfer_id)
    store.statements.lock_account(row.unit_id, row.account_number)
    return store.transfers.lock(transfer_id)
