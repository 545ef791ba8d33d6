"""The port behind which each format raises its signatures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from certs.algorithms import AlgorithmTable, shipped_algorithms
from certs.model import TrustAnchor
from certs.revocation.gather import RevocationGatherer
from config.confinement import ConfinedRunner
from signing.augmentation.material import PathMaterial
from signing.model import Level
from signing.timestamps.base import TimestampAuthority


@dataclass(frozen=True)
class AugmentationTools:
    """What raising a signature needs from outside.

    Attributes:
        anchors: Gives the anchors in force at the moment of use.
        confined: Runs the parts that parse the untrusted file.
        clock: Gives the aware time of each step: time-stamps may take minutes.
        password: Opens the file, if it is an encrypted PDF.
    """

    tsa: TimestampAuthority
    gatherer: RevocationGatherer
    anchors: Callable[[], Sequence[TrustAnchor]]
    confined: ConfinedRunner
    clock: Callable[[], datetime]
    algorithms: AlgorithmTable = field(default_factory=shipped_algorithms)
    password: str | None = field(default=None, repr=False)

    @property
    def materials(self) -> PathMaterial:
        """What gathers certificates and revocation answers for the file."""
        return PathMaterial(self.gatherer, self.anchors, self.algorithms)


class Augmenter(Protocol):
    """Raises every signature of a file of one format."""

    def __call__(self, source: Path, target: Path, level: Level, tools: AugmentationTools) -> None:
        """Write the raised file to target; source stays as it is. Whatever fails, there is no target.

        A file at B-LTA already is given one more archive time-stamp, with the material for the one before.

        Args:
            level: Not below B-T.
        Raises:
            NothingToAugment: It carries no signature.
            AlreadyAtLevel: Every signature has this level or a higher one; never for B-LTA.
            SignatureBroken: A signature in it does not hold.
            MaterialError, TimestampError: What is needed from others was not had, or is not sound.
            DocumentNotSignable, ConfinementError: The file cannot be read, or cannot take an addition.
        """
        ...
