"""No time-stamp was had."""

from signing.errors import SigningError


class TimestampError(SigningError):
    """Base: no time-stamp was had."""

    code = "timestamp"


class TimestampUnavailable(TimestampError):
    """The authority did not answer properly within its time; it may later."""

    code = "timestamp-unavailable"


class TimestampRefused(TimestampError):
    """The authority answered that it will not stamp this request."""

    code = "timestamp-refused"


class TimestampNotTrustworthy(TimestampError):
    """The authority's answer is not what was asked for or cannot be trusted.

    Attributes:
        reason: unreadable | nonce | imprint | usage | signature | untrusted | time | policy.
    """

    code = "timestamp-not-trustworthy"

    def __init__(self, message: str, reason: str = "unreadable") -> None:
        super().__init__(message, reason)
        self.reason = reason

    def __str__(self) -> str:
        return str(self.args[0])
