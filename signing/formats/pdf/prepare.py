"""Adds an incremental revision with a signature that waits for its CMS. Runs in the child for untrusted files."""

import dataclasses
import math
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pypdfium2
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.images import pil_image
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from signing.appearance.picture import Picture, read_picture
from signing.errors import (
    AnchorSignatureNotFound,
    DocumentCertifiedAgainstChanges,
    PictureUnusable,
    SigningError,
)
from signing.formats.pdf.geometry import PageView
from signing.formats.pdf.placement import place_between, place_inside, place_over
from signing.formats.pdf.signed_fields import SignedField, certification_level, signed_fields
from signing.formats.pdf.structure import as_refusal, check_whole, entry, open_strictly, resolved
from signing.formats.pdf.text_anchor import page_indexes, read_page_text, read_page_view
from signing.model import BetweenText, Invisible, OverSignature, PageRectangle, Placement, Rectangle

# Shown by every viewer beside a signature, so it is the wall clock of the city and not the server's.
VIETNAM_TIME = timezone(timedelta(hours=7))


@dataclass(frozen=True)
class PdfSignatureOrder:
    """What one signature is to look like in the file.

    Attributes:
        image_png: The picture; needed unless the placement is Invisible.
        claimed_at: Aware time for /M.
        bytes_reserved: Room for the CMS in bytes (the file holds twice as many, in hex).
    """

    placement: Placement
    signer_name: str
    claimed_at: datetime
    digest_algorithm: str
    bytes_reserved: int
    image_png: bytes | None = None
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


@dataclass(frozen=True)
class _Spot:
    page_index: int
    view: PageView
    rectangle: Rectangle
    picture: Picture


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
            spot = _find_spot(target, page_count, fields, order)
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


def _find_spot(path: Path, page_count: int, fields: list[SignedField], order: PdfSignatureOrder) -> _Spot | None:
    placement = order.placement
    if isinstance(placement, Invisible):
        return None
    if order.image_png is None:
        raise PictureUnusable("a visible signature needs a picture, and none was given")
    picture = read_picture(order.image_png)
    with pypdfium2.PdfDocument(path) as document:
        if isinstance(placement, BetweenText):
            texts = [read_page_text(document, index) for index in page_indexes(page_count, placement.page)]
            text, between = place_between(texts, placement, picture.aspect)
            return _Spot(text.page_index, text.view, text.view.to_own(between), picture)
        if isinstance(placement, OverSignature):
            page_index, earlier = _earlier_picture(fields, placement.field_name)
            view = read_page_text(document, page_index).view
            over = place_over(view.to_seen(earlier), view.seen, placement, picture.aspect)
            return _Spot(page_index, view, view.to_own(over), picture)
        return _named_spot(document, page_count, placement, picture)


def _named_spot(document: pypdfium2.PdfDocument, page_count: int, placement: PageRectangle, picture: Picture) -> _Spot:
    page_index = page_indexes(page_count, placement.page)[0]
    view = read_page_view(document, page_index)
    wanted = Rectangle(placement.x0, placement.y0, placement.x1, placement.y1)
    return _Spot(page_index, view, view.to_own(place_inside(wanted, view.seen, picture.aspect)), picture)


def _earlier_picture(fields: list[SignedField], field_name: str) -> tuple[int, Rectangle]:
    for field in reversed(fields):
        if field.page_index is None or field.rectangle is None or field.is_timestamp:
            continue
        if field_name in {"previous", field.name}:
            return field.page_index, field.rectangle
    which = "an earlier visible signature" if field_name == "previous" else f"a visible signature named {field_name!r}"
    raise AnchorSignatureNotFound(f"the document does not hold {which}")


def _write_revision(
    reader: PdfFileReader, target: Path, order: PdfSignatureOrder, spot: _Spot | None, field_name: str
) -> PreparedRevision:
    writer = IncrementalPdfFileWriter.from_reader(reader)
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
        field["/AP"] = _dictionary({"/N": _appearance(writer, spot)})
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


def _appearance(writer: IncrementalPdfFileWriter, spot: _Spot) -> generic.IndirectObject:
    """Write the picture alone, without text or border, turned so that it stands upright on a rotated page.

    Source: ISO 32000-2:2020, 12.5.5: the form's box, turned by its matrix, is fitted into the annotation's rectangle.
    """
    turned = spot.view.rotation in {90, 270}
    width, height = spot.rectangle.width, spot.rectangle.height
    if turned:
        width, height = height, width
    angle = math.radians(spot.view.rotation)
    cosine, sine = round(math.cos(angle)), round(math.sin(angle))
    form = generic.StreamObject(
        {
            "/Type": generic.pdf_name("/XObject"),
            "/Subtype": generic.pdf_name("/Form"),
            "/BBox": _numbers(0, 0, width, height),
            "/Matrix": _numbers(cosine, sine, -sine, cosine, 0, 0),
            "/Resources": _dictionary({"/XObject": _dictionary({"/Picture": pil_image(spot.picture.image, writer)})}),
        },
        stream_data=b"q %.4f 0 0 %.4f 0 0 cm /Picture Do Q" % (width, height),
    )
    return writer.add_object(form)


def _dictionary(entries: dict[str, Any]) -> generic.DictionaryObject:
    made: Any = generic.DictionaryObject
    dictionary: generic.DictionaryObject = made({generic.pdf_name(key): value for key, value in entries.items()})
    return dictionary


def _numbers(*values: float) -> generic.ArrayObject:
    number: Any = generic.FloatObject
    return generic.ArrayObject([number(round(value, 4)) for value in values])
