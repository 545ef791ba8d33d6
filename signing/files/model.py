"""What signing a file takes, and what comes of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from config.confinement import ConfinedRunner
from signing.augmentation.base import AugmentationTools
from signing.key_sources.base import KeySource
from signing.model import Level, SignatureAlgorithm
from signing.policies import signature_algorithm
from signing.timestamps.base import TimestampAuthority
from signing.validation.policy import ValidationPolicy


class Packaging(StrEnum):
    """Where the signed content is: inside the signature file, or a file of its own."""

    ATTACHED = "attached"
    DETACHED = "detached"


@dataclass(frozen=True)
class FileSigner:
    """Who signs.

    Attributes:
        chain_ders: Certificates above the signer's, nearest first; the root may be left out.
        preferred: One of several algorithms that the key can sign with; None takes the policy's choice.
    """

    certificate_der: bytes
    key: KeySource
    chain_ders: tuple[bytes, ...] = ()
    preferred: SignatureAlgorithm | None = None

    @property
    def algorithm(self) -> SignatureAlgorithm:
        """How the key signs.

        Raises:
            AlgorithmNotAllowed: See signing.policies.signature_algorithm.
        """
        chosen = signature_algorithm(self.certificate_der)
        return chosen if self.preferred is None else self.preferred


def _present() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Means:
    """What signing works with besides the key.

    Attributes:
        confined: Runs whatever parses a file that others wrote.
        policy: What the result is checked against before it leaves; time-stamps need its anchors.
        tsa: Needed from B-T on.
        raising: Needed from B-LT on: whom to ask for what makes the signature provable.
        clock: Tells the time when a result is checked, which may be minutes after the claimed one.
    """

    confined: ConfinedRunner
    policy: ValidationPolicy
    tsa: TimestampAuthority | None = None
    raising: AugmentationTools | None = None
    clock: Callable[[], datetime] = _present

    def checking_time(self, claimed: datetime) -> datetime:
        """Return when a result is checked: a stamp that an authority took minutes for is not one from the future."""
        return max(claimed, self.clock())


@dataclass(frozen=True)
class SignedFile:
    """The finished file.

    Attributes:
        signed_at: The time-stamp's time from B-T on, else the time that the signer claims.
        number: Which signer of its signature file the new one is, from 1.
    """

    sha256: str
    size_bytes: int
    signed_at: datetime
    level: Level
    number: int = 1
