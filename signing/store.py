"""Tables of signing requests, and the queries that the journeys need."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, MetaData, String, UniqueConstraint, or_, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from config.database import NAMING, Json, UtcDateTime
from signing.model import PADES
from signing.states import OPEN_STEPS, DocumentState, RequestState, StepState


class Base(DeclarativeBase):
    """Base of signing's tables."""

    metadata = MetaData(naming_convention=NAMING)


def _one_of(states: type[RequestState] | type[StepState] | type[DocumentState]) -> str:
    return "state IN ({})".format(", ".join(f"'{state.value}'" for state in states))


class SigningRequestRow(Base):
    """Documents to be signed by ordered steps, as a processing system asked for it."""

    __tablename__ = "signing_requests"
    __table_args__ = (CheckConstraint(_one_of(RequestState), name="state"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36), index=True)
    client_id: Mapped[str] = mapped_column(String(36))
    dossier_code: Mapped[str] = mapped_column(String(120), index=True)
    title: Mapped[str]
    # PAdES, or a name of signing.files.registry.FORMATS.
    format: Mapped[str] = mapped_column(String(20), default=PADES)
    # None leaves each step its profile's own.
    level: Mapped[str | None] = mapped_column(String(10))
    # Which step waits for number and date, and where they go; see gateway.numbering.
    numbering: Mapped[dict[str, Any] | None] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(20))
    # Whoever asks knows that a signature in a document does not hold, and wants one beside it.
    over_broken: Mapped[bool] = mapped_column(default=False)
    # Why it waits, was refused or failed: the code of an error, and a plain English fact about it.
    problem_code: Mapped[str | None] = mapped_column(String(80))
    problem_detail: Mapped[str | None]
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    documents: Mapped[list["RequestDocumentRow"]] = relationship(
        order_by="RequestDocumentRow.position", cascade="all, delete-orphan", lazy="selectin"
    )
    steps: Mapped[list["SigningStepRow"]] = relationship(
        order_by="SigningStepRow.position", cascade="all, delete-orphan", lazy="selectin"
    )
    acts: Mapped[list["SigningActRow"]] = relationship(
        order_by="SigningActRow.id", cascade="all, delete-orphan", lazy="selectin"
    )


class RequestDocumentRow(Base):
    """One document of a request: the original and the newest revision."""

    __tablename__ = "signing_request_documents"
    __table_args__ = (UniqueConstraint("request_id", "position"), CheckConstraint(_one_of(DocumentState), name="state"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36))
    request_id: Mapped[str] = mapped_column(ForeignKey("signing_requests.id"), index=True)
    position: Mapped[int]
    original_document_id: Mapped[str] = mapped_column(String(36), index=True)
    current_document_id: Mapped[str] = mapped_column(String(36), index=True)
    state: Mapped[str] = mapped_column(String(20), default=DocumentState.OPEN)
    # Number and date as they were given, and whether the newest revision says them.
    number: Mapped[dict[str, str] | None] = mapped_column(Json)
    numbered: Mapped[bool] = mapped_column(default=False)
    problem_code: Mapped[str | None] = mapped_column(String(80))
    problem_detail: Mapped[str | None]


class SigningStepRow(Base):
    """One signer's turn."""

    __tablename__ = "signing_steps"
    __table_args__ = (UniqueConstraint("request_id", "position"), CheckConstraint(_one_of(StepState), name="state"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36))
    request_id: Mapped[str] = mapped_column(ForeignKey("signing_requests.id"), index=True)
    position: Mapped[int]
    # Steps of one stage sign in any order; the next stage begins when so many of them, or all, have signed.
    stage: Mapped[int]
    quorum: Mapped[int | None]
    profile_code: Mapped[str] = mapped_column(String(60))
    # None until somebody of the role takes the step up.
    certificate_id: Mapped[str | None] = mapped_column(String(36), index=True)
    signer_role: Mapped[str | None] = mapped_column(String(120))
    needs_approval: Mapped[bool]
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # What the request says over the profile's placement; None leaves the profile's own.
    placement: Mapped[dict[str, Any] | None] = mapped_column(Json)
    # What the request says for the profile's stamp.
    stamp_values: Mapped[dict[str, str] | None] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(20))
    problem_code: Mapped[str | None] = mapped_column(String(80))
    problem_detail: Mapped[str | None]
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    signatures: Mapped[list["SignatureRow"]] = relationship(order_by="SignatureRow.signed_at", lazy="selectin")


