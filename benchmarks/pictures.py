"""A picture of handwriting, drawn and not taken from anybody."""

import io

from PIL import Image, ImageDraw


def handwriting_image() -> Image.Image:
    """Return a blue scrawl, 3 : 1, on nothing."""
    image = Image.new("RGBA", (600, 200), (0, 0, 0, 0))
    points = [(10, 160), (80, 30), (120, 170), (200, 60), (260, 150), (340, 40), (420, 160), (590, 90)]
    ImageDraw.Draw(image).line(points, fill=(20, 40, 160, 255), width=9, joint="curve")
    return image


def handwriting() -> bytes:
    """Return it as PNG."""
    buffer = io.BytesIO()
    handwriting_image().save(buffer, format="PNG")
    return buffer.getvalue()
