"""Writes one signed revision: directly where the file is plain enough to be sure of, else the library's way."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from config.confinement import ConfinedRunner
from signing.formats.pdf.complete import check_prepared, complete_pdf
from signing.formats.pdf.direct.append import append_revision, read_original, revision_digest
from signing.formats.pdf.direct.doubt import NotSure
from signing.formats.pdf.direct.plan import plan_revision
from signing.formats.pdf.direct.proved import PROVED
from signing.formats.pdf.prepare import PdfSignatureOrder, PreparedRevision, prepare_pdf
from signing.model import Rectangle

MakeCms = Callable[[bytes], bytes]
"""Turns the digest of everything but the gap into a finished CMS; called once, and only when all else is ready."""


@dataclass(frozen=True)
class WrittenRevision:
    """A signed file.

    Attributes:
        rectangle: In the page's own coordinates; None when invisible.
    """

    sha256: bytes
    size_bytes: int
    field_name: str
    page_index: int | None
    rectangle: Rectangle | None


def write_signed_revision(
    source: Path,
    target: Path,
    order: PdfSignatureOrder,
    make_cms: MakeCms,
    confined: ConfinedRunner,
    look_at: Callable[[bytes], None],
) -> WrittenRevision:
    """Write source plus one signed revision to target.

    Args:
        look_at: Called first, with the SHA-256 of source; may refuse it.
    Raises:
        DocumentNotSignable, PlacementError, PictureUnusable: make_cms was not called.
        RevisionAltered, SignatureDoesNotFit, ConfinementError: As they say; what is in target is of no use.
    """
    original = read_original(source, order.digest_algorithm)
    look_at(original.sha256)
    planned = confined.run(plan_revision, source, order, PROVED.knows(original.sha256))
    if isinstance(planned, NotSure):
        return _by_library(confined.run(prepare_pdf, source, target, order), source, make_cms)
    digest = revision_digest(original, planned)
    PROVED.remember(original.sha256)
    sha256, size_bytes = append_revision(original, planned, make_cms(digest), target)
    # A whole document and a revision of our own are a whole document.
    PROVED.remember(sha256)
    return WrittenRevision(sha256, size_bytes, planned.field_name, planned.page_index, planned.rectangle)


def _by_library(prepared: PreparedRevision, source: Path, make_cms: MakeCms) -> WrittenRevision:
    check_prepared(source, prepared)
    complete_pdf(prepared, make_cms(prepared.digest))
    with prepared.path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").digest()
        size_bytes = file.tell()
    return WrittenRevision(sha256, size_bytes, prepared.field_name, prepared.page_index, prepared.rectangle)
