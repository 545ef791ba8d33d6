"""Tables and queries of trusted lists and of the anchors that they vouch for."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from certs.errors import TrustedListUnknown
from certs.model import SIGNING_PURPOSES, Purpose, TrustAnchor
from certs.store import Base
from certs.trusted_lists.model import TrustedList
from certs.trusted_lists.services import ListedAnchor
from config.database import Json, UtcDateTime
from config.identifiers import new_id

LISTED_PURPOSES = (*SIGNING_PURPOSES, Purpose.TSA)


class ListState(StrEnum):
    """Whether a list counts: proposed by one person, confirmed by a second one (or by a list of lists), or given up."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    ENDED = "ended"


class TrustedListRow(Base):
    """A list that is followed, as its last good version left it; a bad newer one leaves only its problem here."""

    __tablename__ = "trusted_lists"
    __table_args__ = (
        CheckConstraint("state IN ('proposed', 'active', 'ended')", name="state"),
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> proposed_by", name="second_person"),
        Index(None, "state", "next_check_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    unit_id: Mapped[str] = mapped_column(Text)
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("trusted_lists.id"), index=True)
    """The list of lists that points to this one and says who signs it."""
    location: Mapped[str | None] = mapped_column(Text)
    """Where newer versions are fetched; None where they come as files."""
    territory: Mapped[str] = mapped_column(String(16))
    operator_name: Mapped[str] = mapped_column(Text)
    purposes: Mapped[list[str]] = mapped_column(Json)
    territories: Mapped[list[str]] = mapped_column(Json)
    """Of a list of lists: which of the lists that it points to are followed."""
    signers: Mapped[list[str]] = mapped_column(Json)
    """SHA-256 of the certificates with which the next version may be signed."""
    state: Mapped[str] = mapped_column(String(16))
    sequence_number: Mapped[int]
    """0 where no version was accepted yet."""
    issued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_update: Mapped[datetime | None] = mapped_column(UtcDateTime)
    content_sha256: Mapped[str | None] = mapped_column(String(64))
    """Of the version in force; its bytes are a blob."""
    proposed_by: Mapped[str] = mapped_column(Text)
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_by: Mapped[str | None] = mapped_column(Text)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_check_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    problem_code: Mapped[str | None] = mapped_column(Text)
    """Why the newest try did not lead to a new version; None where it did, or where there was none to have."""
    problem_detail: Mapped[str | None] = mapped_column(Text)
    problem_since: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ListedAnchorRow(Base):
    """A certificate that the version in force vouches for, with the time for which its service was in good standing."""

    __tablename__ = "trusted_list_anchors"
    __table_args__ = (Index(None, "list_id", "purpose"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    unit_id: Mapped[str] = mapped_column(Text)
    list_id: Mapped[str] = mapped_column(ForeignKey("trusted_lists.id"))
    purpose: Mapped[str] = mapped_column(String(16))
    certificate_der: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64))
    trusted_from: Mapped[datetime] = mapped_column(UtcDateTime)
    trusted_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    provider_name: Mapped[str] = mapped_column(Text)
    service_name: Mapped[str] = mapped_column(Text)


class TrustedListStore:
    """Trusted lists on the caller's session. Never commits."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, row: TrustedListRow) -> TrustedListRow:
        """Keep a list that is followed from now on."""
        self._session.add(row)
        self._session.flush()
        return row

    def get(self, list_id: str, *, for_update: bool = False) -> TrustedListRow:
        """Return a list, its row locked where it is about to change.

        Raises:
            TrustedListUnknown: None has that id.
        """
        row = self._session.get(TrustedListRow, list_id, with_for_update=for_update, populate_existing=for_update)
        if row is None:
            raise TrustedListUnknown("no trusted list has that id")
        return row

    def list(self) -> Sequence[TrustedListRow]:
        """Return all lists, oldest first."""
        return self._session.scalars(select(TrustedListRow).order_by(TrustedListRow.id)).all()

    def members(self, parent_id: str) -> Sequence[TrustedListRow]:
        """Return the lists that a list of lists brought in, whatever their state."""
        query = select(TrustedListRow).where(TrustedListRow.parent_id == parent_id)
        return self._session.scalars(query.order_by(TrustedListRow.id)).all()

    def due(self, now: datetime) -> Sequence[TrustedListRow]:
        """Return the active lists with an address whose time to look for a newer version has come, locked."""
        query = select(TrustedListRow).where(
            TrustedListRow.state == ListState.ACTIVE.value,
            TrustedListRow.location.is_not(None),
            TrustedListRow.next_check_at <= now,
        )
        return self._session.scalars(query.with_for_update(skip_locked=True)).all()

    def put_in_force(
        self, row: TrustedListRow, content: TrustedList, content_sha256: str, anchors: Sequence[ListedAnchor]
    ) -> None:
        """Let a version take the place of the one before, with all that it vouches for."""
        row.operator_name, row.sequence_number = content.operator_name, content.sequence_number
        row.issued_at, row.next_update, row.content_sha256 = content.issued_at, content.next_update, content_sha256
        self._session.execute(delete(ListedAnchorRow).where(ListedAnchorRow.list_id == row.id))
        self._session.add_all(_anchor_row(row, listed) for listed in anchors)
        self._session.flush()

    def end(self, row: TrustedListRow, at: datetime) -> None:
        """Stop following a list: from then on it vouches for nothing new; what it vouched for earlier stays so."""
        row.state = ListState.ENDED.value
        rows = self._session.scalars(select(ListedAnchorRow).where(ListedAnchorRow.list_id == row.id)).all()
        for anchor in rows:
            if anchor.trusted_from >= at:
                self._session.delete(anchor)
            elif anchor.trusted_until is None or anchor.trusted_until > at:
                anchor.trusted_until = at
        self._session.flush()

    def anchor_rows(self, list_id: str) -> Sequence[ListedAnchorRow]:
        """Return what the version in force vouches for."""
        query = select(ListedAnchorRow).where(ListedAnchorRow.list_id == list_id)
        return self._session.scalars(query.order_by(ListedAnchorRow.id)).all()

    def anchors(self, purposes: Collection[Purpose] = LISTED_PURPOSES) -> tuple[TrustAnchor, ...]:
        """Return the anchors of all lists that are, or were, followed."""
        query = (
            select(ListedAnchorRow)
            .join(TrustedListRow, TrustedListRow.id == ListedAnchorRow.list_id)
            .where(
                TrustedListRow.state != ListState.PROPOSED.value,
                ListedAnchorRow.purpose.in_([purpose.value for purpose in purposes]),
            )
        )
        rows = self._session.scalars(query.order_by(ListedAnchorRow.id)).all()
        return tuple(TrustAnchor(r.certificate_der, Purpose(r.purpose), r.trusted_from, r.trusted_until) for r in rows)


def _anchor_row(row: TrustedListRow, listed: ListedAnchor) -> ListedAnchorRow:
    anchor = listed.anchor
    return ListedAnchorRow(
        id=new_id(),
        unit_id=row.unit_id,
        list_id=row.id,
        purpose=anchor.purpose.value,
        certificate_der=anchor.certificate_der,
        sha256=sha256(anchor.certificate_der).hexdigest(),
        trusted_from=anchor.trusted_from,
        trusted_until=anchor.trusted_until,
        provider_name=listed.provider_name,
        service_name=listed.service_name,
    )
