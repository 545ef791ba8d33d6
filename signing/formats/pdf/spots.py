"""Finds the spot for a signature's mark: reads the pages that a placement names and hands them to the geometry."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import pypdfium2

from signing.errors.stamps import AnchorSignatureNotFound, PlacementCoversText, PlacementInvalid
from signing.formats.pdf.corners import covers_text, place_beside, place_in_corner
from signing.formats.pdf.geometry import PageView
from signing.formats.pdf.placement import fitted, place_between, place_inside, place_over
from signing.formats.pdf.signed_fields import SignedField
from signing.formats.pdf.text_anchor import page_indexes, read_page_text, read_page_view
from signing.model import BesideText, BetweenText, NewPage, OverSignature, PageCorner, PageRectangle, Rectangle

VisiblePlacement = BetweenText | OverSignature | PageRectangle | PageCorner | BesideText | NewPage
# Free paper above the stamp on a page of its own.
NEW_PAGE_MARGIN_PT = 56.7


class Proportions(Protocol):
    """What of a mark its place depends on: width through height, and its real size in points, if it has one."""

    @property
    def aspect(self) -> float: ...

    @property
    def width_pt(self) -> float | None: ...

    @property
    def height_pt(self) -> float | None: ...


M = TypeVar("M", bound=Proportions)


@dataclass(frozen=True)
class Spot(Generic[M]):
    """Where a mark goes.

    Attributes:
        page_index: From 0; the number of pages, where a new page is to be added.
        rectangle: In the page's own coordinates.
        new_page: The box of the page to be added; None where the page exists.
    """

    page_index: int
    view: PageView
    rectangle: Rectangle
    mark: M
    new_page: Rectangle | None = None


@dataclass(frozen=True)
class SearchedDocument:
    """The file in which a place is looked for.

    Attributes:
        password: What opens it, if it is encrypted.
    """

    path: Path
    page_count: int
    fields: list[SignedField]
    password: str | None = field(default=None, repr=False)


def find_spot(searched: SearchedDocument, placement: VisiblePlacement, mark: M) -> Spot[M]:
    """Return the spot for a mark.

    Raises:
        PlacementError: One of its kinds says why the mark finds no place.
    """
    page_count, fields = searched.page_count, searched.fields
    with pypdfium2.PdfDocument(searched.path, password=searched.password) as document:
        if isinstance(placement, NewPage):
            return _on_new_page(document, page_count, placement, mark)
        if isinstance(placement, PageRectangle):
            return _in_rectangle(document, page_count, placement, mark)
        if isinstance(placement, OverSignature):
            return _over_earlier(document, fields, placement, mark)
        if isinstance(placement, PageCorner):
            text = read_page_text(document, page_indexes(page_count, placement.page)[0])
            own_view = read_page_view(document, text.page_index)
            # A corner is one of the page as it lies before the eye, however its text was turned.
            text = text.as_viewed(own_view)
            return _at(text.page_index, own_view, place_in_corner(text, placement, *_size(placement, mark)), mark)
        texts = [read_page_text(document, index) for index in page_indexes(page_count, placement.page)]
        if isinstance(placement, BesideText):
            text, spot = place_beside(texts, placement, *_size(placement, mark))
        else:
            text, spot = place_between(texts, placement, mark.aspect)
        return _at(text.page_index, text.view, spot, mark)


def spot_of_field(searched: SearchedDocument, page_index: int, rectangle: Rectangle, mark: M) -> Spot[M]:
    """Return the spot of a mark that goes into a field of the document's own, whose rectangle stays as it is."""
    with pypdfium2.PdfDocument(searched.path, password=searched.password) as document:
        return Spot(page_index, read_page_view(document, page_index), rectangle, mark)


def _at(page_index: int, view: PageView, seen: Rectangle, mark: M) -> Spot[M]:
    return Spot(page_index, view, view.to_own(seen), mark)


def _size(placement: PageCorner | BesideText | NewPage, mark: Proportions) -> tuple[float, float]:
    """Return the size of the mark: within what the placement says, else its real size.

    Raises:
        PlacementInvalid: A picture has no size of its own, and none was given.
    """
    if placement.width_pt is not None and placement.height_pt is not None:
        return fitted(placement.width_pt, placement.height_pt, mark.aspect)
    if mark.width_pt is None or mark.height_pt is None:
        raise PlacementInvalid("a picture needs width_mm and height_mm here")
    return mark.width_pt, mark.height_pt


def _in_rectangle(document: pypdfium2.PdfDocument, page_count: int, placement: PageRectangle, mark: M) -> Spot[M]:
    page_index = page_indexes(page_count, placement.page)[0]
    view = read_page_view(document, page_index)
    wanted = Rectangle(placement.x0, placement.y0, placement.x1, placement.y1)
    spot = place_inside(wanted, view.seen, mark.aspect)
    if placement.avoid_text and covers_text(read_page_text(document, page_index).as_viewed(view), spot):
        raise PlacementCoversText(f"text stands in the rectangle on page {page_index + 1}")
    return _at(page_index, view, spot, mark)


def _over_earlier(
    document: pypdfium2.PdfDocument, fields: list[SignedField], placement: OverSignature, mark: M
) -> Spot[M]:
    page_index, earlier = _earlier_picture(fields, placement.field_name)
    view = read_page_text(document, page_index).view
    return _at(page_index, view, place_over(view.to_seen(earlier), view.seen, placement, mark.aspect), mark)


def _earlier_picture(fields: list[SignedField], field_name: str) -> tuple[int, Rectangle]:
    for signed in reversed(fields):
        if signed.page_index is None or signed.rectangle is None or signed.is_timestamp:
            continue
        if field_name in {"previous", signed.name}:
            return signed.page_index, signed.rectangle
    which = "an earlier visible signature" if field_name == "previous" else f"a visible signature named {field_name!r}"
    raise AnchorSignatureNotFound(f"the document does not hold {which}")


def _on_new_page(document: pypdfium2.PdfDocument, page_count: int, placement: NewPage, mark: M) -> Spot[M]:
    last = read_page_view(document, page_count - 1).seen
    width, height = fitted(last.width, last.height - 2 * NEW_PAGE_MARGIN_PT, mark.aspect)
    wanted_width, wanted_height = _size(placement, mark)
    if wanted_width < width:
        width, height = wanted_width, wanted_height
    x0, y1 = (last.width - width) / 2, last.height - NEW_PAGE_MARGIN_PT
    page = Rectangle(0, 0, last.width, last.height)
    return Spot(page_count, PageView(page, 0), Rectangle(x0, y1 - height, x0 + width, y1), mark, new_page=page)
