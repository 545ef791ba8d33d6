"""Refunds: one row for each action, from the proposal or request until the money is proven to have gone back."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from config.database import Json, UtcDateTime
from payments.money import Money
from payments.states import RefundState
from payments.store.base import Base
from payments.store.tables import one_of


class RefundSource(StrEnum):
    """What the money was booked as: income of a paid order, or suspense."""

    INCOME = "income"
    SUSPENSE = "suspense"


class RefundRoute(StrEnum):
    """By which way it goes back: the provider that took it, or an order on paper to the treasury or bank."""

    PROVIDER = "provider"
    PAPER = "paper"


class RefundRow(Base):
    """One refund. Two equal ones are two actions; the same action key is the same one."""

    __tablename__ = "refunds"
    __table_args__ = (
        UniqueConstraint("order_id", "action_key"),
        CheckConstraint(one_of("state", RefundState), name="state"),
        CheckConstraint(one_of("source", RefundSource), name="source"),
        CheckConstraint(f"route IS NULL OR {one_of('route', RefundRoute)}", name="route"),
        CheckConstraint("amount_minor > 0", name="amount"),
        # Four eyes, whoever writes.
        CheckConstraint("approved_by IS NULL OR approved_by <> requested_by", name="four_eyes"),
        CheckConstraint(
            "state IN ('proposed', 'requested', 'rejected') OR (approved_by IS NOT NULL AND requested_by IS NOT NULL)",
            name="approved",
        ),
        Index("ix_refunds_due", "next_step_at", postgresql_where=text("next_step_at IS NOT NULL")),
        Index("ix_refunds_unit_state", "unit_id", "state", "id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36))
    order_id: Mapped[str] = mapped_column(ForeignKey("fee_orders.id"), index=True)
    attempt_id: Mapped[str] = mapped_column(ForeignKey("payment_attempts.id"), index=True)
    # The journal entry that booked the money: what is refunded of one entry is never more than it brought.
    source: Mapped[str] = mapped_column(String(10))
    source_entry_id: Mapped[str] = mapped_column(String(36), index=True)
    # The provider's own number of the payment, empty where it has none.
    payment_transaction: Mapped[str] = mapped_column(String(100))
    action_key: Mapped[str] = mapped_column(String(255))
    # Ours at the provider, and in the text of a transfer.
    reference: Mapped[str] = mapped_column(String(32), unique=True)
    transfer_reference: Mapped[str] = mapped_column(String(20), unique=True)
    state: Mapped[str] = mapped_column(String(20))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str]
    route: Mapped[str | None] = mapped_column(String(10))
    # Of income: how much of each of the order's lines, by line number.
    lines: Mapped[dict[str, int]] = mapped_column(Json)
    # For an order on paper: bank, account and name of whom is paid.
    beneficiary: Mapped[dict[str, Any] | None] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    requested_by: Mapped[str | None] = mapped_column(String(120))
    requested_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved_by: Mapped[str | None] = mapped_column(String(120))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    owed_entry_id: Mapped[str | None] = mapped_column(String(36))
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paper_number: Mapped[str | None] = mapped_column(String(60))
    provider_transaction: Mapped[str | None] = mapped_column(String(100))
    provider_code: Mapped[str | None] = mapped_column(String(60))
    # When a worker sends it or asks about it next.
    next_step_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    query_count: Mapped[int]
    # How it ended: who said so, and where it failed or was rejected, why.
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(String(120))
    end_reason: Mapped[str | None]
    # The statement's entry that shows the money going back, once one does.
    statement_entry_id: Mapped[str | None] = mapped_column(String(36))

    @property
    def amount(self) -> Money:
        """What is paid back."""
        return Money(self.amount_minor, self.currency)
