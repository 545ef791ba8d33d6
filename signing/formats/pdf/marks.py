"""Writes a mark as the appearance stream of a signature field, upright on turned pages."""

import io
import math
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.images import pil_image
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PageObject

from signing.appearance.mark import Mark
from signing.appearance.picture import Picture
from signing.formats.pdf.placement import fitted
from signing.formats.pdf.spots import Spot
from signing.model import Rectangle


def write_appearance(writer: IncrementalPdfFileWriter, spot: Spot[Mark]) -> generic.IndirectObject:
    """Write the mark alone, without border, turned so that it stands upright on a rotated page.

    Source: ISO 32000-2:2020, 12.5.5: the form's box, turned by its matrix, is fitted into the annotation's rectangle.
    """
    angle = math.radians(spot.view.rotation)
    cosine, sine = round(math.cos(angle)), round(math.sin(angle))
    width, height = spot.rectangle.width, spot.rectangle.height
    if spot.view.rotation in {90, 270}:
        width, height = height, width
    content = spot.mark.content
    drawn, (unit_width, unit_height) = (
        (pil_image(content.image, writer), (1.0, 1.0))
        if isinstance(content, Picture)
        # A stamp is a page of our own making, with its fonts: it goes in whole, as letters.
        else (_stamp_form(writer, content.pdf), (content.width_pt, content.height_pt))
    )
    # In a field of the document's own the mark keeps its proportions, in the middle; elsewhere it fills its place.
    shown_width, shown_height = fitted(width, height, spot.mark.aspect)
    scale = (shown_width / unit_width, shown_height / unit_height)
    form = generic.StreamObject(
        {
            "/Type": generic.pdf_name("/XObject"),
            "/Subtype": generic.pdf_name("/Form"),
            "/BBox": numbers(0, 0, width, height),
            "/Matrix": numbers(cosine, sine, -sine, cosine, 0, 0),
            "/Resources": dictionary({"/XObject": dictionary({"/Mark": drawn})}),
        },
        stream_data=b"q %.4f 0 0 %.4f %.4f %.4f cm /Mark Do Q"
        % (*scale, (width - shown_width) / 2, (height - shown_height) / 2),
    )
    return writer.add_object(form)


def _stamp_form(writer: IncrementalPdfFileWriter, pdf: bytes) -> generic.IndirectObject:
    stamp: Any = PdfFileReader(io.BytesIO(pdf))
    form: generic.IndirectObject = writer.import_page_as_xobject(stamp)
    return form


def add_page(writer: IncrementalPdfFileWriter, box: Rectangle) -> None:
    """Add an empty page behind the last one."""
    contents = writer.add_object(generic.StreamObject(stream_data=b""))
    media_box = (box.x0, box.y0, box.x1, box.y1)
    made: Any = PageObject
    pages: Any = writer
    pages.insert_page(made(contents=contents, media_box=media_box, resources=dictionary({})))


def dictionary(entries: dict[str, Any]) -> generic.DictionaryObject:
    """Return a PDF dictionary."""
    made: Any = generic.DictionaryObject
    result: generic.DictionaryObject = made({generic.pdf_name(key): value for key, value in entries.items()})
    return result


def numbers(*values: float) -> generic.ArrayObject:
    """Return a PDF array of numbers with four places behind the point."""
    number: Any = generic.FloatObject
    return generic.ArrayObject([number(round(value, 4)) for value in values])
