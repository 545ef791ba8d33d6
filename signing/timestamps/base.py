"""The port to a time-stamping authority."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True)
class TimestampToken:
    """A time-stamp that was checked.

    Attributes:
        der: The token: a CMS ContentInfo.
        gen_time: Aware, UTC.
        accuracy: How far off gen_time may be, as the authority says; None where it says nothing.
        authority_name: As the settings call the authority.
        policy: The OID of the policy under which the authority stamped, in dotted form.
    """

    der: bytes
    gen_time: datetime
    accuracy: timedelta | None
    authority_name: str
    policy: str = ""


class TimestampAuthority(Protocol):
    """Answers for the moment at which a digest existed."""

    @property
    def name(self) -> str:
        """As the settings call it."""
        ...

    def timestamp(
        self, imprint: bytes, digest_algorithm: str, *, timeout_seconds: float | None = None
    ) -> TimestampToken:
        """Return a token over a digest, checked.

        Args:
            imprint: The digest.
            digest_algorithm: As hashlib names it: sha256, sha384 or sha512.
            timeout_seconds: Bounds the whole call, where the caller has less time than the settings give.
        Raises:
            AlgorithmNotAllowed: Another digest algorithm, or an imprint of another length than the algorithm's.
            TimestampUnavailable: No proper answer in time; it may come later.
            TimestampRefused: The authority will not stamp this.
            TimestampNotTrustworthy: The answer is not what was asked for, or cannot be trusted.
        """
        ...
