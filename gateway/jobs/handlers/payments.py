"""The sweeps that find money whose news was lost."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from gateway.callbacks.payments import settle_kept
from gateway.payment_events import recorder
from gateway.services import Services
from payments.journeys import expire_orders, query_stale, send_refunds
from payments.store.tables import ProviderCallbackRow

log = structlog.get_logger()
# A call that was kept but not settled for this long was cut off by a fault of ours.
UNSETTLED_AFTER = timedelta(seconds=30)
BATCH = 50


def settle_forgotten_callbacks(services: Services, now: datetime) -> None:
    """Settle calls that were kept but never settled: the citizen whose news we lost is found by us."""
    with services.unit_of_work(read_only=True) as work:
        forgotten = work.payments.callbacks.unsettled(now - UNSETTLED_AFTER, BATCH)
        names = {found: work.session.get_one(ProviderCallbackRow, found).provider for found in forgotten}
    for callback_id in forgotten:
        try:
            settle_kept(services, services.providers.named(names[callback_id]), callback_id, now)
        except SQLAlchemyError:
            raise
        except Exception:
            # One call that cannot be settled, of a provider that is no longer set, say, must not hide those after it.
            log.exception("a kept callback could not be settled", callback_id=callback_id)


def ask_about_silent_attempts(services: Services, now: datetime) -> None:
    """Ask providers about attempts of which nothing final is known."""
    query_stale(services.unit_of_work, services.providers.named, now=now)


def send_due_refunds(services: Services, now: datetime) -> None:
    """Send approved refunds and ask about those under way."""
    send_refunds(services.unit_of_work, services.providers.named, now=now)


def close_expired_orders(services: Services, now: datetime) -> None:
    """Close fee orders whose time is over and for which no money can be under way."""
    with services.unit_of_work() as work:
        if expire_orders(work.payments, now=now, record=recorder(work, "system:clock", now)):
            work.commit()
