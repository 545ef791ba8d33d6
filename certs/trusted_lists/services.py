"""From a list's services to trust anchors by purpose and moment."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from certs.errors import CertificateUnreadable
from certs.model import Purpose, TrustAnchor
from certs.names import parse_certificate
from certs.trusted_lists.model import StatusPeriod, TrustedList, TrustService
from certs.trusted_lists.names import CA_SERVICES, GOOD_STATUSES, MARKS_OF_PURPOSE, TSA_SERVICES


@dataclass(frozen=True)
class ListedAnchor:
    """An anchor that a list vouches for, and whose it is."""

    anchor: TrustAnchor
    provider_name: str
    service_name: str


def listed_anchors(content: TrustedList, purposes: Collection[Purpose]) -> tuple[ListedAnchor, ...]:
    """Return the anchors that a list gives for some purposes, each for the time for which its status was good.

    A service that is known by no readable certificate gives none. Periods that follow each other without a gap are one.

    Args:
        purposes: For what the operator trusts this list.
    Source: ETSI TS 119 612 V2.3.1, 5.5.3 to 5.5.5 and 5.6.
    """
    return tuple(one for service in content.services for one in _anchors(service, purposes))


def _anchors(service: TrustService, purposes: Collection[Purpose]) -> Iterator[ListedAnchor]:
    certificates = [der for der in dict.fromkeys(service.certificates_der) if _readable(der)]
    for purpose in purposes:
        for begins, ends in _good_times(service.periods, purpose):
            for der in certificates:
                yield ListedAnchor(TrustAnchor(der, purpose, begins, ends), service.provider_name, service.name)


def _good_times(periods: tuple[StatusPeriod, ...], purpose: Purpose) -> Iterator[tuple[datetime, datetime | None]]:
    """Return from when until when a service was good for a purpose, the earliest first."""
    begins: datetime | None = None
    oldest_first = periods[::-1]
    for period, following in pairwise((*oldest_first, None)):
        if period is None:
            continue
        good = _serves(period, purpose)
        if good and begins is None:
            begins = period.starts_at
        if begins is not None and not good:
            if begins < period.starts_at:
                yield begins, period.starts_at
            begins = None
        if begins is not None and following is None:
            yield begins, None


def _serves(period: StatusPeriod, purpose: Purpose) -> bool:
    if period.status_uri not in GOOD_STATUSES:
        return False
    if purpose is Purpose.TSA:
        return period.type_uri in TSA_SERVICES
    marks = MARKS_OF_PURPOSE.get(purpose, frozenset())
    return period.type_uri in CA_SERVICES and (not period.marks or not marks.isdisjoint(period.marks))


def _readable(der: bytes) -> bool:
    try:
        parse_certificate(der)
    except CertificateUnreadable:
        return False
    return True
