"""Tables of fee orders, attempts, provider callbacks and receipts."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from config.database import Json, UtcDateTime
from payments.model import FeeKind, ProviderOutcome
from payments.money import Money
from payments.states import AttemptState, OrderState, ReceiptState
from payments.store.base import Base


def one_of(column: str, values: type[StrEnum]) -> str:
    """Return the condition that a column holds one of an enumeration's values."""
    return "{} IN ({})".format(column, ", ".join(f"'{value.value}'" for value in values))


class FeeOrderRow(Base):
    """What a dossier owes. unit_id is the unit that collects; each item names the unit credited."""

    __tablename__ = "fee_orders"
    __table_args__ = (
        CheckConstraint(one_of("state", OrderState), name="state"),
        CheckConstraint("amount_minor >= 0", name="amount"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36), index=True)
    client_id: Mapped[str | None] = mapped_column(String(36))
    dossier_code: Mapped[str] = mapped_column(String(120), index=True)
    purpose: Mapped[str]
    payer_name: Mapped[str]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[str] = mapped_column(String(20))
    # Whoever holds the token sees the order and may pay it.
    pay_token: Mapped[str] = mapped_column(String(43), unique=True)
    # What a bank transfer's text must carry.
    transfer_reference: Mapped[str] = mapped_column(String(20), unique=True)
    details: Mapped[dict[str, Any]] = mapped_column("metadata", Json)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The attempt that paid it; attempts point here by a foreign key, so this way back has none.
    paid_attempt_id: Mapped[str | None] = mapped_column(String(36))
    cancel_reason: Mapped[str | None]
    payer_number: Mapped[str | None] = mapped_column(String(20))
    payer_address: Mapped[str | None]
    payer_email: Mapped[str | None] = mapped_column(String(254))
    payer_phone: Mapped[str | None] = mapped_column(String(20))
    # Counts the changes of its items; only those of the newest revision are owed.
    revision: Mapped[int] = mapped_column(default=1, server_default="1")

    items: Mapped[list["FeeOrderItemRow"]] = relationship(
        primaryjoin=lambda: (
            (FeeOrderItemRow.order_id == FeeOrderRow.id) & (FeeOrderItemRow.revision == FeeOrderRow.revision)
        ),
        foreign_keys="FeeOrderItemRow.order_id",
        order_by="FeeOrderItemRow.line_no",
        lazy="selectin",
        viewonly=True,
    )

    @property
    def amount(self) -> Money:
        """What is owed."""
        return Money(self.amount_minor, self.currency)


class FeeOrderItemRow(Base):
    """One fee of an order."""

    __tablename__ = "fee_order_items"
    __table_args__ = (
        UniqueConstraint("order_id", "line_no"),
        CheckConstraint(one_of("kind", FeeKind), name="kind"),
        CheckConstraint("amount_minor >= 0", name="amount"),
        CheckConstraint("full_amount_minor >= amount_minor", name="full_amount"),
        CheckConstraint("full_amount_minor = amount_minor OR legal_ground IS NOT NULL", name="legal_ground"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36))
    order_id: Mapped[str] = mapped_column(ForeignKey("fee_orders.id"))
    # Numbers go on over revisions of the order, so that each item keeps its own.
    line_no: Mapped[int]
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    kind: Mapped[str] = mapped_column(String(6))
    name: Mapped[str]
    procedure_code: Mapped[str] = mapped_column(String(60))
    chapter: Mapped[str] = mapped_column(String(3))
    sub_item: Mapped[str] = mapped_column(String(4))
    credited_unit: Mapped[str] = mapped_column(String(36))
    # What is owed, and what would be without an exemption or reduction on its legal ground.
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    full_amount_minor: Mapped[int] = mapped_column(BigInteger)
    legal_ground: Mapped[str | None]
    currency: Mapped[str] = mapped_column(String(3))
    # How a fee of the catalogue was worked out: the entry's id and the quantities given.
    catalogue_entry_id: Mapped[str | None] = mapped_column(String(36))
    quantities: Mapped[dict[str, int] | None] = mapped_column(Json)

    @property
    def amount(self) -> Money:
        """What this fee comes to."""
        return Money(self.amount_minor, self.currency)


class PaymentAttemptRow(Base):
    """One try to pay an order with one provider."""

    __tablename__ = "payment_attempts"
    __table_args__ = (
        UniqueConstraint("provider", "reference"),
        CheckConstraint(one_of("state", AttemptState), name="state"),
        CheckConstraint("amount_minor > 0", name="amount"),
        Index("ix_payment_attempts_due_query", "next_query_at", postgresql_where=text("next_query_at IS NOT NULL")),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36))
    order_id: Mapped[str] = mapped_column(ForeignKey("fee_orders.id"), index=True)
    provider: Mapped[str] = mapped_column(String(40))
    # Our reference, by which the provider names the attempt.
    reference: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(20))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    payer_address: Mapped[str] = mapped_column(String(45))
    # How the payer goes on, as the provider's start returned it, and its own name for the payment.
    redirect_url: Mapped[str | None]
    qr_text: Mapped[str | None]
    app_url: Mapped[str | None]
    provider_reference: Mapped[str | None] = mapped_column(String(100))
    # The provider's own number and words, once it reported something.
    provider_transaction: Mapped[str | None] = mapped_column(String(100))
    provider_code: Mapped[str | None] = mapped_column(String(60))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # When the provider took the money by its own word, and when we booked it.
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    booked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The account on which the money was booked, and the statement's entry that a bank's notice ran ahead of.
    received_on: Mapped[str | None] = mapped_column(String(120))
    statement_reference: Mapped[str | None] = mapped_column(String(40))
    query_count: Mapped[int]
    next_query_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def amount(self) -> Money:
        """What the provider was asked to take."""
        return Money(self.amount_minor, self.currency)


