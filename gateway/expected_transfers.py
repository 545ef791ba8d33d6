"""What people decide about expected transfers, with what it means for statements that were imported before."""

from datetime import datetime, timedelta

from gateway.db.unit_of_work import UnitOfWork
from gateway.payment_events import recorder
from gateway.statement_import import reconcile_days
from payments.journeys import approve_transfer, reverse_transfer
from payments.journeys.bank_days import TRANSFERS_LOOK_BACK
from payments.local_time import HANOI
from payments.store.transfer_tables import ExpectedTransferRow


def approve_and_match(
    work: UnitOfWork, transfer_id: str, officer: str, *, actor: str, now: datetime
) -> ExpectedTransferRow:
    """Approve a transfer, and book it where a statement showed it before. Raises as approve_transfer."""
    row = approve_transfer(work.payments, transfer_id, officer, now=now, record=recorder(work, actor, now))
    _reconcile_again(work, row, actor, now)
    return row


def reverse_and_match(
    work: UnitOfWork, transfer_id: str, officer: str, reason: str, *, actor: str, now: datetime
) -> ExpectedTransferRow:
    """Reverse a transfer; its statement entry is a break again, or another's. Raises as reverse_transfer."""
    row = reverse_transfer(work.payments, transfer_id, officer, reason, now=now, record=recorder(work, actor, now))
    _reconcile_again(work, row, actor, now)
    return row


def _reconcile_again(work: UnitOfWork, row: ExpectedTransferRow, actor: str, now: datetime) -> None:
    """Match the days anew that show such an amount unexplained; other days would make payments look missing."""
    last_day = min(row.paid_on + TRANSFERS_LOOK_BACK, now.astimezone(HANOI).date() + timedelta(days=1))
    work.session.flush()
    for day in work.payments.transfers.unmatched_days(
        row.unit_id, row.account_number, row.net_minor, row.paid_on, last_day
    ):
        reconcile_days(work, row.unit_id, row.account_number, day, day, actor=actor, now=now)
