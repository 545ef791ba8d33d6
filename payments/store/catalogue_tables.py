"""The catalogue of fees: what each procedure costs, from when until when, and how that is worked out."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
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
    # Fields of payments.catalogue.formulas.Formula.
    formula: Mapped[dict[str, Any]] = mapped_column(Json)
    legal_basis: Mapped[str]
    valid_from: Mapped[date]
    # The first day on which it holds no more.
    valid_until: Mapped[date | None]
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)
