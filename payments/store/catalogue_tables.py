"""The catalogue of fees: what each procedure costs, from when until when, and how that is worked out."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from config.database import Json, UtcDateTime
from payments.model import FeeKind
from payments.store.base import Base
from payments.store.tables import one_of


class FeeCatalogueRow(Base):
    """One fee of one procedure in one period; only the end of its period is ever written later."""

    __tablename__ = "fee_catalogue"
    __table_args__ = (
        UniqueConstraint("unit_id", "procedure_code", "fee_code", "valid_from"),
        CheckConstraint(one_of("kind", FeeKind), name="kind"),
        CheckConstraint("valid_until IS NULL OR valid_until > valid_from", name="period"),
        Index("ix_fee_catalogue_procedure", "unit_id", "procedure_code"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36))
    procedure_code: Mapped[str] = mapped_column(String(60))
    fee_code: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(6))
    name: Mapped[str]
    chapter: Mapped[str] = mapped_column(String(3))
    sub_item: Mapped[str] = mapped_column(String(4))
    # Empty for the unit that opens the order.
    credited_unit: Mapped[str] = mapped_column(String(36))
    # {"text": …}, as payments.catalogue.formulas reads it.
    formula: Mapped[dict[str, Any]] = mapped_column(Json)
    legal_basis: Mapped[str]
    valid_from: Mapped[date]
    # The first day on which it holds no more.
    valid_until: Mapped[date | None]
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)


class FeeReductionRow(Base):
    """An exemption or reduction in one period, on its legal ground; only the end of its period is written later."""

    __tablename__ = "fee_reductions"
    __table_args__ = (
        UniqueConstraint("unit_id", "code", "procedure_code", "fee_code", "valid_from"),
        CheckConstraint("(percent IS NULL) <> (amount_minor IS NULL)", name="one_measure"),
        CheckConstraint("percent IS NULL OR (percent > 0 AND percent <= 100)", name="percent"),
        CheckConstraint("amount_minor IS NULL OR amount_minor > 0", name="amount"),
        CheckConstraint("valid_until IS NULL OR valid_until > valid_from", name="period"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36))
    code: Mapped[str] = mapped_column(String(60))
    # Empty for all procedures, for all fees.
    procedure_code: Mapped[str] = mapped_column(String(60))
    fee_code: Mapped[str] = mapped_column(String(60))
    percent: Mapped[int | None]
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    legal_ground: Mapped[str]
    valid_from: Mapped[date]
    # The first day on which it holds no more.
    valid_until: Mapped[date | None]
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)
