"""Tables of bank statements, their entries, matches with payments, and breaks."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from config.database import Json, UtcDateTime
from payments.reconciliation.model import BreakKind, MatchRule
from payments.store.base import Base


class BreakState(StrEnum):
    """Whether a break still stands."""

    OPEN = "open"
    CLOSED = "closed"


class BreakClosing(StrEnum):
    """Why a break no longer stands.

    Movement or payment was matched; it is another break now; the money went back; the provider told the outcome.
    """

    MATCHED = "matched"
    SUPERSEDED = "superseded"
    PAID_BACK = "paid-back"
    OUTCOME_TOLD = "outcome-told"


def _one_of(column: str, values: type[StrEnum]) -> str:
    return "{} IN ({})".format(column, ", ".join(f"'{value.value}'" for value in values))


class StatementRow(Base):
    """One statement of one account, as the bank gave it, with what the checks found."""

    __tablename__ = "statements"
    __table_args__ = (
        UniqueConstraint("unit_id", "file_sha256", "position"),
        Index("ix_statements_account_closing", "unit_id", "account", "closing_day"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36))
    file_sha256: Mapped[str] = mapped_column(String(64))
    # 1 for the file's first statement.
    position: Mapped[int]
    format: Mapped[str] = mapped_column(String(40))
    identification: Mapped[str] = mapped_column(String(140))
    sequence_number: Mapped[int | None] = mapped_column(BigInteger)
    account: Mapped[str] = mapped_column(String(140))
    currency: Mapped[str | None] = mapped_column(String(3))
    created_by_bank_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    period_from: Mapped[date | None]
    period_to: Mapped[date | None]
    opening_minor: Mapped[int | None] = mapped_column(BigInteger)
    opening_day: Mapped[date | None]
    closing_minor: Mapped[int | None] = mapped_column(BigInteger)
    closing_day: Mapped[date | None]
    # Booked entries in the statement, and how many of them no earlier statement had.
    entry_count: Mapped[int]
    new_entry_count: Mapped[int]
    findings: Mapped[list[dict[str, str]]] = mapped_column(Json)
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StatementEntryRow(Base):
    """One booked entry; it belongs to the statement that brought it first."""

    __tablename__ = "statement_entries"
    __table_args__ = (
        UniqueConstraint("unit_id", "account", "entry_key"),
        Index("ix_statement_entries_account_booking", "unit_id", "account", "booking_date"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36))
    statement_id: Mapped[str] = mapped_column(ForeignKey("statements.id"), index=True)
    account: Mapped[str] = mapped_column(String(140))
    entry_key: Mapped[str] = mapped_column(String(400))
    position: Mapped[int]
    # Signed: positive came in, negative went out.
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    reversal: Mapped[bool]
    booking_date: Mapped[date]
    value_date: Mapped[date | None]
    bank_reference: Mapped[str | None] = mapped_column(String(140))
    identifiers: Mapped[list[str]] = mapped_column(Json)
    texts: Mapped[list[str]] = mapped_column(Json)
    # The transfers inside the entry: fields of payments.statements.model.EntryDetail.
    details: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    line: Mapped[int]


class MatchRow(Base):
    """One movement that is one payment. The constraints hold both to one match, whoever writes at once."""

    __tablename__ = "matches"
    __table_args__ = (
        UniqueConstraint("payment_id"),
        UniqueConstraint("entry_id", "detail"),
        CheckConstraint(_one_of("rule", MatchRule), name="rule"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36), index=True)
    account: Mapped[str] = mapped_column(String(140))
    entry_id: Mapped[str] = mapped_column(ForeignKey("statement_entries.id"))
    # 0 for the entry as a whole, 1 for its first transfer.
    detail: Mapped[int]
    payment_id: Mapped[str] = mapped_column(String(36))
    rule: Mapped[str] = mapped_column(String(30))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    matched_at: Mapped[datetime] = mapped_column(UtcDateTime)


class BreakRow(Base):
    """One difference between the bank and us, with its explanation and what might resolve it."""

    __tablename__ = "breaks"
    __table_args__ = (
        UniqueConstraint("unit_id", "account", "break_key"),
        CheckConstraint(_one_of("kind", BreakKind), name="kind"),
        CheckConstraint(_one_of("state", BreakState), name="state"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_at"),
        Index("ix_breaks_unit_state", "unit_id", "state", "id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36))
    account: Mapped[str] = mapped_column(String(140))
    break_key: Mapped[str] = mapped_column(String(160))
    kind: Mapped[str] = mapped_column(String(30))
    state: Mapped[str] = mapped_column(String(10))
    entry_id: Mapped[str | None] = mapped_column(ForeignKey("statement_entries.id"), index=True)
    detail: Mapped[int | None]
    payment_id: Mapped[str | None] = mapped_column(String(36), index=True)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    difference_minor: Mapped[int] = mapped_column(BigInteger)
    occurred_on: Mapped[date]
    explanation_vi: Mapped[str]
    explanation_en: Mapped[str]
    # Fields of payments.reconciliation.model.Proposal.
    proposals: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_because: Mapped[str | None] = mapped_column(String(20))
