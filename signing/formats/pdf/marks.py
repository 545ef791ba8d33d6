"""Writes a mark as the appearance stream of a signature field, upright on turned pages."""

import io
import math
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.images import pil_image
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PageObject

from signing.appearance.picture import Picture
from signing.formats.pdf.spots import Spot
from signing.model import Rectangle


def write_appearance(writer: IncrementalPdfFileWriter, spot: Spot) -> generic.IndirectObject:
    """Write the mark alone, without border, turned so that it stands upright on a rotated page.

    Source: ISO 32000-2:2020, 12.5.5: the form's box, turned by its matrix, is fitted into the annotation's rectangle.
    """
    angle = math.radians(spot.view.rotation)
    cosine, sine = round(math.cos(angle)), round(math.sin(angle))
    matrix = numbers(cosine, sine, -sine, cosine, 0, 0)
    if isinstance(spot.mark.content, Picture):
        return writer.add_object(_picture_form(writer, spot, spot.mark.content, matrix))
    # A stamp is a page of our own making, with its fonts: it goes in whole, as letters.
    stamp = PdfFileReader(io.BytesIO(spot.mark.content.pdf))
    reference: Any = writer.import_page_as_xobject(stamp)
    form = reference.get_object()
    form[generic.pdf_name("/Matrix")] = matrix
    placed: generic.IndirectObject = reference
    return placed


def _picture_form(
    writer: IncrementalPdfFileWriter, spot: Spot, picture: Picture, matrix: generic.ArrayObject
) -> generic.StreamObject:
    width, height = spot.rectangle.width, spot.rectangle.height
    if spot.view.rotation in {90, 270}:
        width, height = height, width
    return generic.StreamObject(
        {
            "/Type": generic.pdf_name("/XObject"),
            "/Subtype": generic.pdf_name("/Form"),
            "/BBox": numbers(0, 0, width, height),
            "/Matrix": matrix,
            "/Resources": dictionary({"/XObject": dictionary({"/Picture": pil_image(picture.image, writer)})}),
        },
        stream_data=b"q %.4f 0 0 %.4f 0 0 cm /Picture Do Q" % (width, height),
    )


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
