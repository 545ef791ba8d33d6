"""What an account holds by the journal, kept so until the transaction ends."""

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from payments.ledger.accounts import Account
from payments.money import VND
from payments.store.ledger_tables import JournalHeadRow, LedgerAccountRow, PostingRow


def held_minor(session: Session, unit_id: str, account: Account) -> int | None:
    """Return a unit's balance of an account in VND; None if nothing was ever booked on it.

    The journal's head is locked: nothing is booked for the unit by anyone else before this transaction ends.
    """
    session.execute(select(JournalHeadRow).where(JournalHeadRow.unit_id == unit_id).with_for_update()).all()
    of_code = select(LedgerAccountRow.id).where(
        LedgerAccountRow.unit_id == unit_id, LedgerAccountRow.code == account.code, LedgerAccountRow.currency == VND
    )
    account_id = session.scalars(of_code).one_or_none()
    if account_id is None:
        return None
    signed = case((PostingRow.debit_account_id == account_id, PostingRow.amount_minor), else_=-PostingRow.amount_minor)
    held = select(func.coalesce(func.sum(signed), 0)).where(
        or_(PostingRow.debit_account_id == account_id, PostingRow.credit_account_id == account_id)
    )
    return int(session.scalars(held).one())
