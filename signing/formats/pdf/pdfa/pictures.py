"""A picture for PDF/A-1, which knows no transparency: its clear parts are left out by a mask of black and white."""

from typing import Any

from PIL import Image
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.images import pil_image
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

# What lets less than a quarter of its colour be seen is left out.
_SHOWN_FROM = 64


def masked_image(image: Image.Image, writer: IncrementalPdfFileWriter) -> generic.IndirectObject:
    """Write an RGBA image with an explicit mask, its half-clear colours as they look on white paper.

    Source: ISO 32000-1:2008, 8.9.6.3; ISO 19005-1:2005, 6.4 forbids soft masks only.
    """
    alpha = image.getchannel("A")
    paper = Image.new("RGB", image.size, (255, 255, 255))
    paper.paste(image.convert("RGB"), mask=alpha)
    written: generic.IndirectObject = pil_image(paper, writer)
    # In a mask, 1 hides; a line of the image begins with a byte of its own in both formats.
    hidden = alpha.point(lambda value: 255 if value < _SHOWN_FROM else 0).convert("1", dither=Image.Dither.NONE)
    number: Any = generic.NumberObject
    truth: Any = generic.BooleanObject
    mask: Any = generic.StreamObject(
        {
            "/Type": generic.pdf_name("/XObject"),
            "/Subtype": generic.pdf_name("/Image"),
            "/Width": number(image.width),
            "/Height": number(image.height),
            "/ImageMask": truth(True),
            "/BitsPerComponent": number(1),
        },
        stream_data=hidden.tobytes(),
    )
    mask.compress()
    image_object: Any = written
    image_object.get_object()["/Mask"] = writer.add_object(mask)
    return written
