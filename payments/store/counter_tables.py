"""Money taken at the counter, and the documents that providers issue of their own for payments."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from config.database import UtcDateTime
from payments.money import Money
from payments.store.base import Base
from payments.store.tables import one_of

IN_FORCE = text("voided_at IS NULL")


class CounterMethod(StrEnum):
    """How a payer pays at the counter: in cash, or by card at a terminal."""

    CASH = "cash"
    POS = "pos"


class CounterPaymentRow(Base):
    """One payment at the counter; taken back the same day it stays, with who did so and why."""

    __tablename__ = "counter_payments"
    __table_args__ = (
        CheckConstraint(one_of("method", CounterMethod), name="method"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint(
            "(method = 'pos' AND terminal IS NOT NULL AND slip_number IS NOT NULL)"
            " OR (method = 'cash' AND terminal IS NULL AND slip_number IS NULL)",
            name="slip",
        ),
        # Four eyes, whoever writes.
        CheckConstraint("voided_by IS NULL OR voided_by <> received_by", name="four_eyes"),
        CheckConstraint(
            "(voided_at IS NULL) = (voided_by IS NULL) AND (voided_at IS NULL) = (void_reason IS NULL)", name="voided"
        ),
        # A slip proves one payment; that of one that was taken back may prove the right one.
        Index(
            "uq_counter_payments_slip",
            *("unit_id", "terminal", "slip_number"),
            unique=True,
            sqlite_where=IN_FORCE,
            postgresql_where=IN_FORCE,
        ),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36))
    order_id: Mapped[str] = mapped_column(ForeignKey("fee_orders.id"), index=True)
    attempt_id: Mapped[str] = mapped_column(ForeignKey("payment_attempts.id"), unique=True)
    method: Mapped[str] = mapped_column(String(10))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    received_by: Mapped[str] = mapped_column(String(120))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    terminal: Mapped[str | None] = mapped_column(String(40))
    slip_number: Mapped[str | None] = mapped_column(String(40))
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    voided_by: Mapped[str | None] = mapped_column(String(120))
    void_reason: Mapped[str | None]

    @property
    def amount(self) -> Money:
        """What was received."""
        return Money(self.amount_minor, self.currency)


class ProviderReceiptRow(Base):
    """A provider's own receipt of an attempt; its bytes lie in the blob store under their hash."""

    __tablename__ = "provider_receipts"
    __table_args__ = (CheckConstraint("size_bytes > 0", name="size"),)

    attempt_id: Mapped[str] = mapped_column(ForeignKey("payment_attempts.id"), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36), index=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("fee_orders.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    fetched_at: Mapped[datetime] = mapped_column(UtcDateTime)
