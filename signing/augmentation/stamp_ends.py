"""When one time-stamp stops proving anything by itself."""

from datetime import UTC, datetime, time

from cryptography import x509

from certs.algorithms import AlgorithmTable, AlgorithmUse
from certs.key_descriptions import UsedAlgorithms


def stamp_end(certificate_der: bytes, used: UsedAlgorithms, algorithms: AlgorithmTable) -> datetime:
    """Return when a time-stamp stops proving anything by itself: with its certificate or the first of its algorithms.

    Args:
        used: Those of the token: its digests and its authority's key.
    """
    ends = x509.load_der_x509_certificate(certificate_der).not_valid_after_utc
    last_day = algorithms.last_day(used, AlgorithmUse.TIMESTAMP)
    if last_day is None:
        return ends
    return min(ends, datetime.combine(last_day, time.max, UTC))
