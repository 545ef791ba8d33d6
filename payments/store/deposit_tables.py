"""Cash on its way from the drawer into the unit's bank account."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from config.database import UtcDateTime
from payments.money import Money
from payments.states import DepositState
from payments.store.base import Base
from payments.store.tables import one_of

STANDS = text("state <> 'cancelled'")


class CashDepositRow(Base):
    """One pay-in of cash: prepared by one person, handed over by another, arrived when a statement shows it."""

    __tablename__ = "cash_deposits"
    __table_args__ = (
        CheckConstraint(one_of("state", DepositState), name="state"),
        CheckConstraint("amount_minor > 0", name="amount"),
        # Four eyes, whoever writes.
        CheckConstraint("handed_over_by IS NULL OR handed_over_by <> prepared_by", name="four_eyes"),
        CheckConstraint(
            "(handed_over_at IS NULL) = (handed_over_by IS NULL) AND (handed_over_at IS NULL) = (slip_number IS NULL)"
            " AND (state NOT IN ('handed-over', 'arrived') OR handed_over_at IS NOT NULL)",
            name="handed_over",
        ),
        CheckConstraint("(state = 'arrived') = (statement_entry_id IS NOT NULL)", name="arrived"),
        CheckConstraint(
            "(state = 'cancelled') = (cancelled_by IS NOT NULL)"
            " AND (state = 'cancelled') = (cancel_reason IS NOT NULL)",
            name="cancelled",
        ),
        # The bank's slip proves one pay-in; that of one that was cancelled may prove the right one.
        Index(
            "uq_cash_deposits_slip",
            *("unit_id", "account_number", "slip_number"),
            unique=True,
            sqlite_where=STANDS,
            postgresql_where=STANDS,
        ),
        Index("ix_cash_deposits_unit_state", "unit_id", "state", "id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36))
    state: Mapped[str] = mapped_column(String(20))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    account_number: Mapped[str] = mapped_column(String(40))
    # Ours, in the text of the pay-in.
    transfer_reference: Mapped[str] = mapped_column(String(20), unique=True)
    prepared_by: Mapped[str] = mapped_column(String(120))
    prepared_at: Mapped[datetime] = mapped_column(UtcDateTime)
    handed_over_by: Mapped[str | None] = mapped_column(String(120))
    handed_over_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    slip_number: Mapped[str | None] = mapped_column(String(40))
    arrived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    statement_entry_id: Mapped[str | None] = mapped_column(String(36))
    cancelled_by: Mapped[str | None] = mapped_column(String(120))
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancel_reason: Mapped[str | None]

    @property
    def amount(self) -> Money:
        """What is paid in."""
        return Money(self.amount_minor, self.currency)
