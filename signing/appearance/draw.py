"""Draws a stamp as a PDF of its own, which signing puts on a page as it is: letters stay letters, at real size."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import segno
from PIL import Image

from signing.appearance.picture import Picture, read_picture
from signing.appearance.style import DrawnStamp, StampStyle
from signing.errors.stamps import PictureUnusable, StampTextInvalid
from signing.model import POINTS_PER_MM

if TYPE_CHECKING:
    from fpdf import FPDF

FACES: Final = {"serif": "LiberationSerif-Regular.ttf", "sans": "LiberationSans-Regular.ttf"}
ALIGNMENTS: Final = {"left": "L", "centre": "C", "right": "R"}
LEADING: Final = 1.2
PADDING_PT: Final = 3.0
GAP_PT: Final = 4.0
QUIET_MODULES: Final = 2
# The same stamp is the same bytes, whenever it is drawn.
_EPOCH: Final = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class StampContent:
    """What one stamp shows: lines already filled in; pictures as PNG, read where the stamp is drawn."""

    lines: tuple[str, ...]
    picture_png: bytes | None = None
    logo_png: bytes | None = None
    verify_url: str = ""


@dataclass(frozen=True)
class _Pictures:
    picture: Picture | None
    logo: Picture | None


def draw_stamp(style: StampStyle, content: StampContent, fonts_folder: Path) -> DrawnStamp:
    """Return the stamp.

    Args:
        fonts_folder: Where the Liberation 2 fonts are.
    Raises:
        StampTextInvalid: A letter that the font does not have: a stamp must not show a box in its place.
        PictureUnusable: A picture that the style wants is missing or bad.
    """
    pictures = _read_pictures(style, content)
    font = fonts_folder / FACES[style.face]
    # fpdf2 measures text on a page only, and a page's size is set before anything stands on it.
    with _paper(style, font, (style.width_mm * POINTS_PER_MM, 1000)) as paper:
        _refuse_strange_letters(content.lines, paper)
        plan = _plan(style, content, pictures, paper)
    with _paper(style, font, (plan.width, plan.height)) as paper:
        _paint(paper, plan, style, content, pictures)
        return DrawnStamp(bytes(paper.output()), plan.width, plan.height, "\n".join(content.lines))


def _read_pictures(style: StampStyle, content: StampContent) -> _Pictures:
    if style.picture is not None and content.picture_png is None:
        raise PictureUnusable("the stamp shows the signer's picture, and none was given")
    if style.logo and content.logo_png is None:
        raise PictureUnusable("the stamp shows a logo, and none is set")
    return _Pictures(
        read_picture(content.picture_png) if style.picture is not None and content.picture_png else None,
        read_picture(content.logo_png) if style.logo and content.logo_png else None,
    )


@contextmanager
def _paper(style: StampStyle, font: Path, size: tuple[float, float]) -> Iterator["FPDF"]:
    """Give a PDF of one page that writes with the stamp's font; the font's file is closed however this ends."""
    # Here, because it loads a library of fonts (0.3 s), and most processes that know stamps never draw one.
    from fpdf import FPDF

    paper = FPDF(unit="pt", format=size)
    paper.set_creation_date(_EPOCH)
    paper.set_auto_page_break(False)
    paper.set_margins(0, 0)
    paper.c_margin = 0
    paper.add_font("stamp", "", font)
    try:
        paper.add_page()
        paper.set_font("stamp", "", style.size_pt)
        red, green, blue = (int(style.colour[start : start + 2], 16) for start in (1, 3, 5))
        paper.set_text_color(red, green, blue)
        paper.set_draw_color(red, green, blue)
        yield paper
    finally:
        paper.fonts["stamp"].ttfont.close()  # type: ignore[union-attr]


def _refuse_strange_letters(lines: Sequence[str], paper: "FPDF") -> None:
    letters = paper.fonts["stamp"].cmap  # type: ignore[union-attr]
    strange = sorted({letter for line in lines for letter in line if ord(letter) not in letters})
    if strange:
        named = ", ".join(f"U+{ord(letter):04X}" for letter in strange[:5])
        raise StampTextInvalid(f"the stamp's font has no letter for {named}")


@dataclass(frozen=True)
class _Plan:
    """Sizes in points; y grows downwards, as fpdf2 counts."""

    width: float
    height: float
    picture: tuple[float, float, float, float] | None
    logo: tuple[float, float, float, float] | None
    text: tuple[float, float, float]
    qr: tuple[float, float, float] | None


def _text_height(style: StampStyle, lines: Sequence[str], width: float, paper: "FPDF") -> float:
    height = 0.0
    for line in lines:
        made = paper.multi_cell(width, LEADING * style.size_pt, line, dry_run=True, output="HEIGHT", align="L")
        height += float(made)  # type: ignore[arg-type]
    return height


def _scaled(picture: Picture, width_mm: float, most: float) -> tuple[float, float]:
    width = min(width_mm * POINTS_PER_MM, most)
    return width, width / picture.aspect


def _plan(style: StampStyle, content: StampContent, pictures: _Pictures, paper: "FPDF") -> _Plan:
    width = style.width_mm * POINTS_PER_MM
    edge = PADDING_PT if style.border else 0.0
    left, right, top = edge, width - edge, edge
    qr_side = style.qr_mm * POINTS_PER_MM if content.verify_url else 0.0
    if qr_side:
        right -= qr_side + GAP_PT
    logo = picture = None
    if pictures.logo is not None:
        logo_width, logo_height = _scaled(pictures.logo, style.picture_width_mm, right - left)
        logo = (left + _slack(style.align, right - left - logo_width), top, logo_width, logo_height)
        top += logo_height + GAP_PT
    size = _scaled(pictures.picture, style.picture_width_mm, right - left) if pictures.picture else None
    side_bottom = top
    if style.picture == "left" and size:
        picture = (left, top, *size)
        left, side_bottom = left + size[0] + GAP_PT, top + size[1]
    elif style.picture == "above" and size:
        picture = (left + _slack(style.align, right - left - size[0]), top, *size)
        top += size[1] + GAP_PT
        side_bottom = top
    height = _text_height(style, content.lines, right - left, paper)
    if style.picture == "behind" and size:
        room = max(height, size[1])
        picture = (left + (right - left - size[0]) / 2, top + (room - size[1]) / 2, *size)
        top, side_bottom = top + (room - height) / 2, top + room
    bottom = max(top + height, side_bottom, edge + qr_side) + edge
    qr = (width - edge - qr_side, (bottom - qr_side) / 2, qr_side) if qr_side else None
    return _Plan(width, bottom, picture, logo, (left, top, right - left), qr)


def _slack(align: Literal["left", "centre", "right"], free: float) -> float:
    return {"left": 0.0, "centre": free / 2, "right": free}[align]


def _paint(page: "FPDF", plan: _Plan, style: StampStyle, content: StampContent, pictures: _Pictures) -> None:
    for place, picture in ((plan.logo, pictures.logo), (plan.picture, pictures.picture)):
        if place is not None and picture is not None:
            left, top, width, height = place
            page.image(_png(picture.image), left, top, width, height)
    left, top, width = plan.text
    page.set_xy(left, top)
    for line in content.lines:
        page.set_x(left)
        page.multi_cell(width, LEADING * style.size_pt, line, align=ALIGNMENTS[style.align], new_x="LEFT", new_y="NEXT")
    if plan.qr is not None:
        _paint_qr(page, content.verify_url, *plan.qr)
    if style.border:
        page.set_line_width(0.7)
        page.rect(0.5, 0.5, plan.width - 1, plan.height - 1)


def _png(image: Image.Image) -> io.BytesIO:
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    buffer.seek(0)
    return buffer


def _paint_qr(page: "FPDF", text: str, left: float, top: float, side: float) -> None:
    matrix = segno.make(text, error="m", micro=False, boost_error=False).matrix
    module = side / (len(matrix) + 2 * QUIET_MODULES)
    page.set_fill_color(255, 255, 255)
    page.rect(left, top, side, side, style="F")
    page.set_fill_color(0, 0, 0)
    for y, row in enumerate(matrix, QUIET_MODULES):
        for x, dark in enumerate(row, QUIET_MODULES):
            if dark:
                page.rect(left + x * module, top + y * module, module, module, style="F")
