"""The operators' page about certificates: what ends soon, which keys are held, which fail their self-check."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, cast

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from certs.inventory import NOTICE_DAYS
from certs.model import CertificateState
from certs.store import SigningCertificate
from config.database import UtcDateTime
from gateway.certificate_care import SELF_CHECK_EVERY
from gateway.db.tables.callers import UnitRow
from gateway.pages.key_words import operator_advice, problem_title
from gateway.pages.trust_services import trust_services
from gateway.services import Services
from gateway.web.certificate_views import CertificateLine, CertificatesPage, CheckLine, HeldLine, KeyPlace, Some

ROWS = 50
# A worker that was busy or stopped for a day is no reason to call anybody.
CHECK_OVERDUE = SELF_CHECK_EVERY + timedelta(days=1)
_LASTING = SigningCertificate.state != CertificateState.WITHDRAWN.value
_IN_USE = SigningCertificate.state == CertificateState.ACTIVE.value
_HELD = SigningCertificate.state == CertificateState.HELD.value
_SERVER_SIDE = or_(
    SigningCertificate.key_source_uri.startswith("pkcs11:"), SigningCertificate.key_source_uri.startswith("pkcs12:")
)


def certificates_page(
    services: Services, unit_ids: Sequence[str], days: int, now: datetime, *, whole_city: bool
) -> CertificatesPage:
    """Return the state of the units' certificates; of what serves all units too, where the viewer looks after that.

    Args:
        days: Certificates that end within so many days are listed; those that have ended come first.
    """
    with services.unit_of_work(read_only=True) as work:
        rows = _Rows(work.session, unit_ids, now)
        return CertificatesPage(
            at=now,
            days=days,
            expired=rows.count(_LASTING, SigningCertificate.valid_until <= now),
            expiring=tuple((count, rows.ending_within(count)) for count in sorted(NOTICE_DAYS)),
            ending=rows.ending(days),
            held=rows.held(),
            checks=rows.failing_checks(),
            checked_good=rows.checked_good(),
            services=trust_services(work, services.settings, now) if whole_city else None,
        )


class _Rows:
    """Queries over the certificates of some units at one moment."""

    def __init__(self, session: Session, unit_ids: Sequence[str], now: datetime) -> None:
        self._session = session
        self._ours = SigningCertificate.unit_id.in_(unit_ids)
        self._now = now

    def count(self, *conditions: ColumnElement[bool]) -> int:
        query = select(func.count()).select_from(SigningCertificate).where(self._ours, *conditions)
        return self._session.scalar(query) or 0

    def ending_within(self, days: int) -> int:
        until = SigningCertificate.valid_until
        return self.count(_LASTING, until > self._now, until < self._now + timedelta(days=days))

    def ending(self, days: int) -> Some[CertificateLine]:
        chosen = (_LASTING, SigningCertificate.valid_until < self._now + timedelta(days=days))
        rows = self._first(self._select(*chosen).order_by(SigningCertificate.valid_until))
        return Some(tuple(self._lines(rows)), self.count(*chosen))

    def held(self) -> Some[HeldLine]:
        rows = self._first(self._select(_HELD).order_by(SigningCertificate.held_at.desc()))
        lines = tuple(
            HeldLine(line, problem_title(code), operator_advice(code), row.held_at or self._now, row.held_by)
            for row, line in zip(rows, self._lines(rows), strict=True)
            for code in [row.hold_code or ""]
        )
        return Some(lines, self.count(_HELD))

    def failing_checks(self) -> Some[CheckLine]:
        last = func.coalesce(SigningCertificate.self_checked_at, SigningCertificate.created_at, type_=UtcDateTime())
        overdue = _IN_USE & (last < self._now - CHECK_OVERDUE) & (SigningCertificate.valid_until > self._now)
        wrong = _LASTING & _SERVER_SIDE & or_(SigningCertificate.self_check_code.is_not(None), overdue)
        rows = self._first(self._select(wrong).order_by(SigningCertificate.self_checked_at.desc()))
        lines = tuple(_check_line(row, line) for row, line in zip(rows, self._lines(rows), strict=True))
        return Some(lines, self.count(wrong))

    def checked_good(self) -> int:
        proved = SigningCertificate.self_checked_at.is_not(None) & SigningCertificate.self_check_code.is_(None)
        return self.count(_IN_USE, _SERVER_SIDE, proved)

    def _select(self, *conditions: ColumnElement[bool]) -> Select[SigningCertificate]:
        return select(SigningCertificate).where(self._ours, *conditions)

    def _first(self, query: Select[SigningCertificate]) -> Sequence[SigningCertificate]:
        return self._session.scalars(query.limit(ROWS)).all()

    def _lines(self, rows: Sequence[SigningCertificate]) -> Iterable[CertificateLine]:
        wanted = {row.unit_id for row in rows}
        units = select(UnitRow.id, UnitRow.name).where(UnitRow.id.in_(wanted))
        following = {row.replaced_by for row in rows if row.replaced_by}
        successors = select(SigningCertificate.id, SigningCertificate.holder_name).where(
            SigningCertificate.id.in_(following)
        )
        unit_names = dict(self._session.execute(units).all())
        holder_names = dict(self._session.execute(successors).all())
        return [self._line(row, unit_names, holder_names) for row in rows]

    def _line(
        self, row: SigningCertificate, units: Mapping[str, str], successors: Mapping[str, str]
    ) -> CertificateLine:
        return CertificateLine(
            certificate_id=row.id,
            holder_name=row.holder_name,
            unit_name=units.get(row.unit_id, ""),
            role=cast("Literal['person', 'organisation']", row.role),
            key_place=_place(row.key_source_uri),
            valid_until=row.valid_until,
            days_left=(row.valid_until - self._now).days,
            successor_name=successors.get(row.replaced_by or ""),
        )


def _place(uri: str) -> KeyPlace:
    kind = uri.partition(":")[0]
    return KeyPlace(kind) if kind in set(KeyPlace) else KeyPlace.UNREADABLE


def _check_line(row: SigningCertificate, line: CertificateLine) -> CheckLine:
    code = row.self_check_code
    if code is None:
        return CheckLine(line, row.self_checked_at)
    return CheckLine(line, row.self_checked_at, problem_title(code), operator_advice(code))
