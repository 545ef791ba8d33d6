"""A page as it is seen, against a page as its content is written: /Rotate and the crop box lie between the two."""

from dataclasses import dataclass

from signing.model import Rectangle


@dataclass(frozen=True)
class PageView:
    """How a page is cropped, and turned so that it is seen or read upright.

    Attributes:
        box: What is seen, in the page's own coordinates.
        rotation: Degrees by which it is turned clockwise: 0, 90, 180 or 270.
    Source: ISO 32000-2:2020, 7.7.3.3 (Rotate, CropBox).
    """

    box: Rectangle
    rotation: int

    @property
    def seen(self) -> Rectangle:
        """The whole page in seen coordinates: the origin is the lower left corner of what is seen."""
        if self.rotation in {90, 270}:
            return Rectangle(0, 0, self.box.height, self.box.width)
        return Rectangle(0, 0, self.box.width, self.box.height)

    def to_seen(self, own: Rectangle) -> Rectangle:
        """Turn a rectangle in the page's own coordinates into one as seen."""
        return _spanning(self._point_seen(own.x0, own.y0), self._point_seen(own.x1, own.y1))

    def to_own(self, seen: Rectangle) -> Rectangle:
        """Turn a rectangle as seen into one in the page's own coordinates."""
        return _spanning(self._point_own(seen.x0, seen.y0), self._point_own(seen.x1, seen.y1))

    def _point_seen(self, x: float, y: float) -> tuple[float, float]:
        box = self.box
        return {
            0: (x - box.x0, y - box.y0),
            90: (y - box.y0, box.x1 - x),
            180: (box.x1 - x, box.y1 - y),
            270: (box.y1 - y, x - box.x0),
        }[self.rotation]

    def _point_own(self, x: float, y: float) -> tuple[float, float]:
        box = self.box
        return {
            0: (box.x0 + x, box.y0 + y),
            90: (box.x1 - y, box.y0 + x),
            180: (box.x1 - x, box.y1 - y),
            270: (box.x0 + y, box.y1 - x),
        }[self.rotation]


def _spanning(one: tuple[float, float], other: tuple[float, float]) -> Rectangle:
    (ax, ay), (bx, by) = one, other
    return Rectangle(min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))


def union(rectangles: list[Rectangle]) -> Rectangle:
    """Return the smallest rectangle around all of them; there is at least one."""
    return Rectangle(
        min(r.x0 for r in rectangles),
        min(r.y0 for r in rectangles),
        max(r.x1 for r in rectangles),
        max(r.y1 for r in rectangles),
    )