class SigningActRow(Base):
    """What a person did about a request, in their words; nobody changes it afterwards."""

    __tablename__ = "signing_acts"
    __table_args__ = (
        CheckConstraint("act IN ('comment', 'approve', 'refuse', 'delegate', 'cancel', 'number')", name="act"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36))
    request_id: Mapped[str] = mapped_column(ForeignKey("signing_requests.id"), index=True)
    step_id: Mapped[str | None] = mapped_column(ForeignKey("signing_steps.id"))
    act: Mapped[str] = mapped_column(String(20))
    # Who, in which role, from which address, as the system that called for them says.
    actor: Mapped[str] = mapped_column(String(120))
    actor_role: Mapped[str | None] = mapped_column(String(120))
    from_address: Mapped[str | None] = mapped_column(String(45))
    client_id: Mapped[str | None] = mapped_column(String(36))
    text: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(Json)
    acted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SignatureRow(Base):
    """One signature in one document. A step signs a document once: the database itself holds no second."""

    __tablename__ = "signatures"
    __table_args__ = (UniqueConstraint("step_id", "request_document_id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(36))
    step_id: Mapped[str] = mapped_column(ForeignKey("signing_steps.id"), index=True)
    request_document_id: Mapped[str] = mapped_column(ForeignKey("signing_request_documents.id"), index=True)
    input_document_id: Mapped[str] = mapped_column(String(36))
    output_document_id: Mapped[str] = mapped_column(String(36))
    certificate_id: Mapped[str] = mapped_column(String(36))
    field_name: Mapped[str]
    # From 0; None when invisible, as is the rectangle: x0, y0, x1, y1 in points from the page's lower left corner.
    page_index: Mapped[int | None]
    rectangle: Mapped[list[float] | None] = mapped_column(Json)
    level: Mapped[str] = mapped_column(String(10))
    signed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SigningStore:
    """Signing requests in one session; commits are the caller's."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, request: SigningRequestRow) -> None:
        """Keep a new request with its documents and steps."""
        self._session.add(request)

    def add_signature(self, signature: SignatureRow) -> None:
        """Keep a signature; a second one by the same step on the same document violates a constraint."""
        self._session.add(signature)

    def find(self, request_id: str, unit_ids: Sequence[str], *, lock: bool = False) -> SigningRequestRow | None:
        """Return the request if it belongs to one of the units."""
        query = select(SigningRequestRow).where(
            SigningRequestRow.id == request_id, SigningRequestRow.unit_id.in_(unit_ids)
        )
        return self._session.scalars(query.with_for_update() if lock else query).first()

    def locked(self, request_id: str) -> SigningRequestRow | None:
        """Return the request for a worker, locked until the transaction ends."""
        query = select(SigningRequestRow).where(SigningRequestRow.id == request_id).with_for_update()
        return self._session.scalars(query).first()

    def of_dossier(self, dossier_code: str, unit_ids: Sequence[str]) -> Sequence[SigningRequestRow]:
        """Return a dossier's requests, oldest first."""
        return self._session.scalars(
            select(SigningRequestRow)
            .where(SigningRequestRow.dossier_code == dossier_code, SigningRequestRow.unit_id.in_(unit_ids))
            .order_by(SigningRequestRow.id)
        ).all()

    def page(
        self, unit_ids: Sequence[str], *, before_id: str | None, limit: int, state: str | None = None
    ) -> Sequence[SigningRequestRow]:
        """Return up to limit requests, newest first, older than before_id."""
        query = select(SigningRequestRow).where(SigningRequestRow.unit_id.in_(unit_ids))
        if before_id:
            query = query.where(SigningRequestRow.id < before_id)
        if state:
            query = query.where(SigningRequestRow.state == state)
        return self._session.scalars(query.order_by(SigningRequestRow.id.desc()).limit(limit)).all()

    def held_by(self, certificate_id: str) -> Sequence[SigningStepRow]:
        """Return the steps that wait for this certificate's key source to be released."""
        return self._session.scalars(
            select(SigningStepRow).where(
                SigningStepRow.certificate_id == certificate_id, SigningStepRow.state == StepState.HELD.value
            )
        ).all()

    def expired(self, now: datetime, limit: int) -> Sequence[SigningRequestRow]:
        """Return open requests whose deadline has passed."""
        open_states = [RequestState.CREATED.value, RequestState.WAITING.value, RequestState.SIGNING.value]
        # A step's own deadline counts while the step may still sign.
        late = (
            select(SigningStepRow.request_id)
            .where(SigningStepRow.expires_at < now, SigningStepRow.state.in_([state.value for state in OPEN_STEPS]))
            .scalar_subquery()
        )
        return self._session.scalars(
            select(SigningRequestRow)
            .where(
                SigningRequestRow.state.in_(open_states),
                or_(SigningRequestRow.expires_at < now, SigningRequestRow.id.in_(late)),
            )
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
