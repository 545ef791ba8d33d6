"""What is done for the inventory without a document: notices, self-checks, fresh revocation answers."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from certs.errors import CertsError
from certs.inventory import ExpiryNotice, find_expiry_notices
from certs.journeys import chain_ders_of
from certs.model import CertificateState
from certs.revocation.fetch import HttpExchange
from certs.revocation.gather import GatherLimits, RevocationGatherer
from certs.store import SigningCertificate
from config.secrets import SecretUnavailable
from gateway.db.tables.work import EventRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.key_holds import hold_key
from gateway.services import Services
from gateway.trust import SharedRevocationCache, trust_anchors
from signing.errors import PinIncorrect, PinLocked, SigningError
from signing.key_sources.self_check import check_key

EXPIRING = "certificate.expiring"
SELF_CHECK_FAILED = "certificate.self-check-failed"
ACTOR = "system:certificates"


@dataclass(frozen=True)
class KeyCheck:
    """What came of one key's self-check; code is empty where the key signs."""

    certificate_id: str
    holder_name: str
    code: str
    fact: str


@dataclass(frozen=True)
class Refreshed:
    """What came of asking anew about one certificate: how many answers, and the addresses that gave none."""

    certificate_id: str
    holder_name: str
    answers: int
    failures: tuple[str, ...]


def announce_expiring(services: Services, now: datetime) -> None:
    """Tell once at 90, 30 and 7 days that a certificate ends; the event itself is the memory. A sweep calls this."""
    with services.unit_of_work(read_only=True) as work:
        due = _due_notices(work, now)
    if not due:
        return
    with services.unit_of_work() as work:
        for notice in due:
            # Another worker's sweep may be giving the same notice: the lock makes one of them see the other's.
            work.certificates.get(notice.certificate_id, for_update=True)
        for notice in _due_notices(work, now):
            data = {"days": notice.days, "valid_until": notice.valid_until.isoformat()}
            data |= {"holder_name": notice.holder_name, "role": notice.role}
            work.happened(EXPIRING, notice.certificate_id, notice.unit_id, data, now)
        work.commit()


def _due_notices(work: UnitOfWork, now: datetime) -> tuple[ExpiryNotice, ...]:
    def was_given(certificate_id: str, days: int) -> bool:
        query = select(EventRow.data).where(EventRow.subject_id == certificate_id, EventRow.type == EXPIRING)
        return any(data.get("days") == days for data in work.session.scalars(query))

    return find_expiry_notices(work.certificates, now, was_given)


def check_keys(services: Services, now: datetime, certificate_id: str | None = None) -> tuple[KeyCheck, ...]:
    """Let each key in use sign a nonce and verify it; a PIN that is refused holds its key at once.

    Meant for once a week. Held and withdrawn certificates are left alone: their PIN must not be tried.
    """
    with services.unit_of_work(read_only=True) as work:
        query = select(SigningCertificate).where(
            SigningCertificate.state == CertificateState.ACTIVE.value, SigningCertificate.valid_until > now
        )
        if certificate_id is not None:
            query = query.where(SigningCertificate.id == certificate_id)
        rows = work.session.scalars(query.order_by(SigningCertificate.id)).all()
    checks = [_check_one(services, row.id) for row in rows]
    return tuple(check for check in checks if check is not None)


def _check_one(services: Services, certificate_id: str) -> KeyCheck | None:
    with services.unit_of_work(read_only=True) as work:
        row = work.certificates.get(certificate_id)
    if row.state != CertificateState.ACTIVE:
        # Held by a check just before: another certificate of its token had its PIN refused.
        return None
    error: SigningError | SecretUnavailable | None = None
    try:
        check_key(services.key_sources.open_key_source(row.key_source_uri), row.certificate_der)
    except (SigningError, SecretUnavailable) as caught:
        error = caught
    now = datetime.now(UTC)
    code = "" if error is None else error.code
    with services.unit_of_work() as work:
        work.audited(ACTOR, "certificate.self-checked", row.id, row.unit_id, now, outcome=code or "good")
        if error is not None:
            work.happened(SELF_CHECK_FAILED, row.id, row.unit_id, {"code": code}, now)
        if isinstance(error, PinIncorrect | PinLocked):
            hold_key(work, row.id, code, ACTOR, now)
        work.commit()
    return KeyCheck(row.id, row.holder_name, code, "" if error is None else str(error))


def refresh_revocation(services: Services, now: datetime) -> tuple[Refreshed, ...]:
    """Ask anew about every certificate in use and the CAs above it, whatever is kept, and keep the answers."""
    settings = services.settings.revocation
    limits = GatherLimits(
        total_timeout_seconds=3 * settings.timeout_seconds,
        each_timeout_seconds=settings.timeout_seconds,
        crl_max_size_bytes=settings.answer_size_bytes,
        max_age=timedelta(0),
    )
    gatherer = RevocationGatherer(HttpExchange(services.address_guard), SharedRevocationCache(services), limits)
    trusted = [anchor.certificate_der for anchor in trust_anchors(services) if anchor.trusted_at(now)]
    with services.unit_of_work(read_only=True) as work:
        query = select(SigningCertificate).where(SigningCertificate.state != CertificateState.WITHDRAWN.value)
        rows = work.session.scalars(query.order_by(SigningCertificate.id)).all()
    done = []
    for row in rows:
        try:
            found = gatherer.gather_for(row.certificate_der, chain_ders_of(row), trusted, now)
            failures = tuple(f"{failure.address}: {failure.code}" for failure in found.failures)
            done.append(Refreshed(row.id, row.holder_name, len(found.items), failures))
        except CertsError as error:
            done.append(Refreshed(row.id, row.holder_name, 0, (error.code,)))
    return tuple(done)