class ProviderCallbackRow(Base):
    """A provider's call, or its answer to our query, byte for byte, and what became of it.

    unit_id stays empty until the call is known to be about one of our attempts.
    """

    __tablename__ = "provider_callbacks"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str | None] = mapped_column(String(36), index=True)
    provider: Mapped[str] = mapped_column(String(40), index=True)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    # GET or POST for a call to us, QUERY for the answer to a query of ours.
    method: Mapped[str] = mapped_column(String(8))
    query: Mapped[bytes] = mapped_column(LargeBinary)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    headers: Mapped[dict[str, str]] = mapped_column(Json)
    client_address: Mapped[str] = mapped_column(String(45))
    outcome: Mapped[str | None] = mapped_column(String(30))
    # A plain English fact about a refusal, for support staff.
    problem: Mapped[str | None]
    answer_code: Mapped[str | None] = mapped_column(String(20))
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    order_id: Mapped[str | None] = mapped_column(ForeignKey("fee_orders.id"), index=True)
    attempt_id: Mapped[str | None] = mapped_column(ForeignKey("payment_attempts.id"))
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ProviderEventRow(Base):
    """A provider's report that was taken into account; the unique key is what makes a replay change nothing."""

    __tablename__ = "provider_events"
    __table_args__ = (
        UniqueConstraint("provider", "event_key"),
        CheckConstraint(one_of("outcome", ProviderOutcome), name="outcome"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36))
    provider: Mapped[str] = mapped_column(String(40))
    event_key: Mapped[str] = mapped_column(String(200))
    attempt_id: Mapped[str] = mapped_column(ForeignKey("payment_attempts.id"), index=True)
    callback_id: Mapped[str | None] = mapped_column(ForeignKey("provider_callbacks.id"))
    transaction: Mapped[str] = mapped_column(String(100))
    outcome: Mapped[str] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(60))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class HeldAt(StrEnum):
    """Who keeps an account: a bank, or the State Treasury."""

    BANK = "bank"
    TREASURY = "treasury"


class CollectionAccountRow(Base):
    """The account into which a unit's payers transfer, for as long as it is valid."""

    __tablename__ = "collection_accounts"
    __table_args__ = (CheckConstraint(one_of("held_at", HeldAt), name="held_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36), index=True)
    bank_bin: Mapped[str] = mapped_column(String(6))
    bank_name: Mapped[str]
    account_number: Mapped[str] = mapped_column(String(19))
    account_name: Mapped[str]
    held_at: Mapped[str] = mapped_column(String(10), default=HeldAt.BANK)
    valid_from: Mapped[datetime] = mapped_column(UtcDateTime)
    valid_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ReceiptSeriesRow(Base):
    """A series of receipts and the number given out last; its lock makes the numbers gapless."""

    __tablename__ = "receipt_series"
    __table_args__ = (
        UniqueConstraint("unit_id", "form_code", "series"),
        CheckConstraint(one_of("kind", FeeKind), name="kind"),
        CheckConstraint("last_number >= 0", name="last_number"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36))
    kind: Mapped[str] = mapped_column(String(6))
    form_code: Mapped[str] = mapped_column(String(20))
    series: Mapped[str] = mapped_column(String(20))
    last_number: Mapped[int]
    # Closed at the year's end: it numbers nothing any more.
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[str | None] = mapped_column(String(120))


STANDING = text("state NOT IN ('cancelled', 'replaced')")


class ReceiptRow(Base):
    """A numbered receipt. What it says never changes: items, payer and unit are copied as they were."""

    __tablename__ = "receipts"
    __table_args__ = (
        UniqueConstraint("unit_id", "form_code", "series", "number"),
        # One that stands for each kind of fee; any number that were cancelled or replaced.
        Index(
            "uq_receipts_standing", "order_id", "kind", unique=True, sqlite_where=STANDING, postgresql_where=STANDING
        ),
        CheckConstraint(one_of("kind", FeeKind), name="kind"),
        CheckConstraint(one_of("state", ReceiptState), name="state"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("number > 0", name="number"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36), index=True)
    # What the public address of the receipt carries.
    code: Mapped[str] = mapped_column(String(22), unique=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("fee_orders.id"))
    attempt_id: Mapped[str] = mapped_column(ForeignKey("payment_attempts.id"))
    kind: Mapped[str] = mapped_column(String(6))
    form_code: Mapped[str] = mapped_column(String(20))
    series: Mapped[str] = mapped_column(String(20))
    number: Mapped[int]
    unit_name: Mapped[str]
    payer_name: Mapped[str]
    dossier_code: Mapped[str] = mapped_column(String(120))
    payment_method: Mapped[str] = mapped_column(String(40))
    items: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    amount_in_words: Mapped[str]
    paid_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(20))
    # The sealed PDF: the gateway's id of the document, its hash, and who sealed it when.
    document_id: Mapped[str | None] = mapped_column(String(36))
    document_sha256: Mapped[str | None] = mapped_column(String(64))
    sealed_by: Mapped[str | None]
    sealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    payer_number: Mapped[str | None] = mapped_column(String(20))
    payer_address: Mapped[str | None]
    # The signed XML, where the unit's seal makes one.
    xml_document_id: Mapped[str | None] = mapped_column(String(36))
    # How it ended, if it did: by whom, why, and the receipt that stands instead.
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(String(120))
    end_reason: Mapped[str | None]
    replaces_id: Mapped[str | None] = mapped_column(String(36), index=True)

    @property
    def amount(self) -> Money:
        """What was received."""
        return Money(self.amount_minor, self.currency)

    @property
    def printed_number(self) -> str:
        """The number as receipts print it: seven digits or more."""
        return f"{self.number:07d}"
