"""Adds an incremental revision with a signature that waits for its CMS. Runs in the child for untrusted files."""

import dataclasses
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from signing.appearance.mark import make_mark
from signing.appearance.style import DrawnStamp
from signing.errors import DocumentCertifiedAgainstChanges, PageNotAddable, SigningError
from signing.formats.pdf.marks import add_page, dictionary, write_appearance
from signing.formats.pdf.signed_fields import SignedField, certification_level, signed_fields
from signing.formats.pdf.spots import Spot, find_spot
from signing.formats.pdf.structure import as_refusal, check_whole, entry, open_strictly, resolved
from signing.model import Invisible, Placement, Rectangle

# Shown by every viewer beside a signature, so it is the wall clock of the city and not the server's.
VIETNAM_TIME = timezone(timedelta(hours=7))


@dataclass(frozen=True)
class PdfSignatureOrder:
    """What one signature is to look like in the file.

    Attributes:
        image_png, stamp: One of them is needed unless the placement is Invisible; a stamp goes before a picture.
        claimed_at: Aware time for /M.
        bytes_reserved: Room for the CMS in bytes (the file holds twice as many, in hex).
    """

    placement: Placement
    signer_name: str
    claimed_at: datetime
    digest_algorithm: str
    bytes_reserved: int
    image_png: bytes | None = None
    stamp: DrawnStamp | None = None
    reason: str | None = None


@dataclass(frozen=True)
class PreparedRevision:
    """A file that waits for its CMS.

    Attributes:
        digest: Over everything but the gap.
        gap_start, gap_end: Offsets of the gap: its "<", and the byte after its ">".
        rectangle: In the page's own coordinates; None when invisible.
    """

    path: Path
    digest: bytes
    digest_algorithm: str
    gap_start: int
    gap_end: int
    field_name: str
    page_index: int | None
    rectangle: Rectangle | None


def prepare_pdf(source: Path, target: Path, order: PdfSignatureOrder) -> PreparedRevision:
    """Copy source to target and append one revision: field, picture, and a signature with an empty gap.

    The source's bytes stay as they are, so earlier signatures hold. Whatever fails, target is removed.

    Raises:
        DocumentNotSignable: One of its kinds says why the file cannot be signed.
        PlacementError: One of its kinds says why the picture finds no place.
        PictureUnusable: The picture is missing or bad.
    """
    try:
        shutil.copyfile(source, target)
        with target.open("r+b") as stream:
            reader = open_strictly(stream)
            page_count = check_whole(reader, target)
            fields = signed_fields(reader)
            spot = _find_spot(reader, target, page_count, fields, order)
            _refuse_certified(reader, visible=spot is not None)
            return _write_revision(reader, target, order, spot, free_field_name(reader, "Signature"))
    except SigningError:
        target.unlink(missing_ok=True)
        raise
    except Exception as error:
        target.unlink(missing_ok=True)
        raise as_refusal(error) from error


def _refuse_certified(reader: PdfFileReader, *, visible: bool) -> None:
    level = certification_level(reader)
    if level == 1:
        raise DocumentCertifiedAgainstChanges("a certification signature forbids any change")
    if level is not None and visible:
        # Viewers and validators accept a new invisible field after certification, but no new mark on a page.
        raise DocumentCertifiedAgainstChanges("a certification signature forbids new visible fields")


def free_field_name(reader: PdfFileReader, stem: str) -> str:
    """Return stem with the first number that no field of the form carries."""
    form = entry(reader.root, "/AcroForm")
    taken = {entry(field, "/T") for field in resolved(entry(form, "/Fields"))}
    number = 1
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"


def _find_spot(
    reader: PdfFileReader, path: Path, page_count: int, fields: list[SignedField], order: PdfSignatureOrder
) -> Spot | None:
    if isinstance(order.placement, Invisible):
        return None
    spot = find_spot(path, page_count, fields, order.placement, make_mark(order.image_png, order.stamp))
    if spot.new_page is not None and (fields or certification_level(reader) is not None):
        raise PageNotAddable("the document is signed already, and a new page would break those signatures")
    return spot


def _write_revision(
    reader: PdfFileReader, target: Path, order: PdfSignatureOrder, spot: Spot | None, field_name: str
) -> PreparedRevision:
    writer = IncrementalPdfFileWriter.from_reader(reader)
    if spot is not None and spot.new_page is not None:
        add_page(writer, spot.new_page)
    # pyHanko says whole numbers and takes any: a page's points have parts.
    box: Any = dataclasses.astuple(spot.rectangle) if spot else None
    embedder = PdfCMSEmbedder(
        SigFieldSpec(
            field_name,
            on_page=spot.page_index if spot else 0,
            box=box,
        )
    )
    steps = embedder.write_cms(field_name, writer)
    field = next(steps).get_object()
    if spot:
        field["/AP"] = dictionary({"/N": write_appearance(writer, spot)})
    placeholder = SignatureObject(
        timestamp=order.claimed_at.astimezone(VIETNAM_TIME),
        subfilter=SigSeedSubFilter.PADES,
        name=order.signer_name,
        reason=order.reason,
        bytes_reserved=2 * order.bytes_reserved,
    )
    steps.send(SigObjSetup(sig_placeholder=placeholder))
    prepared, stream = steps.send(SigIOSetup(md_algorithm=order.digest_algorithm, in_place=True))
    stream.flush()
    return PreparedRevision(
        path=target,
        digest=prepared.document_digest,
        digest_algorithm=order.digest_algorithm,
        gap_start=prepared.reserved_region_start,
        gap_end=prepared.reserved_region_end,
        field_name=field_name,
        page_index=spot.page_index if spot else None,
        rectangle=spot.rectangle if spot else None,
    )
