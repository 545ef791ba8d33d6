"""Sweeps that look at the clock: what has passed its deadline."""

from datetime import datetime

from gateway.services import Services
from gateway.signing_requests import end_request
from signing.states import RequestState

BATCH = 100


def expire_signing_requests(services: Services, now: datetime) -> None:
    """End the open signing requests whose deadline has passed."""
    with services.unit_of_work() as work:
        expired = work.signing.expired(now, BATCH)
        for row in expired:
            end_request(work, row, RequestState.EXPIRED, "system:clock", "the deadline passed", now)
        if expired:
            work.commit()
