"""Further revisions of a PDF: validation material, and document time-stamps over all that stands before."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from config.confinement import ConfinedRunner
from signing.formats.pdf.complete import check_prepared, complete_pdf
from signing.formats.pdf.long_term import (
    DocumentTimestampOrder,
    SignatureMaterial,
    prepare_document_timestamp,
    write_material,
)
from signing.timestamps.base import TimestampAuthority, TimestampToken

# Tokens with their certificates take 2 to 7 KiB; the file holds what is left over as zeros.
TIMESTAMP_ROOM_BYTES = 12 * 1024
DIGEST_ALGORITHM = "sha256"


@dataclass(frozen=True)
class StampedRevision:
    """A document time-stamp that was made: its field and its token."""

    field_name: str
    token: TimestampToken


def add_material(
    path: Path, materials: Sequence[SignatureMaterial], confined: ConfinedRunner, password: str | None = None
) -> None:
    """Give the file at path one more revision with the material (B-LT); whatever fails, it stays as it was.

    Raises:
        DocumentNotSignable, ConfinementError: The file cannot take it.
    """
    raised = _beside(path)
    confined.run(write_material, path, raised, tuple(materials), password)
    raised.replace(path)


def add_document_timestamp(
    path: Path,
    materials: Sequence[SignatureMaterial],
    tsa: TimestampAuthority,
    confined: ConfinedRunner,
    password: str | None = None,
) -> StampedRevision:
    """Give the file at path one more revision: the material, covered by a document time-stamp (B-LTA).

    Whatever fails, the file stays as it was.

    Raises:
        DocumentNotSignable, ConfinementError: The file cannot take it.
        TimestampError: No time-stamp was had.
        SignatureDoesNotFit: The token is larger than any that we know of.
    """
    raised = _beside(path)
    order = DocumentTimestampOrder(DIGEST_ALGORITHM, TIMESTAMP_ROOM_BYTES, tuple(materials), password)
    try:
        prepared = confined.run(prepare_document_timestamp, path, raised, order)
        check_prepared(path, prepared)
        token = tsa.timestamp(prepared.digest, prepared.digest_algorithm)
        complete_pdf(prepared, token.der)
        raised.replace(path)
    finally:
        raised.unlink(missing_ok=True)
    return StampedRevision(prepared.field_name, token)


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.raised")
