"""Several time-stamping authorities, asked one after the other until one gives a token that holds."""

from collections.abc import Sequence

from signing.errors import TimestampError, TimestampUnavailable
from signing.timestamps.base import TimestampAuthority, TimestampToken


class AuthoritiesInOrder:
    """Asks the first authority, and the next only when one fails or its answer cannot be trusted."""

    def __init__(self, authorities: Sequence[TimestampAuthority]) -> None:
        self._authorities = tuple(authorities)

    def timestamp(self, imprint: bytes, digest_algorithm: str) -> TimestampToken:
        """Return the first token that holds.

        Raises:
            TimestampUnavailable: No authority is set.
            TimestampError: What the last authority failed with, where all failed.
        """
        failure: TimestampError = TimestampUnavailable("no time-stamping authority is set")
        for authority in self._authorities:
            try:
                return authority.timestamp(imprint, digest_algorithm)
            except TimestampError as error:
                failure = error
        raise failure
