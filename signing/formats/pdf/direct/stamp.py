"""What a signature leaves on a page, ready to be written into a file: packed once, used for every document."""

import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from signing.appearance.picture import read_picture
from signing.formats.pdf.direct.revision import Revision
from signing.formats.pdf.geometry import PageView
from signing.formats.pdf.placement import fitted
from signing.formats.pdf.spots import Proportions
from signing.model import Rectangle

_IMAGE = (
    b"<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/%b/BitsPerComponent 8%b/Filter/FlateDecode"
    b"/Length %d>>\nstream\n%b\nendstream"
)
_MATRICES = {0: b"1 0 0 1 0 0", 90: b"0 1 -1 0 0 0", 180: b"-1 0 0 -1 0 0", 270: b"0 -1 1 0 0 0"}


class PackedMark(Proportions, Protocol):
    """A picture or a drawn stamp."""

    @property
    def unit(self) -> tuple[float, float]:
        """The width and height at which its object is drawn where nothing scales it."""
        ...

    def add_to(self, revision: Revision) -> int:
        """Add its objects and return the number of the one that shows it."""
        ...


@dataclass(frozen=True)
class PackedPicture:
    """A picture's colours and its transparency, deflated."""

    width: int
    height: int
    colours: bytes
    transparency: bytes
    width_pt: None = None
    height_pt: None = None

    @property
    def aspect(self) -> float:
        """Width through height."""
        return self.width / self.height

    @property
    def unit(self) -> tuple[float, float]:
        """Images fill a square of one point. Source: ISO 32000-2:2020, 8.9.5."""
        return 1.0, 1.0

    def add_to(self, revision: Revision) -> int:
        """Add the soft mask and the image, and return the image's number."""
        size = self.width, self.height
        soft_mask = revision.add(_IMAGE % (*size, b"DeviceGray", b"", len(self.transparency), self.transparency))
        mask = b"/SMask %d 0 R" % soft_mask
        return revision.add(_IMAGE % (*size, b"DeviceRGB", mask, len(self.colours), self.colours))


@lru_cache(maxsize=32)
def pack_picture(png: bytes) -> PackedPicture:
    """Read and pack a PNG.

    Raises:
        PictureUnusable: See signing.appearance.picture.
    """
    image = read_picture(png).image
    return PackedPicture(
        image.width,
        image.height,
        zlib.compress(image.convert("RGB").tobytes(), 9),
        zlib.compress(image.getchannel("A").tobytes(), 9),
    )


def appearance_object(rectangle: Rectangle, view: PageView, mark: PackedMark, shown: int) -> bytes:
    """Return the form's object value: the mark alone, turned so that it stands upright on a rotated page.

    Args:
        rectangle: In the page's own coordinates.
        shown: The number of the mark's object.
    Source: ISO 32000-2:2020, 12.5.5.
    """
    width, height = rectangle.width, rectangle.height
    if view.rotation in {90, 270}:
        width, height = height, width
    shown_width, shown_height = fitted(width, height, mark.aspect)
    scale = shown_width / mark.unit[0], shown_height / mark.unit[1]
    middle = (width - shown_width) / 2, (height - shown_height) / 2
    content = b"q %.4f 0 0 %.4f %.4f %.4f cm /Mark Do Q" % (*scale, *middle)
    return (
        b"<</Type/XObject/Subtype/Form/BBox[0 0 %b %b]/Matrix[%b]/Resources<</XObject<</Mark %d 0 R>>>>"
        b"/Length %d>>\nstream\n%b\nendstream"
    ) % (number(width), number(height), _MATRICES[view.rotation], shown, len(content), content)


def number(value: float) -> bytes:
    """Return a number with at most four places behind the point."""
    return (b"%.4f" % value).rstrip(b"0").rstrip(b".")
