"""What is done for the inventory without a document: notices, self-checks, fresh revocation answers."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, or_, select

from certs.errors import CertsError, KeySourceHeld
from certs.inventory import ExpiryNotice, find_expiry_notices
from certs.journeys import chain_ders_of
from certs.model import CertificateState
from certs.store import SigningCertificate
from config.database import UtcDateTime
from config.secrets import SecretUnavailable
from gateway.certificate_inventory import SELF_CHECK_TASK, put_into_use
from gateway.db.tables.work import EventRow, OutboxRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.key_holds import KEY_NOT_PROVED, hold_key
from gateway.services import Services
from gateway.trust import revocation_gatherer, trust_anchors
from signing.errors import SigningError
from signing.errors.keys import KeySourceUriInvalid, PinIncorrect, PinLocked
from signing.key_sources.self_check import check_key
from signing.key_sources.uri import is_server_side

EXPIRING = "certificate.expiring"
SELF_CHECK_FAILED = "certificate.self-check-failed"
SELF_CHECK_MENDED = "certificate.self-check-mended"
ACTOR = "system:certificates"
REFRESH_TASK = "revocation-refresh"
SELF_CHECK_EVERY = timedelta(days=7)


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


def make_self_checks_due(services: Services, now: datetime) -> None:
    """Make due the self-check of each key in use whose last one is a week old. A sweep calls this."""
    with services.unit_of_work() as work:
        waiting = select(OutboxRow.subject_id).where(OutboxRow.kind == SELF_CHECK_TASK, OutboxRow.state == "due")
        last = func.coalesce(SigningCertificate.self_checked_at, SigningCertificate.created_at, type_=UtcDateTime())
        query = select(SigningCertificate).where(
            SigningCertificate.state == CertificateState.ACTIVE.value,
            SigningCertificate.valid_until > now,
            last < now - SELF_CHECK_EVERY,
            SigningCertificate.id.not_in(waiting),
        )
        rows = [row for row in work.session.scalars(query).all() if _is_ours(row)]
        for row in rows:
            work.due(SELF_CHECK_TASK, row.id, row.unit_id, now)
        if rows:
            work.commit()


def _is_ours(row: SigningCertificate) -> bool:
    try:
        return is_server_side(row.key_source_uri)
    except KeySourceUriInvalid:
        # The check says so, where people look.
        return True


def find_checkable(services: Services, now: datetime, certificate_id: str | None = None) -> tuple[str, ...]:
    """Return the ids of the certificates whose keys may be asked to sign a nonce, all of them or the one named.

    Held and withdrawn certificates are left alone: their PIN must not be tried. One that waits for its key's first
    proof is not held in that sense.
    """
    with services.unit_of_work(read_only=True) as work:
        usable = or_(
            SigningCertificate.state == CertificateState.ACTIVE.value, SigningCertificate.hold_code == KEY_NOT_PROVED
        )
        query = select(SigningCertificate).where(usable, SigningCertificate.valid_until > now)
        if certificate_id is not None:
            query = query.where(SigningCertificate.id == certificate_id)
        rows = work.session.scalars(query.order_by(SigningCertificate.id)).all()
        return tuple(row.id for row in rows if _is_ours(row))


def check_keys(services: Services, now: datetime, certificate_id: str | None = None) -> tuple[KeyCheck, ...]:
    """Let each key in use sign a nonce and verify it; see check_one and find_checkable."""
    checks = [check_one(services, found) for found in find_checkable(services, now, certificate_id)]
    return tuple(check for check in checks if check is not None)


def check_one(services: Services, certificate_id: str) -> KeyCheck | None:
    """Let one key sign a nonce and verify it against its certificate; None where the key may not be touched.

    A PIN that is refused holds the key at once; a first proof puts a certificate that was taken in into use.

    Raises:
        CertificateUnknown: None has that id.
    """
    with services.unit_of_work(read_only=True) as work:
        row = work.certificates.get(certificate_id)
    if row.state != CertificateState.ACTIVE and row.hold_code != KEY_NOT_PROVED:
        # Held by a check just before, perhaps: another certificate of its token had its PIN refused.
        return None
    error: SigningError | SecretUnavailable | KeySourceHeld | None = None
    try:
        check_key(services.key_sources.open_key_source(row.key_source_uri), row.certificate_der)
    except (SigningError, SecretUnavailable, KeySourceHeld) as caught:
        if isinstance(caught, KeySourceHeld) and row.hold_code != KEY_NOT_PROVED:
            # Another process found the PIN refused a moment ago, and has told it.
            return None
        error = caught
    _keep_outcome(services, certificate_id, error, datetime.now(UTC))
    if isinstance(error, PinIncorrect | PinLocked):
        # The hold guards the PIN from here on; a memory of it here would refuse one that was mended in the token.
        services.key_sources.close_all()
    fact = ("", "") if error is None else (error.code, str(error))
    return KeyCheck(row.id, row.holder_name, *fact)


def _keep_outcome(
    services: Services,
    certificate_id: str,
    error: SigningError | SecretUnavailable | KeySourceHeld | None,
    now: datetime,
) -> None:
    code = None if error is None else error.code
    with services.unit_of_work() as work:
        row = work.certificates.get(certificate_id, for_update=True)
        known = row.self_check_code
        row.self_checked_at, row.self_check_code = now, code
        work.audited(ACTOR, "certificate.self-checked", row.id, row.unit_id, now, outcome=code or "good")
        if code is not None and code != known:
            # Once for each fault, however often it is found again.
            work.happened(SELF_CHECK_FAILED, row.id, row.unit_id, {"code": code}, now)
        if code is None and known is not None:
            work.happened(SELF_CHECK_MENDED, row.id, row.unit_id, {"code": known}, now)
        if code is not None and isinstance(error, PinIncorrect | PinLocked):
            hold_key(work, row.id, code, ACTOR, now)
        if code is None and row.hold_code == KEY_NOT_PROVED:
            put_into_use(work, row, ACTOR, now)
        work.commit()


def refresh_revocation(services: Services, now: datetime, certificate_id: str | None = None) -> tuple[Refreshed, ...]:
    """Ask anew about every certificate in use, or the one named, and the CAs above it, and keep the answers."""
    gatherer = revocation_gatherer(services, anew=True)
    trusted = [anchor.certificate_der for anchor in trust_anchors(services) if anchor.trusted_at(now)]
    with services.unit_of_work(read_only=True) as work:
        query = select(SigningCertificate).where(SigningCertificate.state != CertificateState.WITHDRAWN.value)
        query = query if certificate_id is None else query.where(SigningCertificate.id == certificate_id)
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
