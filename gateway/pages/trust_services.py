"""What certificates lean on outside: time-stamping authorities, answers about revocation, trusted lists."""

from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import case, func, select

from certs.store import RevocationCacheRow
from certs.trusted_lists.store import ListState as StoredState
from certs.trusted_lists.store import TrustedListRow
from config.database import UtcDateTime
from config.settings import Settings
from gateway.db.tables.authorities import AuthorityHealthRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.pages.key_words import problem_title
from gateway.web.certificate_views import (
    AnswerLine,
    AuthorityLine,
    ListLine,
    ListState,
    ServiceState,
    Some,
    TrustServices,
)

ROWS = 20
# An address that nobody had to ask for so long is of no certificate in use.
STILL_OF_INTEREST = timedelta(days=30)
QUESTION_CHARACTERS = len("#") + 64


def trust_services(work: UnitOfWork, settings: Settings, now: datetime) -> TrustServices:
    """Return how all of it is doing, as it stands in the database: nobody outside is asked for a page."""
    return TrustServices(
        authorities=_authorities(work, settings),
        answers=_answers(work, now),
        lists=tuple(_list(row, now) for row in work.trusted_lists.list() if row.state != StoredState.ENDED),
    )


def _authorities(work: UnitOfWork, settings: Settings) -> tuple[AuthorityLine, ...]:
    known = {row.name: row for row in work.session.scalars(select(AuthorityHealthRow))}
    names = [authority.name for authority in settings.timestamp_authorities]
    return tuple(_authority(name, known.get(name)) for name in names)


def _authority(name: str, row: AuthorityHealthRow | None) -> AuthorityLine:
    if row is None:
        return AuthorityLine(name, ServiceState.UNKNOWN)
    state = ServiceState.GOOD if row.failing_since is None else ServiceState.FAILING
    problem = problem_title(row.problem_code) if row.problem_code else None
    return AuthorityLine(name, state, row.asked_at, row.stamped_at, row.failing_since, row.seconds, problem)


def _answers(work: UnitOfWork, now: datetime) -> Some[AnswerLine]:
    """Return each address with what is kept of it, those that are overdue first."""
    kept = RevocationCacheRow
    # An OCSP answer is kept under its responder's address and the digest of the question.
    responder = func.substr(kept.address, 1, func.length(kept.address) - QUESTION_CHARACTERS)
    address = case((kept.kind == "ocsp", responder), else_=kept.address).label("source_address")
    newest = func.max(kept.fetched_at, type_=UtcDateTime()).label("newest")
    latest = func.max(kept.next_update, type_=UtcDateTime()).label("latest")
    query = (
        select(address, kept.kind, func.count(), func.sum(kept.size_bytes), newest, latest)
        .where(kept.fetched_at > now - STILL_OF_INTEREST)
        .group_by("source_address", kept.kind)
    )
    lines = [
        _answer(source, kind, count, size_bytes, fetched_at, next_update, now)
        for source, kind, count, size_bytes, fetched_at, next_update in work.session.execute(query)
    ]
    lines.sort(key=lambda line: (line.state is not ServiceState.OVERDUE, -line.age_seconds, line.address))
    return Some(tuple(lines[:ROWS]), len(lines))


def _answer(
    address: str,
    kind: Literal["crl", "ocsp"],
    count: int,
    size_bytes: int,
    fetched_at: datetime,
    next_update: datetime | None,
    now: datetime,
) -> AnswerLine:
    overdue = next_update is not None and next_update < now
    state = ServiceState.OVERDUE if overdue else ServiceState.GOOD
    age_seconds = max(0, int((now - fetched_at).total_seconds()))
    return AnswerLine(address, kind, count, int(size_bytes), fetched_at, age_seconds, next_update, state)


def _list(row: TrustedListRow, now: datetime) -> ListLine:
    problem = problem_title(row.problem_code) if row.problem_code else None
    return ListLine(
        name=row.operator_name,
        territory=row.territory,
        number=row.sequence_number,
        state=_list_state(row, now),
        issued_at=row.issued_at,
        next_update=row.next_update,
        checked_at=row.checked_at,
        problem=problem,
    )


def _list_state(row: TrustedListRow, now: datetime) -> ListState:
    if row.state == StoredState.PROPOSED:
        return ListState.WAITING
    if row.next_update is not None and row.next_update <= now:
        return ListState.OVERDUE
    return ListState.REFUSED if row.problem_code else ListState.IN_FORCE
