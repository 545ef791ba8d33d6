"""Tables of the journal: append-only, and unable to hold an entry that does not balance.

Each posting debits one account and credits another with one amount, so debits and credits are equal in every row; the
composite foreign keys hold it to accounts of the entry's own unit and of one currency.
"""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from config.database import UtcDateTime
from payments.ledger.accounts import AccountKind
from payments.store.base import Base
from payments.store.tables import one_of


class LedgerAccountRow(Base):
    """An account of a unit in one currency."""

    __tablename__ = "ledger_accounts"
    __table_args__ = (
        UniqueConstraint("unit_id", "code", "currency"),
        UniqueConstraint("id", "unit_id", "currency"),
        CheckConstraint(one_of("kind", AccountKind), name="kind"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36))
    kind: Mapped[str] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(120))
    currency: Mapped[str] = mapped_column(String(3))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class JournalHeadRow(Base):
    """The number of a unit's newest entry; its lock makes the sequence gapless."""

    __tablename__ = "journal_heads"

    unit_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)


class JournalEntryRow(Base):
    """One entry of a unit's journal; never changed, corrected only by a reversal."""

    __tablename__ = "journal_entries"
    __table_args__ = (
        UniqueConstraint("unit_id", "sequence"),
        UniqueConstraint("id", "unit_id"),
        UniqueConstraint("reverses_entry_id"),
        ForeignKeyConstraint(["reverses_entry_id", "unit_id"], ["journal_entries.id", "journal_entries.unit_id"]),
        CheckConstraint("sequence > 0", name="sequence"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36))
    sequence: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(40))
    # The row that the entry is about: a fee order, a statement entry.
    subject_id: Mapped[str] = mapped_column(String(36), index=True)
    description: Mapped[str]
    booked_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    reverses_entry_id: Mapped[str | None] = mapped_column(String(36))

    postings: Mapped[list["PostingRow"]] = relationship(order_by="PostingRow.line_no", lazy="selectin")


class PostingRow(Base):
    """One amount, debited to one account and credited to another."""

    __tablename__ = "journal_postings"
    __table_args__ = (
        ForeignKeyConstraint(["entry_id", "unit_id"], ["journal_entries.id", "journal_entries.unit_id"]),
        ForeignKeyConstraint(
            ["debit_account_id", "unit_id", "currency"],
            ["ledger_accounts.id", "ledger_accounts.unit_id", "ledger_accounts.currency"],
            name="fk_journal_postings_debit_account",
        ),
        ForeignKeyConstraint(
            ["credit_account_id", "unit_id", "currency"],
            ["ledger_accounts.id", "ledger_accounts.unit_id", "ledger_accounts.currency"],
            name="fk_journal_postings_credit_account",
        ),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("debit_account_id <> credit_account_id", name="two_accounts"),
        Index("ix_journal_postings_debit_account_id", "debit_account_id"),
        Index("ix_journal_postings_credit_account_id", "credit_account_id"),
    )

    entry_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    line_no: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36))
    debit_account_id: Mapped[str] = mapped_column(String(36))
    credit_account_id: Mapped[str] = mapped_column(String(36))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))

    debit_account: Mapped[LedgerAccountRow] = relationship(
        primaryjoin="PostingRow.debit_account_id == LedgerAccountRow.id",
        foreign_keys=[debit_account_id],
        lazy="joined",
        viewonly=True,
    )
    credit_account: Mapped[LedgerAccountRow] = relationship(
        primaryjoin="PostingRow.credit_account_id == LedgerAccountRow.id",
        foreign_keys=[credit_account_id],
        lazy="joined",
        viewonly=True,
    )
