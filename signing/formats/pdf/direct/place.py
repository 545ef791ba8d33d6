"""Finds where the signature's mark goes: a rectangle by the file's own words, anything else by the page's ink."""

from dataclasses import dataclass
from pathlib import Path

from signing.formats.pdf.direct.doubt import Doubt
from signing.formats.pdf.direct.drawing import pack_drawing
from signing.formats.pdf.direct.earlier import earlier_signatures
from signing.formats.pdf.direct.form import Form
from signing.formats.pdf.direct.objects import PdfFile
from signing.formats.pdf.direct.pages import PageLeaf, find_page
from signing.formats.pdf.direct.stamp import PackedMark, pack_picture
from signing.formats.pdf.direct.tokens import Dictionary
from signing.formats.pdf.geometry import PageView
from signing.formats.pdf.placement import place_inside
from signing.formats.pdf.prepare import PdfSignatureOrder
from signing.formats.pdf.spots import SearchedDocument, find_spot
from signing.model import BesideText, BetweenText, Invisible, OverSignature, PageCorner, PageRectangle, Rectangle


@dataclass(frozen=True)
class Place:
    """A page and, for a visible signature, the rectangle on it and its mark.

    Attributes:
        view: How the mark stands upright: as the page is seen, or as its text is read.
        rectangle: In the page's own coordinates.
    """

    leaf: PageLeaf
    view: PageView
    rectangle: Rectangle | None = None
    mark: PackedMark | None = None


def find_place(source: Path, file: PdfFile, catalogue: Dictionary, form: Form, order: PdfSignatureOrder) -> Place:
    """Return the place of a signature.

    Args:
        source: Where the file lies: PDFium looks for text in it.
    Raises:
        Doubt: The placement needs more than one mark on a page that is there.
        PlacementError, PictureUnusable: As the library's way would say.
    """
    placement = order.placement
    if isinstance(placement, Invisible):
        leaf = find_page(file, catalogue, 1)
        return Place(leaf, leaf.view)
    mark = _packed(order)
    if isinstance(placement, PageRectangle) and not placement.avoid_text:
        leaf = find_page(file, catalogue, placement.page)
        wanted = Rectangle(placement.x0, placement.y0, placement.x1, placement.y1)
        return Place(leaf, leaf.view, leaf.view.to_own(place_inside(wanted, leaf.view.seen, mark.aspect)), mark)
    if not isinstance(placement, PageRectangle | PageCorner | BesideText | BetweenText | OverSignature):
        raise Doubt("the placement changes more than one page")
    earlier = earlier_signatures(file, catalogue, form) if isinstance(placement, OverSignature) else []
    count = file.dictionary(catalogue.needed_reference(b"Pages")).integer(b"Count")
    spot = find_spot(SearchedDocument(source, count, earlier), placement, mark)
    return Place(find_page(file, catalogue, spot.page_index + 1), spot.view, spot.rectangle, mark)


def _packed(order: PdfSignatureOrder) -> PackedMark:
    if order.stamp is not None:
        return pack_drawing(order.stamp)
    if order.image_png is None:
        raise Doubt("a picture is missing")
    return pack_picture(order.image_png)
