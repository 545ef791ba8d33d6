"""Where a visible signature goes: pure geometry over the text of a page, in coordinates as the page is read."""

from collections.abc import Iterable
from typing import Literal

from signing.errors.stamps import AnchorNotFound, PageNotFound, PlacementTooTight
from signing.formats.pdf.geometry import union
from signing.formats.pdf.text_anchor import Glyph, PageText
from signing.model import BetweenText, OverSignature, Rectangle

# Space between the picture and the texts that it must not touch.
CLEARANCE_PT = 2.0
# A picture lower than this is no picture of a signature.
MINIMUM_HEIGHT_PT = 14.0


def fitted(width: float, height: float, aspect: float) -> tuple[float, float]:
    """Return the largest width and height within the given ones that keep aspect = width / height."""
    return (width, width / aspect) if width / aspect <= height else (height * aspect, height)


def _line_of(box: Rectangle, glyphs: Iterable[Glyph]) -> Rectangle:
    """Widen a match to the line it stands in, so that "CHỦ TỊCH" inside "KT. CHỦ TỊCH" is centred as the line is."""
    line = box
    same = [
        g.box for g in glyphs if g.box.y0 < box.y1 and g.box.y1 > box.y0 and _overlap(g.box, box) > 0.4 * g.box.height
    ]
    for piece in sorted((b for b in same if b.x1 <= box.x1), key=lambda b: -b.x1):
        if piece.x1 >= line.x0 - 1.5 * box.height:
            line = union([line, piece])
    for piece in sorted((b for b in same if b.x0 >= box.x0), key=lambda b: b.x0):
        if piece.x0 <= line.x1 + 1.5 * box.height:
            line = union([line, piece])
    return line


def _overlap(one: Rectangle, other: Rectangle) -> float:
    return min(one.y1, other.y1) - max(one.y0, other.y0)


def _pairs(text: PageText, placement: BetweenText) -> list[tuple[Rectangle, Rectangle]]:
    """Return each title line with the nearest name line under it, in the order of writing; a name serves once."""
    titles = [_line_of(box, text.glyphs) for box in text.find(placement.above)]
    names = [_line_of(box, text.glyphs) for box in text.find(placement.below)]
    pairs: list[tuple[Rectangle, Rectangle]] = []
    for title in titles:
        under = [n for n in names if n.y1 <= title.y0 and n.x0 < title.x1 and n.x1 > title.x0]
        if not under:
            continue
        name = max(under, key=lambda n: n.y1)
        # Of several title lines over one name, the lowest is the one that the picture follows.
        pairs = [pair for pair in pairs if pair[1] != name]
        pairs.append((title, name))
    return pairs


def _chosen(pairs: list[tuple[Rectangle, Rectangle]], match: int | Literal["last"]) -> int | None:
    if match == "last":
        return len(pairs) - 1 if pairs else None
    return match - 1 if 1 <= match <= len(pairs) else None


def _free_gap(text: PageText, title: Rectangle, name: Rectangle) -> tuple[float, float]:
    """Return bottom and top of the highest stretch without ink between title and name, in their column."""
    x0, x1 = max(title.x0, name.x0), min(title.x1, name.x1)
    inside = [g.box for g in text.glyphs if g.box.x0 < x1 and g.box.x1 > x0 and name.y1 <= g.box.y0 < title.y0]
    best = (title.y0, title.y0)
    ceiling = title.y0
    for box in sorted(inside, key=lambda b: -b.y1):
        if ceiling - box.y1 > best[1] - best[0]:
            best = (box.y1, ceiling)
        ceiling = min(ceiling, box.y0)
    if ceiling - name.y1 > best[1] - best[0]:
        best = (name.y1, ceiling)
    return best


def _free_width(text: PageText, centre: float, bottom: float, top: float) -> float:
    """Return the width free of ink around centre between two heights: a list of recipients may stand beside it."""
    half = min(centre - text.view.seen.x0, text.view.seen.x1 - centre)
    for glyph in text.glyphs:
        if glyph.box.y0 < top and glyph.box.y1 > bottom:
            nearest = centre - glyph.box.x1 if glyph.box.x1 <= centre else glyph.box.x0 - centre
            half = min(half, max(nearest, 0.0))
    return 2 * half


def place_between(pages: Iterable[PageText], placement: BetweenText, aspect: float) -> tuple[PageText, Rectangle]:
    """Return the page and the rectangle, as read, for a picture of the given aspect between title and name.

    Raises:
        AnchorNotFound: No such pair of title and name.
        PlacementTooTight: The room between them is lower than any signature.
    """
    found = [(text, pair) for text in pages for pair in _pairs(text, placement)]
    index = _chosen([pair for _, pair in found], placement.match)
    if index is None:
        which = "no place" if not found else f"only {len(found)} places"
        raise AnchorNotFound(f"{which} where {placement.below!r} stands under {placement.above!r}")
    text, (title, name) = found[index]
    bottom, top = _free_gap(text, title, name)
    bottom, top = bottom + CLEARANCE_PT, top - CLEARANCE_PT
    centre = (title.x0 + title.x1) / 2
    room = _free_width(text, centre, bottom, top) - 2 * CLEARANCE_PT
    if top - bottom < MINIMUM_HEIGHT_PT or room < MINIMUM_HEIGHT_PT:
        raise PlacementTooTight(f"no room for a picture between {placement.above!r} and {placement.below!r}")
    width, height = fitted(min(placement.width_pt, room), min(placement.height_pt, top - bottom), aspect)
    x0, y0 = centre - width / 2, (bottom + top - height) / 2
    return text, Rectangle(x0, y0, x0 + width, y0 + height)


def place_over(earlier: Rectangle, page: Rectangle, placement: OverSignature, aspect: float) -> Rectangle:
    """Return the rectangle, as read, of a seal at its real size over the left part of an earlier picture.

    Its right edge stands where the covered fraction ends, its middle at the height of the picture's middle; at the
    edge of the page it is moved inwards, because a seal is never cut.
    """
    width, height = fitted(placement.width_pt, placement.height_pt, aspect)
    x0 = earlier.x0 + earlier.width * placement.covered_fraction - width
    y0 = (earlier.y0 + earlier.y1 - height) / 2
    x0 = min(max(x0, page.x0), page.x1 - width)
    y0 = min(max(y0, page.y0), page.y1 - height)
    return Rectangle(x0, y0, x0 + width, y0 + height)


def place_inside(rectangle: Rectangle, page: Rectangle, aspect: float) -> Rectangle:
    """Return the largest rectangle of the given aspect, centred in one that the caller named.

    Raises:
        PageNotFound: The rectangle is empty or reaches outside the page.
    """
    if rectangle.width <= 0 or rectangle.height <= 0:
        raise PageNotFound("the rectangle for the picture is empty")
    if rectangle.x0 < page.x0 or rectangle.y0 < page.y0 or rectangle.x1 > page.x1 or rectangle.y1 > page.y1:
        raise PageNotFound("the rectangle for the picture reaches outside the page")
    width, height = fitted(rectangle.width, rectangle.height, aspect)
    x0 = (rectangle.x0 + rectangle.x1 - width) / 2
    y0 = (rectangle.y0 + rectangle.y1 - height) / 2
    return Rectangle(x0, y0, x0 + width, y0 + height)
