"""Several authorities in the order of preference, so that one that is out of order does not stop the signing."""

from collections.abc import Sequence

from signing.errors import TimestampError, TimestampUnavailable
from signing.timestamps.base import TimestampAuthority, TimestampToken


class AuthoritiesInTurn:
    """Asks each authority once, in order, until one gives a good token.

    If none does, the call is worth repeating as soon as one of them merely did not answer.
    """

    def __init__(self, authorities: Sequence[TimestampAuthority]) -> None:
        self._authorities = tuple(authorities)

    def timestamp(self, imprint: bytes, digest_algorithm: str) -> TimestampToken:
        failures: list[TimestampError] = []
        for authority in self._authorities:
            try:
                return authority.timestamp(imprint, digest_algorithm)
            except TimestampError as error:
                failures.append(error)
        unavailable = [error for error in failures if isinstance(error, TimestampUnavailable)]
        if unavailable or not failures:
            raise TimestampUnavailable("; ".join(map(str, failures)) or "no time-stamping authority is set")
        raise failures[0]
