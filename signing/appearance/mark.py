"""What a signature leaves on a page: a picture alone, or a drawn stamp."""

from dataclasses import dataclass

from signing.appearance.picture import Picture, read_picture
from signing.appearance.style import DrawnStamp
from signing.errors.stamps import PictureUnusable


@dataclass(frozen=True)
class Mark:
    """One of the two, with its proportions.

    Attributes:
        width_pt, height_pt: The real size of a drawn stamp; None for a picture, which has the size it is given.
    """

    content: Picture | DrawnStamp
    aspect: float
    width_pt: float | None = None
    height_pt: float | None = None


def make_mark(image_png: bytes | None, stamp: DrawnStamp | None) -> Mark:
    """Return the drawn stamp where there is one, else the picture.

    Raises:
        PictureUnusable: Neither is there, or the picture is bad.
    """
    if stamp is not None:
        return Mark(stamp, stamp.width_pt / stamp.height_pt, stamp.width_pt, stamp.height_pt)
    if image_png is None:
        raise PictureUnusable("a visible signature needs a picture, and none was given")
    picture = read_picture(image_png)
    return Mark(picture, picture.aspect)
