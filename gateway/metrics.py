"""What processes count while they work. Numbers only: no unit, no person and no document is in a label.

Web and worker are several processes. Where PROMETHEUS_MULTIPROC_DIR names a folder that they share, each writes its
numbers there and whoever is asked gives the sum; without it a process knows of itself alone.
"""

import os
import time
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from certs.revocation.fetch import Exchange, ExchangeFailed, Limits
from signing.timestamps.fallback import AuthoritiesInTurn, TimestampAttempt

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180)

TIMESTAMP_ATTEMPTS = Counter(
    "gateway_timestamp_attempts", "Calls to time-stamping authorities by outcome", ["authority", "outcome"]
)
TIMESTAMP_SECONDS = Histogram(
    "gateway_timestamp_seconds", "How long time-stamping authorities took", ["authority"], buckets=SECONDS
)
TIMESTAMP_RESTING = Gauge(
    "gateway_timestamp_authority_resting",
    "1 where some process asks the authority last because it keeps failing",
    ["authority"],
    multiprocess_mode="livemax",
)
REVOCATION_FETCHES = Counter(
    "gateway_revocation_fetches", "Calls to OCSP responders (POST) and CRL addresses (GET)", ["method", "outcome"]
)
REVOCATION_SECONDS = Histogram(
    "gateway_revocation_fetch_seconds", "How long those calls took", ["method"], buckets=SECONDS
)


def count_timestamp_attempt(attempt: TimestampAttempt) -> None:
    """Count one try with one authority."""
    TIMESTAMP_ATTEMPTS.labels(attempt.authority_name, attempt.outcome).inc()
    if attempt.outcome != "busy":
        TIMESTAMP_SECONDS.labels(attempt.authority_name).observe(attempt.seconds)


def note_resting(authorities: AuthoritiesInTurn, attempt: TimestampAttempt) -> None:
    """Note whether the authority that was just asked rests now."""
    TIMESTAMP_RESTING.labels(attempt.authority_name).set(attempt.authority_name in authorities.resting)


class CountedExchange:
    """An exchange that counts what came of each call; see certs.revocation.fetch.Exchange."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def __call__(self, address: str, body: bytes | None, content_type: str | None, limits: Limits) -> bytes:
        method, outcome, started = "GET" if body is None else "POST", "answered", time.perf_counter()
        try:
            return self._exchange(address, body, content_type, limits)
        except ExchangeFailed as failure:
            outcome = failure.code
            raise
        finally:
            REVOCATION_FETCHES.labels(method, outcome).inc()
            REVOCATION_SECONDS.labels(method).observe(time.perf_counter() - started)


def counted_registry() -> CollectorRegistry:
    """Return what all processes counted, or this one where they share no folder."""
    if SHARED_FOLDER not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def forget_dead_processes() -> None:
    """Let gauges of processes that are gone count no longer; counters stay, or sums would go down."""
    folder = os.environ.get(SHARED_FOLDER)
    if folder is None:
        return
    for path in Path(folder).glob("gauge_live*_*.db"):
        pid = path.stem.rpartition("_")[2]
        if pid.isdigit() and not Path("/proc", pid).exists():
            mark_process_dead(int(pid))  # type: ignore[no-untyped-call]
