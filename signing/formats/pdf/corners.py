"""Where a stamp stands by a corner of the page or beside a text: pure geometry, in coordinates as the page is seen."""

from collections.abc import Iterable, Iterator
from typing import Literal

from signing.errors.stamps import AnchorNotFound, PageNotFound, PlacementCoversText
from signing.formats.pdf.text_anchor import PageText
from signing.model import BesideText, PageCorner, Rectangle

# A stamp moves away from text by steps of this, and keeps as far from it.
STEP_PT = 4.0


def place_in_corner(text: PageText, corner: PageCorner, width: float, height: float) -> Rectangle:
    """Return the rectangle for a stamp of the given size in a corner of the page.

    Raises:
        PageNotFound: The stamp does not fit on the page.
        PlacementCoversText: Text stands wherever the stamp could.
    """
    page = text.view.seen
    left = corner.margin_x_pt if corner.corner.endswith("left") else page.x1 - corner.margin_x_pt - width
    top_down = corner.corner.startswith("top")
    bottom = page.y1 - corner.margin_y_pt - height if top_down else corner.margin_y_pt
    first = _inside(Rectangle(left, bottom, left + width, bottom + height), page)
    if not corner.avoid_text:
        return first
    for spot in _along(first, page, -STEP_PT if top_down else STEP_PT):
        if not covers_text(text, spot):
            return spot
    raise PlacementCoversText(f"no place without text on page {text.page_index + 1} below or above the {corner.corner}")


def _along(first: Rectangle, page: Rectangle, step: float) -> Iterator[Rectangle]:
    offset = 0.0
    while page.y0 <= first.y0 + offset and first.y1 + offset <= page.y1:
        yield Rectangle(first.x0, first.y0 + offset, first.x1, first.y1 + offset)
        offset += step


def place_beside(
    pages: Iterable[PageText], placement: BesideText, width: float, height: float
) -> tuple[PageText, Rectangle]:
    """Return the page and the rectangle for a stamp of the given size beside a text.

    Raises:
        AnchorNotFound: The text does not stand there so many times.
        PageNotFound: The stamp would leave the page.
        PlacementCoversText: It would stand on text, which it must not.
    """
    found = [(page, box) for page in pages for box in page.find(placement.text)]
    number = len(found) if placement.match == "last" else placement.match
    if not 1 <= number <= len(found):
        raise AnchorNotFound(f"{placement.text!r} stands there {len(found)} times")
    text, anchor = found[number - 1]
    x, y = _corner(anchor, placement.side, width, height)
    x, y = x + placement.dx_pt, y + placement.dy_pt
    spot = _inside(Rectangle(x, y, x + width, y + height), text.view.seen)
    if placement.avoid_text and covers_text(text, spot):
        raise PlacementCoversText(f"text stands {placement.side} {placement.text!r}")
    return text, spot


def _corner(
    anchor: Rectangle, side: Literal["below", "above", "left", "right", "over"], width: float, height: float
) -> tuple[float, float]:
    centre_x, centre_y = (anchor.x0 + anchor.x1 - width) / 2, (anchor.y0 + anchor.y1 - height) / 2
    return {
        "below": (centre_x, anchor.y0 - STEP_PT - height),
        "above": (centre_x, anchor.y1 + STEP_PT),
        "left": (anchor.x0 - STEP_PT - width, centre_y),
        "right": (anchor.x1 + STEP_PT, centre_y),
        "over": (centre_x, centre_y),
    }[side]


def covers_text(text: PageText, spot: Rectangle) -> bool:
    """Say whether ink of the page's text lies under a rectangle."""
    return any(
        glyph.box.x0 < spot.x1 and glyph.box.x1 > spot.x0 and glyph.box.y0 < spot.y1 and glyph.box.y1 > spot.y0
        for glyph in text.glyphs
    )


def _inside(spot: Rectangle, page: Rectangle) -> Rectangle:
    if spot.x0 < page.x0 or spot.y0 < page.y0 or spot.x1 > page.x1 or spot.y1 > page.y1:
        raise PageNotFound("the stamp would reach outside the page")
    return spot
