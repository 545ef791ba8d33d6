"""Documents and the validations made of them; the bytes live in the blob store under their SHA-256."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from config.database import Json, UtcDateTime
from gateway.db.base import Base


class DocumentRow(Base):
    """One document or one revision of it; never changed, only followed by a new revision."""

    __tablename__ = "documents"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36), index=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    filename: Mapped[str]
    media_type: Mapped[str] = mapped_column(String(120))
    # What inspection in the child process found: pages, signatures, and why it cannot be signed if so.
    inspection: Mapped[dict[str, Any]] = mapped_column(Json)
    previous_id: Mapped[str | None] = mapped_column(String(36))
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ValidationRow(Base):
    """A question about a document's signatures, and its report once the worker has looked."""

    __tablename__ = "validations"
    __table_args__ = (CheckConstraint("state IN ('waiting', 'completed', 'failed')", name="state"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36), index=True)
    document_id: Mapped[str] = mapped_column(String(36), index=True)
    # A citizen's check has no account: whoever holds this code sees the report.
    public_code: Mapped[str] = mapped_column(String(64), unique=True)
    state: Mapped[str] = mapped_column(String(20))
    report: Mapped[dict[str, Any] | None] = mapped_column(Json)
    problem_code: Mapped[str | None] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignaturePictureRow(Base):
    """The picture that a certificate's signatures show: handwriting or seal, a transparent PNG in the blob store."""

    __tablename__ = "signature_pictures"

    certificate_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36))
    sha256: Mapped[str] = mapped_column(String(64))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
