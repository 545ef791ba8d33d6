"""Until when the newest archive time-stamp of a document proves anything, and when the next one is due."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from certs.algorithms import AlgorithmTable
from config.confinement import ConfinedRunner
from signing.augmentation.pades_subjects import read_signed_places
from signing.augmentation.stamp_ends import stamp_end
from signing.augmentation.xades_archive import container_provable_until, xml_provable_until
from signing.errors.evidence import NotArchived
from signing.formats.sniff import SignedFormat, sniff_format

ProvableUntil = Callable[[Path, AlgorithmTable], datetime]


def pdf_provable_until(path: Path, algorithms: AlgorithmTable) -> datetime:
    """Return when the newest document time-stamp ends: with its authority's certificate or with its algorithm.

    Runs in the child for untrusted files.

    Raises:
        NotArchived: Nothing but a signature was added last.
        DocumentNotSignable, NothingToAugment: See read_signed_places.
    """
    newest = read_signed_places(path)[-1]
    if not newest.is_timestamp:
        raise NotArchived("the newest signature in the document is not covered by an archive time-stamp")
    return stamp_end(newest.signer.certificate_der, newest.algorithms, algorithms)


PROVABLE_UNTIL: Mapping[SignedFormat, ProvableUntil] = {
    SignedFormat.PADES: pdf_provable_until,
    SignedFormat.XADES: xml_provable_until,
    SignedFormat.ASIC: container_provable_until,
}


def provable_until(path: Path, algorithms: AlgorithmTable, confined: ConfinedRunner) -> datetime:
    """Return until when a document at B-LTA is provable without a further time-stamp.

    Raises:
        NotArchived: It is of a format that cannot be stamped again, or not at B-LTA.
        DocumentNotSignable, ConfinementError: It cannot be read.
    """
    found = sniff_format(path)
    reader = PROVABLE_UNTIL.get(found) if found is not None else None
    if reader is None:
        raise NotArchived(f"files of the format {found or 'unknown'} are not stamped again")
    return confined.run(reader, path, algorithms)


def next_stamp_at(until: datetime, margin: timedelta, now: datetime) -> datetime:
    """Return when the next time-stamp is due: margin before the end, or half-way where less than that is left.

    An authority near its own end gives stamps that begin inside the margin; they would otherwise be renewed at once,
    by the same authority, for ever.
    """
    return max(until - margin, now + max(until - now, timedelta(0)) / 2)
