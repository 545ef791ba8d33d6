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


@dataclass(frozen=True)
class XmlSealPlace:
    """Where the seal stands in a receipt's XML, and what it is over.

    Attributes:
        signed_id: Identifier of the element that is sealed; exactly one element has it.
        path: A location path to the one element whose last child the signature becomes.
        namespaces: The prefixes of the path.
    """

    signed_id: str
    path: str
    namespaces: tuple[tuple[str, str], ...] = ()


class Seal(Protocol):
    """The unit's seal; both ways raise the signing side's own errors."""

    def seal_pdf(self, source: Path, target: Path) -> SealedFile:
        """Write the sealed revision of source to target."""
        ...

    def seal_xml(self, source: Path, target: Path, place: XmlSealPlace) -> SealedFile:
        """Write source with the seal in it to target, no other byte changed."""
        ...
