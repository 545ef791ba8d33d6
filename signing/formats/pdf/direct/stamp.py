"""Pictures ready to be written into a file: packed once, used for every document."""

import zlib
from dataclasses import dataclass
from functools import lru_cache

from signing.appearance.picture import read_picture
from signing.formats.pdf.geometry import PageView
from signing.model import Rectangle

_IMAGE = (
    b"<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/%b/BitsPerComponent 8%b/Filter/FlateDecode"
    b"/Length %d>>\nstream\n%b\nendstream"
)
_MATRICES = {0: b"1 0 0 1 0 0", 90: b"0 1 -1 0 0 0", 180: b"-1 0 0 -1 0 0", 270: b"0 -1 1 0 0 0"}


@dataclass(frozen=True)
class Stamp:
    """A picture's colours and its transparency, deflated."""

    width: int
    height: int
    colours: bytes
    transparency: bytes

    @property
    def aspect(self) -> float:
        """Width through height."""
        return self.width / self.height

    def transparency_object(self) -> bytes:
        """Return the soft mask's object value."""
        return _IMAGE % (self.width, self.height, b"DeviceGray", b"", len(self.transparency), self.transparency)

    def colours_object(self, soft_mask: int) -> bytes:
        """Return the image's object value; the soft mask is an object's number."""
        mask = b"/SMask %d 0 R" % soft_mask
        return _IMAGE % (self.width, self.height, b"DeviceRGB", mask, len(self.colours), self.colours)


@lru_cache(maxsize=32)
def read_stamp(png: bytes) -> Stamp:
    """Read and pack a PNG.

    Raises:
        PictureUnusable: See signing.appearance.picture.
    """
    image = read_picture(png).image
    return Stamp(
        image.width,
        image.height,
        zlib.compress(image.convert("RGB").tobytes(), 9),
        zlib.compress(image.getchannel("A").tobytes(), 9),
    )


def appearance_object(rectangle: Rectangle, view: PageView, image: int) -> bytes:
    """Return the form's object value: the picture alone, turned so that it stands upright on a rotated page.

    Args:
        rectangle: In the page's own coordinates.
        image: The number of the picture's object.
    Source: ISO 32000-2:2020, 12.5.5.
    """
    width, height = rectangle.width, rectangle.height
    if view.rotation in {90, 270}:
        width, height = height, width
    content = b"q %.4f 0 0 %.4f 0.0000 0.0000 cm /Mark Do Q" % (width, height)
    return (
        b"<</Type/XObject/Subtype/Form/BBox[0 0 %b %b]/Matrix[%b]/Resources<</XObject<</Mark %d 0 R>>>>"
        b"/Length %d>>\nstream\n%b\nendstream"
    ) % (number(width), number(height), _MATRICES[view.rotation], image, len(content), content)


def number(value: float) -> bytes:
    """Return a number with at most four places behind the point."""
    return (b"%.4f" % value).rstrip(b"0").rstrip(b".")
