"""When a provider is asked about an attempt of which nothing final is known."""

from datetime import datetime, timedelta
from typing import Final

# Minutes between one query and the next; the last holds until the attempt is given up.
QUERY_MINUTES: Final = (1, 2, 5, 15, 60)
GIVE_UP_AFTER: Final = timedelta(days=3)
# And never before so many queries: a worker that stood still, or news that came late, must not end an attempt unasked.
LEAST_QUERIES: Final = 5
# Banks take weeks to credit a card.
REFUND_GIVE_UP_AFTER: Final = timedelta(days=30)
# After this much time past its end, an attempt that the provider has never heard of was never paid.
NEVER_PAID_AFTER: Final = timedelta(minutes=15)


def next_refund_query_at(query_count: int, sent_at: datetime, now: datetime) -> datetime | None:
    """Return when a refund is asked about again: as attempts are for three days, then daily; None after a month."""
    if now > sent_at + REFUND_GIVE_UP_AFTER:
        return None
    if now > sent_at + GIVE_UP_AFTER:
        return now + timedelta(days=1)
    return next_query_at(query_count - 1, now)


def first_query_at(now: datetime, *, can_query: bool) -> datetime:
    """Return when an attempt that starts now is first asked about, or given up where nobody can be asked."""
    return now + timedelta(minutes=QUERY_MINUTES[0]) if can_query else now + GIVE_UP_AFTER


def next_query_at(query_count: int, now: datetime) -> datetime:
    """Return when an attempt is asked about again after this many queries."""
    return now + timedelta(minutes=QUERY_MINUTES[min(query_count, len(QUERY_MINUTES) - 1)])
