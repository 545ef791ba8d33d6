"""What the operators' page about certificates and trust shows, as plain frozen values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, Literal, TypeVar

from gateway.web.view_models import Text

Line = TypeVar("Line")


class KeyPlace(StrEnum):
    """Where a certificate's key is; UNREADABLE where its address says nothing that is known here."""

    FILE = "pkcs12"
    TOKEN = "pkcs11"  # noqa: S105 - a kind of key source
    DESK = "desk"
    REMOTE = "csc"
    UNREADABLE = "unreadable"


class ServiceState(StrEnum):
    """How a service outside, or what is kept of it, is doing."""

    GOOD = "good"
    FAILING = "failing"
    OVERDUE = "overdue"
    UNKNOWN = "unknown"


class ListState(StrEnum):
    """Where a trusted list stands."""

    IN_FORCE = "in-force"
    OVERDUE = "overdue"
    REFUSED = "refused"
    """A newer version was refused; the one before it serves on."""
    WAITING = "waiting"
    """For the second person."""


@dataclass(frozen=True)
class CertificateLine:
    """A certificate of the inventory; days_left is negative once it has expired."""

    certificate_id: str
    holder_name: str
    unit_name: str
    role: Literal["person", "organisation"]
    key_place: KeyPlace
    valid_until: datetime
    days_left: int
    successor_name: str | None = None


@dataclass(frozen=True)
class HeldLine:
    """A key that nobody uses until a person acts; held_by is that person where one decided it."""

    certificate: CertificateLine
    reason: Text
    advice: Text
    held_at: datetime
    held_by: str | None = None


@dataclass(frozen=True)
class CheckLine:
    """A key whose last self-check failed, or is overdue (problem None); checked_at None where there was none yet."""

    certificate: CertificateLine
    checked_at: datetime | None
    problem: Text | None = None
    advice: Text | None = None


@dataclass(frozen=True)
class AuthorityLine:
    """A time-stamping authority as the workers met it last; seconds is how long its newest answer took."""

    name: str
    state: ServiceState
    asked_at: datetime | None = None
    stamped_at: datetime | None = None
    failing_since: datetime | None = None
    seconds: float | None = None
    problem: Text | None = None


@dataclass(frozen=True)
class AnswerLine:
    """What is kept of one address's answers about revocation.

    fetched_at and age_seconds are the newest answer's, next_update the latest: where that is past, the address has
    given nothing new in time.
    """

    address: str
    kind: Literal["crl", "ocsp"]
    answers: int
    size_bytes: int
    fetched_at: datetime
    age_seconds: int
    next_update: datetime | None
    state: ServiceState


@dataclass(frozen=True)
class ListLine:
    """A trusted list and its version in force; number 0 where none was accepted yet."""

    name: str
    territory: str
    number: int
    state: ListState
    issued_at: datetime | None
    next_update: datetime | None
    checked_at: datetime | None
    problem: Text | None = None


@dataclass(frozen=True)
class Some(Generic[Line]):
    """The most urgent lines, and how many there are in all."""

    lines: tuple[Line, ...]
    total: int

    @property
    def left_out(self) -> int:
        """How many are not shown."""
        return self.total - len(self.lines)


@dataclass(frozen=True)
class TrustServices:
    """What serves the whole city, for those who look after it."""

    authorities: tuple[AuthorityLine, ...]
    answers: Some[AnswerLine]
    lists: tuple[ListLine, ...]


@dataclass(frozen=True)
class CertificatesPage:
    """The state of certificates and trust at a moment.

    expired and expiring (by days: 7, 30, 90) count certificates that are not withdrawn; days is the longest time left
    of those that are listed. services is None for people of a single unit.
    """

    at: datetime
    days: int
    expired: int
    expiring: tuple[tuple[int, int], ...]
    ending: Some[CertificateLine]
    held: Some[HeldLine]
    checks: Some[CheckLine]
    checked_good: int
    services: TrustServices | None = None
