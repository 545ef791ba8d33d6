"""Draws the two images of the development PKI: a handwritten signature and a round seal that says it is a test."""

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

Point = tuple[float, float]
_DOTS_PER_INCH = 300
_SEAL_MM = 36
_OVERSAMPLING = 4
_INK_BLUE = (24, 46, 148)
_SEAL_RED = (206, 24, 32)
_RING_TEXT = "ỦY BAN NHÂN DÂN PHƯỜNG VÍ DỤ"
_TEST_TEXT = "THỬ NGHIỆM"

# Strokes as a pen moves, in a 600 by 240 frame: an "N" with a loop, a running "guyễn", "Dụ", then the flourish below.
# fmt: off
_STROKES: Sequence[Sequence[Point]] = (
    ((48, 190), (62, 150), (84, 84), (104, 42), (112, 40), (110, 70), (116, 128), (130, 168), (140, 162), (150, 110),
     (164, 56), (184, 22), (198, 24), (190, 60), (176, 118), (174, 148), (190, 146), (206, 124), (216, 112),
     (222, 122), (216, 140), (222, 148), (236, 130), (244, 116), (246, 140), (238, 188), (222, 212), (208, 204),
     (222, 176), (252, 148), (270, 124), (280, 114), (286, 126), (278, 146), (292, 142), (308, 122), (316, 132),
     (318, 146), (330, 122), (344, 116), (348, 134), (352, 146), (372, 136)),
    ((398, 52), (394, 96), (386, 150), (382, 156), (376, 142), (400, 134), (442, 112), (456, 78), (436, 50), (404, 44),
     (378, 62)),
    ((462, 112), (462, 138), (472, 148), (490, 130), (496, 110), (494, 134), (502, 148), (528, 128), (560, 92)),
    ((566, 170), (470, 182), (330, 190), (190, 206), (112, 214), (130, 202), (260, 180), (400, 168)),
    ((284, 92), (296, 78), (308, 92), (318, 72), (330, 70)),
)
# fmt: on
_DOTS: Sequence[Point] = ((482, 176),)


def draw_images(handwriting: Path, seal: Path, fonts_folder: Path) -> None:
    """Write both images as transparent PNGs at 300 dpi.

    Args:
        handwriting: Where the signature goes: about 51 by 20 mm of blue ink.
        seal: Where the seal goes: 36 mm across, the width Vietnamese communes' seals have.
        fonts_folder: Liberation 2, which has all of Vietnamese.
    """
    draw_handwriting().save(handwriting, dpi=(_DOTS_PER_INCH, _DOTS_PER_INCH))
    draw_seal(fonts_folder).save(seal, dpi=(_DOTS_PER_INCH, _DOTS_PER_INCH))


def draw_handwriting() -> Image.Image:
    """Return the signature: strokes whose width follows the pen's speed, thin where it is fast."""
    scale = _OVERSAMPLING
    ink = Image.new("L", (600 * scale, 240 * scale), 0)
    pen = ImageDraw.Draw(ink)
    for stroke in _STROKES:
        _draw_stroke(pen, _smooth(stroke), scale)
    for x, y in _DOTS:
        _draw_blot(pen, (x, y), 5.0, scale)
    return _coloured(ink.resize((600, 240), Image.Resampling.LANCZOS), _INK_BLUE)


def draw_seal(fonts_folder: Path) -> Image.Image:
    """Return the seal: double ring, star, the unit's name around, and THỬ NGHIỆM across."""
    size = round(_SEAL_MM / 25.4 * _DOTS_PER_INCH)
    canvas = size * _OVERSAMPLING
    ink = Image.new("L", (canvas, canvas), 0)
    draw = ImageDraw.Draw(ink)
    centre, radius = canvas / 2, canvas / 2 - 2 * _OVERSAMPLING
    for share, width in ((1.0, 0.030), (0.925, 0.010), (0.62, 0.010)):
        _draw_ring(draw, centre, radius * share, radius * width)
    _draw_star(draw, (centre, centre - radius * 0.12), radius * 0.36)
    bold = str(fonts_folder / "LiberationSerif-Bold.ttf")
    _draw_text_around(ink, _RING_TEXT, ImageFont.truetype(bold, round(radius * 0.165)), radius * 0.775)
    font = ImageFont.truetype(bold, round(radius * 0.125))
    draw.text((centre, centre + radius * 0.36), _TEST_TEXT, fill=255, font=font, anchor="mm")
    _draw_text_around(ink, f"· {_TEST_TEXT} ·", font, radius * 0.775, below=True)
    return _coloured(ink.resize((size, size), Image.Resampling.LANCZOS), _SEAL_RED)


