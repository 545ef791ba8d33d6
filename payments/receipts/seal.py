"""The seal as receipts need it: a Protocol that the gateway fills in with the unit's signing certificate."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class SealedFile:
    """What sealing made; sealed_by is the name in the certificate."""

    sha256: str
    size_bytes: int
    sealed_by: str
    sealed_at: datetime


class Seal(Protocol):
    """Seals one PDF."""

    def seal_pdf(self, source: Path, target: Path) -> SealedFile:
        """Write the sealed revision of source to target; raises the signing side's own errors."""
        ...
