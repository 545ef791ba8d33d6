"""What makes documents provable later: raised signatures, time-stamps, and archives that must be stamped again."""

from datetime import datetime

from sqlalchemy import CheckConstraint, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from config.database import UtcDateTime
from gateway.db.base import Base


class AugmentationRow(Base):
    """An order to raise the signatures in a document; the result is the document's next revision."""

    __tablename__ = "augmentations"
    __table_args__ = (CheckConstraint("state IN ('waiting', 'completed', 'failed')", name="state"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36), index=True)
    document_id: Mapped[str] = mapped_column(String(36), index=True)
    level: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(20))
    result_document_id: Mapped[str | None] = mapped_column(String(36))
    # While it waits: what stands in the way; when it failed: why.
    problem_code: Mapped[str | None] = mapped_column(String(80))
    problem_detail: Mapped[str | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class EvidenceFileRow(Base):
    """An order to pack and seal the evidence of one signed document; made anew, it is another row."""

    __tablename__ = "evidence_files"
    __table_args__ = (CheckConstraint("state IN ('waiting', 'completed', 'failed')", name="state"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36), index=True)
    request_document_id: Mapped[str] = mapped_column(String(36), index=True)
    state: Mapped[str] = mapped_column(String(20))
    result_document_id: Mapped[str | None] = mapped_column(String(36))
    # While it waits: what stands in the way; when it failed: why.
    problem_code: Mapped[str | None] = mapped_column(String(80))
    problem_detail: Mapped[str | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class TimestampRow(Base):
    """A time-stamp over a digest, and its token (RFC 3161) once an authority gave it."""

    __tablename__ = "timestamps"
    __table_args__ = (CheckConstraint("state IN ('waiting', 'completed', 'failed')", name="state"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36), index=True)
    document_id: Mapped[str | None] = mapped_column(String(36), index=True)
    digest_algorithm: Mapped[str] = mapped_column(String(10))
    digest: Mapped[str] = mapped_column(String(128))
    state: Mapped[str] = mapped_column(String(20))
    token: Mapped[bytes | None] = mapped_column(LargeBinary)
    gen_time: Mapped[datetime | None] = mapped_column(UtcDateTime)
    authority_name: Mapped[str | None]
    policy: Mapped[str | None] = mapped_column(String(120))
    problem_code: Mapped[str | None] = mapped_column(String(80))
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ArchivedDocumentRow(Base):
    """A document whose newest archive time-stamp must be followed by another before it stops proving anything.

    kept: the next stamp is due at renew_at. held: something is at fault that no later try mends; a person must look.
    lapsed: nothing was stamped in time.
    """

    __tablename__ = "archived_documents"
    __table_args__ = (CheckConstraint("state IN ('kept', 'held', 'lapsed')", name="state"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36), index=True)
    # The newest revision; the next stamp makes a newer one.
    document_id: Mapped[str] = mapped_column(String(36), unique=True)
    state: Mapped[str] = mapped_column(String(10), index=True)
    renew_at: Mapped[datetime] = mapped_column(UtcDateTime)
    provable_until: Mapped[datetime] = mapped_column(UtcDateTime)
    problem_code: Mapped[str | None] = mapped_column(String(80))
    problem_detail: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