def _coloured(alpha: Image.Image, colour: tuple[int, int, int]) -> Image.Image:
    image = Image.new("RGBA", alpha.size, (*colour, 0))
    # Stamp and pen ink never cover paper wholly.
    image.putalpha(alpha.point([round(value * 0.92) for value in range(256)]))
    return image


def _smooth(points: Sequence[Point], steps: int = 24) -> list[Point]:
    """Return a Catmull-Rom curve through the points: no corners where the pen made none."""
    padded = [points[0], *points, points[-1]]
    curve = []
    for before, start, end, after in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        for step in range(steps):
            t = step / steps
            curve.append(
                (
                    _catmull_rom(before[0], start[0], end[0], after[0], t),
                    _catmull_rom(before[1], start[1], end[1], after[1], t),
                )
            )
    return [*curve, points[-1]]


def _catmull_rom(before: float, start: float, end: float, after: float, t: float) -> float:
    linear = (end - before) * t
    square = (2 * before - 5 * start + 4 * end - after) * t**2
    cube = (3 * start - before - 3 * end + after) * t**3
    return (2 * start + linear + square + cube) / 2


def _draw_stroke(pen: ImageDraw.ImageDraw, curve: Sequence[Point], scale: int) -> None:
    width = 3.2
    for index, (start, end) in enumerate(pairwise(curve)):
        speed = math.dist(start, end)
        ends = min(index, len(curve) - 2 - index) / 16
        target = max(1.7, 5.2 - 1.1 * speed) * min(1.0, 0.35 + ends)
        # Ink follows with inertia, or the width would jump between points.
        width += (target - width) * 0.15
        steps = max(1, math.ceil(speed * scale / 2))
        for step in range(steps):
            t = step / steps
            middle = (start[0] + (end[0] - start[0]) * t, start[1] + (end[1] - start[1]) * t)
            _draw_blot(pen, middle, width, scale)


def _draw_blot(pen: ImageDraw.ImageDraw, point: Point, radius: float, scale: int) -> None:
    x, y, reach = point[0] * scale, point[1] * scale, radius * scale / 2
    pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=235)


def _draw_ring(draw: ImageDraw.ImageDraw, centre: float, radius: float, width: float) -> None:
    box = (centre - radius, centre - radius, centre + radius, centre + radius)
    draw.ellipse(box, outline=255, width=round(width))


def _draw_star(draw: ImageDraw.ImageDraw, centre: Point, radius: float) -> None:
    corners = []
    for corner in range(10):
        reach = radius if corner % 2 == 0 else radius * 0.382  # the inner corners of a regular five-pointed star
        angle = math.radians(corner * 36 - 90)
        corners.append((centre[0] + reach * math.cos(angle), centre[1] + reach * math.sin(angle)))
    draw.polygon(corners, fill=255)


def _draw_text_around(
    ink: Image.Image, text: str, font: ImageFont.FreeTypeFont, radius: float, *, below: bool = False
) -> None:
    """Write text along a circle, letter by letter: over the top, or under it and readable from below."""
    spacing = font.size * 0.12
    widths = [font.getlength(letter) + spacing for letter in text]
    turn = -1 if below else 1
    angle = math.pi / 2 * turn * -1 - turn * sum(widths) / radius / 2
    for letter, width in zip(text, widths, strict=True):
        middle = angle + turn * width / radius / 2
        upright = middle + math.pi / 2 * turn
        _paste_letter(ink, letter, font, (radius * math.cos(middle), radius * math.sin(middle)), upright)
        angle += turn * width / radius


def _paste_letter(ink: Image.Image, letter: str, font: ImageFont.FreeTypeFont, offset: Point, angle: float) -> None:
    side = round(font.size * 2.4)
    tile = Image.new("L", (side, side), 0)
    # On the baseline, so that letters with and without marks stand on one circle.
    ImageDraw.Draw(tile).text((side / 2, side / 2 + font.size * 0.33), letter, fill=255, font=font, anchor="ms")
    turned = tile.rotate(-math.degrees(angle), resample=Image.Resampling.BICUBIC)
    corner = (round(ink.width / 2 + offset[0] - side / 2), round(ink.height / 2 + offset[1] - side / 2))
    ink.paste(255, corner, turned)
