"""What a drawn stamp is made of, as data; a profile holds one, and drawing makes a small PDF of it."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class StampStyle:
    """A stamp of text, with a picture and a QR code beside it where wanted.

    Attributes:
        lines: Text with placeholders, one paragraph each; see signing.appearance.words for the placeholders.
        face: serif is metric-compatible with Times New Roman, sans with Arial.
        width_mm: Of the whole stamp; the height follows from the text.
        picture: Where the signer's picture stands, if at all; behind lets the text run over it.
        picture_width_mm: Of the picture; its height follows from its proportions.
        qr_mm: Side of the QR code to the verification page, on the right; 0 for none.
        logo: Whether the operator's logo stands above the text.
        colour: Of text and border, as #rrggbb.
    """

    lines: tuple[str, ...]
    face: Literal["serif", "sans"] = "serif"
    size_pt: float = 10.0
    align: Literal["left", "centre", "right"] = "left"
    width_mm: float = 60.0
    picture: Literal["left", "above", "behind"] | None = None
    picture_width_mm: float = 25.0
    qr_mm: float = 0.0
    logo: bool = False
    border: bool = False
    colour: str = "#000000"


@dataclass(frozen=True)
class DrawnStamp:
    """A stamp ready for any page: a PDF of one page that holds nothing else, fonts embedded.

    Attributes:
        width_pt, height_pt: Its size on the page, at which its letters have the size that the style asks for.
        text: What it says, for those who cannot see it.
    """

    pdf: bytes
    width_pt: float
    height_pt: float
    text: str
