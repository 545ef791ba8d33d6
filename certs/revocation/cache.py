"""The port behind which fetched evidence is kept by address."""

from datetime import datetime
from typing import Protocol

from certs.revocation.model import EvidenceItem


class RevocationCache(Protocol):
    """Keeps the last good answer of each address. certs.store.CertificateStore is one; MemoryCache another."""

    def find_evidence(self, address: str, kind: str, fetched_since: datetime) -> EvidenceItem | None:
        """Return what was fetched from the address at or after that time."""
        ...

    def keep_evidence(self, address: str, item: EvidenceItem, fetched_at: datetime) -> None:
        """Keep an answer in place of the earlier one from this address."""
        ...


class MemoryCache:
    """A cache for one process: for commands that have no database, and for tests."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[EvidenceItem, datetime]] = {}

    def find_evidence(self, address: str, kind: str, fetched_since: datetime) -> EvidenceItem | None:
        kept = self._kept.get((address, kind))
        return kept[0] if kept is not None and kept[1] >= fetched_since else None

    def keep_evidence(self, address: str, item: EvidenceItem, fetched_at: datetime) -> None:
        self._kept[(address, item.kind)] = (item, fetched_at)
