"""Numbers that the database knows, computed when they are asked for: the same from every process.

Sums over all units; no unit and no person is in a label.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import case, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from certs.inventory import NOTICE_DAYS
from certs.model import CertificateState
from certs.store import RevocationCacheRow, SigningCertificate
from config.database import UtcDateTime
from gateway.db.tables.work import OutboxRow
from gateway.services import Services
from signing.store import SigningRequestRow

log = structlog.get_logger()


class DatabaseNumbers(Collector):
    """Asks the database at each scrape; where it does not answer, says that and nothing else."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(self) -> Iterable[Metric]:
        answers = GaugeMetricFamily("gateway_database_answers", "1 where the database answered this question")
        try:
            with self._services.unit_of_work(read_only=True) as work:
                found = list(_all(work.session, datetime.now(UTC)))
        except SQLAlchemyError as error:
            log.warning("no numbers from the database", error=type(error).__name__)
            found = []
        answers.add_metric([], 1 if found else 0)
        return [answers, *found]


def database_registry(services: Services) -> CollectorRegistry:
    """Return a registry of these numbers alone."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(DatabaseNumbers(services))
    return registry


def _all(session: Session, now: datetime) -> Iterator[Metric]:
    yield from _certificates(session, now)
    yield from _outbox(session, now)
    yield _signing_requests(session)
    yield from _revocation(session, now)


def _certificates(session: Session, now: datetime) -> Iterator[Metric]:
    states = GaugeMetricFamily("gateway_certificates", "Signing certificates", labels=["state", "role"])
    counted = select(SigningCertificate.state, SigningCertificate.role, func.count()).group_by(
        SigningCertificate.state, SigningCertificate.role
    )
    for state, role, count in session.execute(counted):
        states.add_metric([state, role], count)
    yield states

    in_use = SigningCertificate.state != CertificateState.WITHDRAWN.value
    expiring = GaugeMetricFamily(
        "gateway_certificates_expiring", "Certificates not withdrawn that end within so many days", labels=["days"]
    )
    for days in (0, *sorted(NOTICE_DAYS)):
        ending = select(func.count()).where(in_use, SigningCertificate.valid_until < now + timedelta(days=days))
        expiring.add_metric([str(days)], session.scalar(ending) or 0)
    yield expiring

    failing = select(func.count()).where(in_use, SigningCertificate.self_check_code.is_not(None))
    yield GaugeMetricFamily(
        "gateway_keys_failing_self_check", "Keys whose last self-check failed", value=session.scalar(failing) or 0
    )
    held = GaugeMetricFamily("gateway_keys_held", "Keys that nobody uses until a person acts", labels=["code"])
    counted_holds = select(SigningCertificate.hold_code, func.count()).where(SigningCertificate.hold_code.is_not(None))
    for code, count in session.execute(counted_holds.group_by(SigningCertificate.hold_code)):
        held.add_metric([str(code)], count)
    yield held


def _outbox(session: Session, now: datetime) -> Iterator[Metric]:
    tasks = GaugeMetricFamily(
        "gateway_outbox_tasks",
        "Tasks: waiting for their time, due, leased by a worker, dead (given up)",
        labels=["kind", "state"],
    )
    state = case(
        (OutboxRow.state == "dead", "dead"),
        (OutboxRow.leased_until >= now, "leased"),
        (OutboxRow.due_at <= now, "due"),
        else_="waiting",
    ).label("state_now")
    oldest = func.min(OutboxRow.due_at, type_=UtcDateTime())
    rows = select(OutboxRow.kind, state, func.count(), oldest).where(OutboxRow.state != "done")
    since = now
    for kind, word, count, oldest_at in session.execute(rows.group_by(OutboxRow.kind, "state_now")):
        tasks.add_metric([kind, word], count)
        since = min(since, oldest_at) if word == "due" else since
    yield tasks
    lag_seconds = (now - since).total_seconds()
    yield GaugeMetricFamily("gateway_outbox_lag_seconds", "Since the oldest task fell due", value=lag_seconds)


def _signing_requests(session: Session) -> Metric:
    requests = GaugeMetricFamily("gateway_signing_requests", "Signing requests", labels=["state"])
    counted = select(SigningRequestRow.state, func.count()).group_by(SigningRequestRow.state)
    for state, count in session.execute(counted):
        requests.add_metric([state], count)
    return requests


def _revocation(session: Session, now: datetime) -> Iterator[Metric]:
    kept = GaugeMetricFamily("gateway_revocation_answers", "Kept answers about revocation", labels=["kind"])
    overdue = GaugeMetricFamily(
        "gateway_revocation_answers_overdue", "Kept answers whose next update is past", labels=["kind"]
    )
    age = GaugeMetricFamily(
        "gateway_revocation_oldest_answer_seconds", "Since the oldest kept answer was fetched", labels=["kind"]
    )
    oldest = func.min(RevocationCacheRow.fetched_at, type_=UtcDateTime())
    late = func.count().filter(RevocationCacheRow.next_update < now)
    rows = select(RevocationCacheRow.kind, func.count(), late, oldest).group_by(RevocationCacheRow.kind)
    for kind, count, late_count, oldest_at in session.execute(rows):
        kept.add_metric([kind], count)
        overdue.add_metric([kind], late_count)
        age.add_metric([kind], max(0.0, (now - oldest_at).total_seconds()))
    yield from (kept, overdue, age)
