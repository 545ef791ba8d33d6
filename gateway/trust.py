"""Trust as the database holds it, and revocation answers kept for every worker."""

from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO

from certs.model import Purpose, TrustAnchor
from certs.revocation.crl import find_bytes
from certs.revocation.fetch import ExchangeFailed, HttpExchange, Limits
from certs.revocation.gather import GatherLimits, RevocationGatherer
from certs.revocation.model import EvidenceItem, RevocationRules
from gateway.blobs import BlobMissing
from gateway.metrics import CountedExchange
from gateway.services import Services
from signing.augmentation.material import PathMaterial

QUICK_SECONDS = 5.0
BLOB_FOLDER = "revocation"
ROW_SIZE_BYTES = 64 * 1024
PREFETCHED_AGE = timedelta(hours=1)


class SharedRevocationCache:
    """Kept answers in the database, large ones among the blobs; each read or written in a moment of its own.

    No transaction stays open while a responder is asked or a blob moved: on SQLite it would hold every other writer up.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._blobs = services.blobs.below(BLOB_FOLDER)

    def find_evidence(self, address: str, kind: str, fetched_since: datetime) -> EvidenceItem | None:
        """Return what was fetched from the address at or after that time; nothing where its blob is gone."""
        with self._services.unit_of_work(read_only=True) as work:
            row = work.certificates.find_kept(address, kind, fetched_since)
            if row is None:
                return None
            kept = EvidenceItem(row.kind, row.der, row.source, row.this_update, row.next_update)
            blob = row.blob_sha256
        if blob is None:
            return kept
        der = find_bytes(blob) or self._read(blob)
        return None if der is None else replace(kept, der=der)

    def _read(self, sha256: str) -> bytes | None:
        try:
            with self._blobs.local(sha256) as path:
                return path.read_bytes()
        except BlobMissing:
            return None

    def keep_evidence(self, address: str, item: EvidenceItem, fetched_at: datetime) -> None:
        """Keep an answer in place of the earlier one from this address."""
        blob = None
        if len(item.der) > ROW_SIZE_BYTES:
            blob = self._blobs.put_stream(BytesIO(item.der), len(item.der)).sha256
        with self._services.unit_of_work() as work:
            replaced = work.certificates.keep_evidence(address, item, fetched_at, blob)
            work.commit()
        if replaced is not None and replaced != blob:
            # Whoever reads it at this moment finds nothing kept, and asks.
            self._blobs.remove(replaced)


def revocation_gatherer(services: Services, *, anew: bool = False) -> RevocationGatherer:
    """Return what asks OCSP responders and CRL addresses within the limits of the settings.

    Args:
        anew: Ask whatever is kept and whoever was silent a moment ago; what comes is kept.
    """
    settings = services.settings.revocation
    limits = GatherLimits(
        total_timeout_seconds=3 * settings.timeout_seconds,
        each_timeout_seconds=settings.timeout_seconds,
        crl_max_size_bytes=settings.answer_size_bytes,
        max_age=timedelta(seconds=0 if anew else settings.kept_answer_seconds),
    )
    exchange = CountedExchange(HttpExchange(services.address_guard)) if anew else services.revocation_exchange
    return RevocationGatherer(exchange, SharedRevocationCache(services), limits, revocation_rules(services))


def prefetching_gatherer(services: Services, renew_before: timedelta) -> RevocationGatherer:
    """Return what asks where kept answers end soon; a list fetched within the hour serves all its certificates."""
    settings = services.settings.revocation
    limits = GatherLimits(
        total_timeout_seconds=3 * settings.timeout_seconds,
        each_timeout_seconds=settings.timeout_seconds,
        crl_max_size_bytes=settings.answer_size_bytes,
        max_age=PREFETCHED_AGE,
        renew_before=renew_before,
    )
    cache, rules = SharedRevocationCache(services), revocation_rules(services)
    return RevocationGatherer(services.revocation_exchange, cache, limits, rules)


def quick_revocation(services: Services) -> RevocationGatherer:
    """Return what asks for a moment only: while a time-stamp is waited for, whose authority may be replaced."""
    settings = services.settings.revocation
    limits = GatherLimits(
        total_timeout_seconds=QUICK_SECONDS,
        each_timeout_seconds=QUICK_SECONDS / 2,
        crl_max_size_bytes=settings.answer_size_bytes,
        max_age=timedelta(seconds=settings.kept_answer_seconds),
    )
    cache, rules = SharedRevocationCache(services), revocation_rules(services)
    return RevocationGatherer(services.revocation_exchange, cache, limits, rules)


def revocation_rules(services: Services) -> RevocationRules:
    """Return the rules of the settings for judging by evidence."""
    settings = services.settings.revocation
    age = settings.evidence_age_seconds
    return RevocationRules(
        max_age=timedelta(seconds=age) if age else None,
        next_update_required=settings.next_update_required,
        soft_fail=frozenset(map(Purpose, settings.soft_fail)),
        nonce_required=settings.nonce_required,
    )


def material_gatherer(services: Services) -> PathMaterial:
    """Return what gathers the material of signatures that are to stay provable."""
    return PathMaterial(revocation_gatherer(services), lambda: trust_anchors(services), services.algorithms)


def kept_revocation(services: Services) -> RevocationGatherer:
    """Return what judges by kept answers alone, however old their fetching is: it never asks anybody."""
    limits, rules = GatherLimits(max_age=timedelta(days=3650)), revocation_rules(services)
    return RevocationGatherer(_ask_nobody, SharedRevocationCache(services), limits, rules)


def _ask_nobody(address: str, body: bytes | None, content_type: str | None, limits: Limits) -> bytes:
    raise ExchangeFailed("not-asked")


def trust_anchors(services: Services, purpose: Purpose | None = None) -> tuple[TrustAnchor, ...]:
    """Return the anchors of one purpose, or all under which signatures and time-stamps may stand."""
    with services.unit_of_work(read_only=True) as work:
        return work.anchors(purpose)
