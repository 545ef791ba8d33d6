"""Answers about revocation fetched before they are needed and before the kept ones end."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select

from certs.errors import CertificateUnreadable
from certs.journeys import chain_ders_of
from certs.model import CertificateState
from certs.revocation.model import RevocationEvidence
from certs.store import SigningCertificate
from gateway.db.tables.work import OutboxRow
from gateway.services import Services
from gateway.trust import prefetching_gatherer, trust_anchors

PREFETCH_TASK = "revocation-prefetch"
BATCH = 50
# Long enough for some tries while a responder is out of order.
RENEW_BEFORE = timedelta(hours=1)
SOONEST, LATEST = timedelta(minutes=10), timedelta(hours=12)


def make_prefetches_due(services: Services, now: datetime) -> None:
    """Make due that a worker asks about each certificate in use whose kept answers end soon. A sweep calls this."""
    with services.unit_of_work() as work:
        waiting = select(OutboxRow.subject_id).where(OutboxRow.kind == PREFETCH_TASK, OutboxRow.state == "due")
        query = select(SigningCertificate).where(
            SigningCertificate.state == CertificateState.ACTIVE.value,
            SigningCertificate.valid_from <= now,
            SigningCertificate.valid_until > now,
            or_(SigningCertificate.status_due_at.is_(None), SigningCertificate.status_due_at <= now),
            SigningCertificate.id.not_in(waiting),
        )
        rows = work.session.scalars(query.order_by(SigningCertificate.status_due_at).limit(BATCH)).all()
        for row in rows:
            work.due(PREFETCH_TASK, row.id, row.unit_id, now)
        if rows:
            work.commit()


def prefetch_answers(services: Services, certificate_id: str, now: datetime) -> None:
    """Ask about a certificate and the CAs above it what is not kept or ends soon, and note when to ask next.

    Raises:
        CertificateUnknown: None has that id.
    """
    with services.unit_of_work(read_only=True) as work:
        row = work.certificates.get(certificate_id)
    trusted = [anchor.certificate_der for anchor in trust_anchors(services) if anchor.trusted_at(now)]
    try:
        gatherer = prefetching_gatherer(services, RENEW_BEFORE)
        found = gatherer.gather_for(row.certificate_der, chain_ders_of(row), trusted, now)
    except CertificateUnreadable:
        found = RevocationEvidence()
    with services.unit_of_work() as work:
        work.certificates.get(certificate_id, for_update=True).status_due_at = next_prefetch(found, now)
        work.commit()


def next_prefetch(found: RevocationEvidence, now: datetime) -> datetime:
    """Return when to ask next: some time before the first answer ends, soon again where an address gave none."""
    ends = [item.next_update for item in found.items if item.next_update is not None]
    if found.failures or not found.items:
        return now + SOONEST
    wanted = min(ends) - RENEW_BEFORE if ends else now + LATEST
    return min(max(wanted, now + SOONEST), now + LATEST)
