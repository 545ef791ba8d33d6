"""Tables and queries of signing certificates, trust anchors and kept revocation evidence."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    select,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from certs.errors import (
    AnchorNeedsSecondPerson,
    AnchorUnknown,
    CertificateAlreadyKept,
    CertificateStateConflict,
    CertificateUnknown,
    ReleaseNeedsSecondPerson,
)
from certs.model import CertificateRole, CertificateState, Purpose, TrustAnchor
from certs.names import names_of, parse_certificate
from certs.revocation.model import EvidenceItem
from certs.second_person import same_person
from config.database import NAMING, Json, UtcDateTime
from config.identifiers import new_id


class Base(DeclarativeBase):
    """The tables that certs owns."""

    metadata = MetaData(naming_convention=NAMING)


class SigningCertificate(Base):
    """A certificate with which the unit or one of its officials signs. The PIN is never here."""

    __tablename__ = "signing_certificates"
    __table_args__ = (
        UniqueConstraint("unit_id", "sha256"),
        CheckConstraint("role IN ('person', 'organisation')", name="role"),
        CheckConstraint("state IN ('active', 'held', 'withdrawn')", name="state"),
        CheckConstraint("valid_from < valid_until", name="validity"),
        CheckConstraint("(state = 'held') = (hold_code IS NOT NULL)", name="hold"),
        Index(None, "unit_id", "state"),
        Index(None, "valid_until"),
        Index(None, "status_due_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    unit_id: Mapped[str] = mapped_column(Text)
    label: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(16))
    holder_name: Mapped[str] = mapped_column(Text)
    certificate_der: Mapped[bytes] = mapped_column(LargeBinary)
    chain_der: Mapped[list[str]] = mapped_column(Json)
    """DER as hexadecimal text, issuer first."""
    sha256: Mapped[str] = mapped_column(String(64))
    key_source_uri: Mapped[str] = mapped_column(Text)
    serial: Mapped[str] = mapped_column(String(64))
    """Hexadecimal: serial numbers have up to 160 bits."""
    valid_from: Mapped[datetime] = mapped_column(UtcDateTime)
    valid_until: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(16), default=CertificateState.ACTIVE.value)
    hold_code: Mapped[str | None] = mapped_column(Text)
    held_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    held_by: Mapped[str | None] = mapped_column(Text)
    """Who put it on hold by decision; None where the gateway did, after a refused PIN."""
    released_by: Mapped[str | None] = mapped_column(Text)
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    replaced_by: Mapped[str | None] = mapped_column(ForeignKey("signing_certificates.id"))
    allowed_profiles: Mapped[list[str] | None] = mapped_column(Json)
    """Codes of the signing profiles that it may be used for; None: all of its role."""
    self_checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    status_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When a worker asks the CAs about it next, before the kept answers end; None where it never did."""
    self_check_code: Mapped[str | None] = mapped_column(Text)
    """Of the error that the last self-check of its key ended with; None where the key signed, or was never checked."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TrustAnchorRow(Base):
    """A CA certificate that counts once a second person has confirmed it."""

    __tablename__ = "trust_anchors"
    __table_args__ = (
        UniqueConstraint("unit_id", "purpose", "sha256"),
        CheckConstraint(f"purpose IN ({', '.join(repr(p.value) for p in Purpose)})", name="purpose"),
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> installed_by", name="second_person"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    unit_id: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(String(16))
    holder_name: Mapped[str] = mapped_column(Text)
    certificate_der: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64))
    trusted_from: Mapped[datetime] = mapped_column(UtcDateTime)
    trusted_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    installed_by: Mapped[str] = mapped_column(Text)
    installed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_by: Mapped[str | None] = mapped_column(Text)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RevocationCacheRow(Base):
    """The last good answer of one address. It belongs to no unit: a CA tells everybody the same."""

    __tablename__ = "revocation_cache"
    __table_args__ = (CheckConstraint("kind IN ('crl', 'ocsp')", name="kind"),)

    address: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    der: Mapped[bytes] = mapped_column(LargeBinary)
    """Empty where the bytes lie among the blobs."""
    blob_sha256: Mapped[str | None] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(Integer, server_default="0")
    this_update: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_update: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fetched_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CertificateStore:
    """Certificates and anchors of units, on the caller's session. Never commits."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(
        self,
        *,
        unit_id: str,
        label: str,
        role: CertificateRole,
        certificate_der: bytes,
        chain_ders: Sequence[bytes],
        key_source_uri: str,
        now: datetime,
        allowed_profiles: Sequence[str] | None = None,
        hold_code: str | None = None,
    ) -> SigningCertificate:
        """Keep a certificate: active from now on, or held from the start where a hold code is given.

        Raises:
            CertificateUnreadable: It, or one of its chain, is not a certificate.
            CertificateAlreadyKept: The unit has it.
        """
        certificate = parse_certificate(certificate_der)
        for der in chain_ders:
            parse_certificate(der)
        digest = hashlib.sha256(certificate_der).hexdigest()
        held = select(SigningCertificate.id).where(
            SigningCertificate.unit_id == unit_id, SigningCertificate.sha256 == digest
        )
        if self._session.scalar(held) is not None:
            raise CertificateAlreadyKept("this unit already has this certificate")
        names = names_of(certificate)
        row = SigningCertificate(
            id=new_id(),
            unit_id=unit_id,
            label=label,
            role=role.value,
            holder_name=names.display_name,
            certificate_der=certificate_der,
            chain_der=[der.hex() for der in chain_ders],
            sha256=digest,
            key_source_uri=key_source_uri,
            serial=names.serial_hex,
            valid_from=certificate.not_valid_before,
            valid_until=certificate.not_valid_after,
            state=(CertificateState.HELD if hold_code else CertificateState.ACTIVE).value,
            hold_code=hold_code,
            held_at=now if hold_code else None,
            allowed_profiles=list(allowed_profiles) if allowed_profiles else None,
            created_at=now,
        )
        self._session.add(row)
        self._session.flush()
        return row

    def get(self, certificate_id: str, *, for_update: bool = False) -> SigningCertificate:
        """Return a certificate, its row locked where it is about to change.

        Raises:
            CertificateUnknown: None has that id.
        """
        query = select(SigningCertificate).where(SigningCertificate.id == certificate_id)
        # A lock is of use only with what stands in the row now, not with what this session read earlier.
        query = query.with_for_update().execution_options(populate_existing=True) if for_update else query
        row = self._session.scalar(query)
        if row is None:
            raise CertificateUnknown("no certificate has that id")
        return row

    def list(self, unit_id: str) -> Sequence[SigningCertificate]:
        """Return the unit's certificates, oldest first."""
        query = select(SigningCertificate).where(SigningCertificate.unit_id == unit_id)
        return self._session.scalars(query.order_by(SigningCertificate.id)).all()

    def find_active(self, unit_id: str, role: CertificateRole, now: datetime) -> Sequence[SigningCertificate]:
        """Return the unit's usable certificates for a role, the one that lasts longest first."""
        query = select(SigningCertificate).where(
            SigningCertificate.unit_id == unit_id,
            SigningCertificate.role == role.value,
            SigningCertificate.state == CertificateState.ACTIVE.value,
            SigningCertificate.valid_from <= now,
            SigningCertificate.valid_until > now,
        )
        return self._session.scalars(query.order_by(SigningCertificate.valid_until.desc())).all()

    def find_expiring(self, before: datetime) -> Sequence[SigningCertificate]:
        """Return the certificates in use whose validity ends before a time, the most urgent first."""
        query = select(SigningCertificate).where(
            SigningCertificate.state != CertificateState.WITHDRAWN.value, SigningCertificate.valid_until < before
        )
        return self._session.scalars(query.order_by(SigningCertificate.valid_until)).all()

    def hold(self, certificate_id: str, code: str, now: datetime, *, actor: str | None = None) -> SigningCertificate:
        """Stop use of a key until someone releases it; a key already held keeps its first code.

        Args:
            actor: The person who decided it, whom another one has to release; None for the gateway itself.
        Raises:
            CertificateUnknown: None has that id.
            CertificateStateConflict: It was withdrawn.
        """
        row = self.get(certificate_id, for_update=True)
        if row.state == CertificateState.WITHDRAWN:
            raise CertificateStateConflict("a withdrawn certificate cannot be held")
        if row.state == CertificateState.ACTIVE:
            row.state, row.hold_code, row.held_at, row.held_by = CertificateState.HELD.value, code, now, actor
        return row

    def release(self, certificate_id: str, actor: str, now: datetime) -> SigningCertificate:
        """Let a held key sign again.

        Raises:
            CertificateUnknown: None has that id.
            CertificateStateConflict: It is not held.
            ReleaseNeedsSecondPerson: The actor put it on hold.
        """
        row = self.get(certificate_id, for_update=True)
        if row.state != CertificateState.HELD:
            raise CertificateStateConflict("only a held certificate can be released")
        if row.held_by is not None and same_person(row.held_by, actor):
            raise ReleaseNeedsSecondPerson("whoever put a certificate on hold cannot release it alone")
        row.state, row.hold_code, row.held_at, row.held_by = CertificateState.ACTIVE.value, None, None, None
        row.released_by, row.released_at = actor, now
        return row

    def withdraw(self, certificate_id: str, replaced_by: str | None = None) -> SigningCertificate:
        """End use of a certificate for good, naming its successor where there is one.

        Raises:
            CertificateUnknown: Either id is unknown.
            CertificateStateConflict: Already withdrawn.
        """
        row = self.get(certificate_id, for_update=True)
        if row.state == CertificateState.WITHDRAWN:
            raise CertificateStateConflict("the certificate was withdrawn before")
        if replaced_by is not None:
            row.replaced_by = self.get(replaced_by).id
        row.state, row.hold_code, row.held_at, row.held_by = CertificateState.WITHDRAWN.value, None, None, None
        return row

    def install_anchor(
        self,
        *,
        unit_id: str,
        purpose: Purpose,
        certificate_der: bytes,
        installed_by: str,
        trusted_from: datetime,
        now: datetime,
        trusted_until: datetime | None = None,
    ) -> TrustAnchorRow:
        """Propose a trust anchor; it counts only after confirm_anchor. The same one again returns the first row.

        Raises:
            CertificateUnreadable: Not a certificate.
        """
        names = names_of(parse_certificate(certificate_der))
        digest = hashlib.sha256(certificate_der).hexdigest()
        query = select(TrustAnchorRow).where(
            TrustAnchorRow.unit_id == unit_id,
            TrustAnchorRow.purpose == purpose.value,
            TrustAnchorRow.sha256 == digest,
        )
        row = self._session.scalar(query)
        if row is None:
            row = TrustAnchorRow(
                id=new_id(),
                unit_id=unit_id,
                purpose=purpose.value,
                holder_name=names.display_name,
                certificate_der=certificate_der,
                sha256=digest,
                trusted_from=trusted_from,
                trusted_until=trusted_until,
                installed_by=installed_by,
                installed_at=now,
            )
            self._session.add(row)
            self._session.flush()
        return row

    def confirm_anchor(self, anchor_id: str, actor: str, now: datetime) -> TrustAnchorRow:
        """Make an anchor count.

        Raises:
            AnchorUnknown: None has that id.
            AnchorNeedsSecondPerson: The actor installed it.
        """
        row = self._anchor(anchor_id)
        if same_person(row.installed_by, actor):
            raise AnchorNeedsSecondPerson("the person who installed an anchor cannot confirm it")
        if row.confirmed_by is None:
            row.confirmed_by, row.confirmed_at = actor, now
        return row

    def end_anchor(self, anchor_id: str, trusted_until: datetime) -> TrustAnchorRow:
        """Stop trusting an anchor from a time on; what it vouched for earlier stays so.

        Raises:
            AnchorUnknown: None has that id.
            AnchorNeedsSecondPerson: It would be trusted for longer, and that takes two persons.
        """
        row = self._anchor(anchor_id)
        if row.trusted_until is not None and trusted_until > row.trusted_until:
            raise AnchorNeedsSecondPerson("an anchor is prolonged by two persons who install it anew")
        row.trusted_until = trusted_until
        return row

    def list_anchors(self) -> Sequence[TrustAnchorRow]:
        """Return all anchors, confirmed or not."""
        return self._session.scalars(select(TrustAnchorRow).order_by(TrustAnchorRow.id)).all()

    def anchors(self, purpose: Purpose | None = None, at: datetime | None = None) -> tuple[TrustAnchor, ...]:
        """Return the confirmed anchors, of one purpose and trusted at one time where those are given."""
        query = select(TrustAnchorRow).where(TrustAnchorRow.confirmed_by.is_not(None))
        if purpose is not None:
            query = query.where(TrustAnchorRow.purpose == purpose.value)
        rows = self._session.scalars(query.order_by(TrustAnchorRow.id)).all()
        kept = [TrustAnchor(r.certificate_der, Purpose(r.purpose), r.trusted_from, r.trusted_until) for r in rows]
        return tuple(anchor for anchor in kept if at is None or anchor.trusted_at(at))

    def find_kept(self, address: str, kind: str, fetched_since: datetime) -> RevocationCacheRow | None:
        """Return what was fetched from the address at or after that time. See certs.revocation.cache."""
        row = self._session.get(RevocationCacheRow, (address, kind))
        return None if row is None or row.fetched_at < fetched_since else row

    def keep_evidence(
        self, address: str, item: EvidenceItem, fetched_at: datetime, blob_sha256: str | None = None
    ) -> str | None:
        """Keep an answer in place of the earlier one from this address.

        Args:
            blob_sha256: Where its bytes lie if not in the row.
        Returns:
            The blob that nothing points to any more.
        """
        earlier = self._session.get(RevocationCacheRow, (address, item.kind), with_for_update=True)
        replaced = None if earlier is None else earlier.blob_sha256
        self._session.merge(
            RevocationCacheRow(
                address=address,
                kind=item.kind,
                source=item.source,
                der=item.der if blob_sha256 is None else b"",
                blob_sha256=blob_sha256,
                size_bytes=len(item.der),
                this_update=item.this_update,
                next_update=item.next_update,
                fetched_at=fetched_at,
            )
        )
        self._session.flush()
        others = select(RevocationCacheRow.address).where(RevocationCacheRow.blob_sha256 == replaced).limit(1)
        return replaced if replaced is not None and self._session.scalar(others) is None else None

    def _anchor(self, anchor_id: str) -> TrustAnchorRow:
        row = self._session.get(TrustAnchorRow, anchor_id, with_for_update=True, populate_existing=True)
        if row is None:
            raise AnchorUnknown("no trust anchor has that id")
        return row
