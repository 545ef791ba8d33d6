"""What an operator is told about the certificates in use before it is too late."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from certs.store import CertificateStore

# Days before the end at which a notice is due, each once.
NOTICE_DAYS = (90, 30, 7)


@dataclass(frozen=True)
class ExpiryNotice:
    """A certificate in use that ends within so many days."""

    certificate_id: str
    unit_id: str
    holder_name: str
    role: str
    days: int
    """The threshold that was crossed: 90, 30 or 7."""
    valid_until: datetime


def find_expiry_notices(
    store: CertificateStore, now: datetime, was_given: Callable[[str, int], bool]
) -> tuple[ExpiryNotice, ...]:
    """Return the notices that are due, the most urgent first.

    A certificate that crosses several thresholds at once (added late, or the sweep stood still) gets the nearest alone.

    Args:
        was_given: Whether the notice of a certificate's id for a threshold was given before; whoever gives a notice
            remembers it in the same transaction.
    """
    notices = []
    for row in store.find_expiring(now + timedelta(days=max(NOTICE_DAYS))):
        days = _threshold(row.valid_until - now)
        if days is not None and not was_given(row.id, days):
            notices.append(ExpiryNotice(row.id, row.unit_id, row.holder_name, row.role, days, row.valid_until))
    return tuple(notices)


def _threshold(left: timedelta) -> int | None:
    """Return the nearest threshold that the time left has crossed; an expired certificate stops signing by itself."""
    if left <= timedelta(0):
        return None
    return min((days for days in NOTICE_DAYS if left < timedelta(days=days)), default=None)
