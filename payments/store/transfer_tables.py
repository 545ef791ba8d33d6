"""Transfers that an office expects on a statement: providers' payouts and fees, and remittances to the treasury."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from config.database import UtcDateTime
from payments.money import Money
from payments.states import TransferState
from payments.store.base import Base
from payments.store.tables import one_of

STANDS = text("state NOT IN ('cancelled', 'reversed')")


class TransferKind(StrEnum):
    """What an expected transfer is.

    PAYOUT a provider's credit of what it took, less its fee; PROVIDER_FEE a debit for a fee that was not kept back;
    REMITTANCE a debit that goes to the State Treasury.
    """

    PAYOUT = "payout"
    PROVIDER_FEE = "provider-fee"
    REMITTANCE = "remittance"


class ExpectedTransferRow(Base):
    """One transfer: announced by one person, approved by another, arrived when a statement shows it."""

    __tablename__ = "expected_transfers"
    __table_args__ = (
        CheckConstraint(one_of("kind", TransferKind), name="kind"),
        CheckConstraint(one_of("state", TransferState), name="state"),
        CheckConstraint(
            "(kind = 'payout' AND gross_minor > 0 AND fee_minor >= 0 AND gross_minor > fee_minor)"
            " OR (kind = 'provider-fee' AND gross_minor = 0 AND fee_minor > 0)"
            " OR (kind = 'remittance' AND gross_minor < 0 AND fee_minor = 0)",
            name="amounts",
        ),
        # Four eyes, whoever writes.
        CheckConstraint("approved_by IS NULL OR approved_by <> announced_by", name="four_eyes"),
        CheckConstraint(
            "(approved_at IS NULL) = (approved_by IS NULL)"
            " AND (state NOT IN ('approved', 'arrived', 'reversed') OR approved_at IS NOT NULL)",
            name="approved",
        ),
        CheckConstraint(
            "(arrived_at IS NOT NULL) = (state IN ('arrived', 'reversed'))"
            " AND (arrived_at IS NULL OR statement_entry_id IS NOT NULL)",
            name="arrived",
        ),
        CheckConstraint(
            "(ended_by IS NOT NULL) = (state IN ('cancelled', 'reversed'))"
            " AND (ended_by IS NULL) = (end_reason IS NULL)",
            name="ended",
        ),
        # The partner's number names one of its kind; that of one that no longer stands may name the right one.
        Index(
            "uq_expected_transfers_reference",
            *("unit_id", "kind", "counterparty", "reference"),
            unique=True,
            sqlite_where=STANDS,
            postgresql_where=STANDS,
        ),
        Index("ix_expected_transfers_unit_state", "unit_id", "state", "id"),
        Index("uq_expected_transfers_arrival", "arrival_id", unique=True),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36))
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    # The provider; of a remittance the account at the treasury.
    counterparty: Mapped[str] = mapped_column(String(40))
    # The partner's number of the payout or invoice; of a remittance that of the money order.
    reference: Mapped[str] = mapped_column(String(60))
    # Ours, for the text of transfers that the office itself orders.
    transfer_reference: Mapped[str] = mapped_column(String(20), unique=True)
    account_number: Mapped[str] = mapped_column(String(40))
    # What moves on the account, signed, is gross less fee; gross is what leaves the provider.
    gross_minor: Mapped[int] = mapped_column(BigInteger)
    fee_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    # The day on which it was paid, as the partner's document says.
    paid_on: Mapped[date]
    announced_by: Mapped[str] = mapped_column(String(120))
    announced_at: Mapped[datetime] = mapped_column(UtcDateTime)
    approved_by: Mapped[str | None] = mapped_column(String(120))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Of a remittance, what its credit at the treasury is matched under, should we have that account's statements.
    arrival_id: Mapped[str | None] = mapped_column(String(36))
    # Named by people where the bank's text names nothing, else found by reference.
    statement_entry_id: Mapped[str | None] = mapped_column(String(36))
    arrived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(String(120))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_reason: Mapped[str | None]

    @property
    def gross(self) -> Money:
        """What leaves the provider, or the unit's account (negative)."""
        return Money(self.gross_minor, self.currency)

    @property
    def fee(self) -> Money:
        """What the provider charges."""
        return Money(self.fee_minor, self.currency)

    @property
    def net_minor(self) -> int:
        """What the statement shows: positive came in, negative went out."""
        return self.gross_minor - self.fee_minor


class PaidOutPaymentRow(Base):
    """One payment that a payout consists of, where the provider's document lists them."""

    __tablename__ = "paid_out_payments"
    __table_args__ = (Index("ix_paid_out_payments_attempt", "attempt_id"),)

    transfer_id: Mapped[str] = mapped_column(ForeignKey("expected_transfers.id"), primary_key=True)
    attempt_id: Mapped[str] = mapped_column(ForeignKey("payment_attempts.id"), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36))
