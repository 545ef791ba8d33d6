"""The picture of a handwriting or a seal: read from a PNG within limits, ready for the page."""

import io
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from signing.errors.stamps import PictureUnusable

MAXIMUM_BYTES = 2 * 1024 * 1024
# 8 megapixels are an A5 page at 400 dpi.
MAXIMUM_PIXELS = 8_000_000


@dataclass(frozen=True)
class Picture:
    """A transparent picture; image is RGBA."""

    image: Image.Image

    @property
    def aspect(self) -> float:
        """Width through height."""
        return self.image.width / self.image.height


def read_picture(png: bytes) -> Picture:
    """Read a PNG.

    Raises:
        PictureUnusable: Not a PNG, damaged, or larger than a picture of a signature need be.
    """
    if len(png) > MAXIMUM_BYTES:
        raise PictureUnusable(f"the picture is larger than {MAXIMUM_BYTES // 1024} KiB")
    try:
        with Image.open(io.BytesIO(png), formats=("PNG",)) as image:
            if image.width * image.height > MAXIMUM_PIXELS:
                raise PictureUnusable(f"the picture has more than {MAXIMUM_PIXELS // 1_000_000} million points")
            return Picture(image.convert("RGBA"))
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        raise PictureUnusable("the picture is not a readable PNG") from None
