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
from signing.formats.pdf.pdfa.pictures import masked_image
from signing.formats.pdf.placement import fitted
from signing.formats.pdf.spots import Spot
from signing.model import Rectangle


class MarkWriter:
    """Writes one mark into one revision: its picture or stamp once, however often it is shown."""

    def __init__(self, writer: IncrementalPdfFileWriter, mark: Mark, *, masked: bool) -> None:
        """Write the mark's content.

        Args:
            masked: Nothing may be half transparent (PDF/A-1).
        """
        self._writer, self._mark = writer, mark
        self._forms: dict[tuple[float, float, int], generic.IndirectObject] = {}
        content = mark.content
        self._drawn: Any
        self._unit: tuple[float, float]
        self._drawn, self._unit = (
            ((masked_image if masked else pil_image)(content.image, writer), (1.0, 1.0))
            if isinstance(content, Picture)
            # A stamp is a page of our own making, with its fonts: it goes in whole, as letters.
            else (_stamp_form(writer, content.pdf), (content.width_pt, content.height_pt))
        )

    def appearance(self, spot: Spot[Mark]) -> generic.IndirectObject:
        """Return the mark alone, without border, turned so that it stands upright on a rotated page.

        Source: ISO 32000-2:2020, 12.5.5: the form's box, turned by its matrix, is fitted into the rectangle.
        """
        width, height = spot.rectangle.width, spot.rectangle.height
        if spot.view.rotation in {90, 270}:
            width, height = height, width
        key = (round(width, 4), round(height, 4), spot.view.rotation)
        if key not in self._forms:
            self._forms[key] = self._write(*key)
        return self._forms[key]

    def _write(self, width: float, height: float, rotation: int) -> generic.IndirectObject:
        angle = math.radians(rotation)
        cosine, sine = round(math.cos(angle)), round(math.sin(angle))
        # In a field of the document's own the mark keeps its proportions, in the middle; elsewhere it fills its place.
        shown_width, shown_height = fitted(width, height, self._mark.aspect)
        scale = (shown_width / self._unit[0], shown_height / self._unit[1])
        form = generic.StreamObject(
            {
                "/Type": generic.pdf_name("/XObject"),
                "/Subtype": generic.pdf_name("/Form"),
                "/BBox": numbers(0, 0, width, height),
                "/Matrix": numbers(cosine, sine, -sine, cosine, 0, 0),
                "/Resources": dictionary({"/XObject": dictionary({"/Mark": self._drawn})}),
            },
            stream_data=b"q %.4f 0 0 %.4f %.4f %.4f cm /Mark Do Q"
            % (*scale, (width - shown_width) / 2, (height - shown_height) / 2),
        )
        return self._writer.add_object(form)


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
