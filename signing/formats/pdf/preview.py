"""Shows a page as it will look with its signature, before anyone signs. Runs in the child for untrusted files."""

import io
from dataclasses import dataclass
from pathlib import Path

import pypdfium2

from signing.formats.pdf.prepare import PdfSignatureOrder, prepare_pdf
from signing.model import Rectangle

# Wide enough to read ten-point letters, small enough for a phone's line.
WIDTH_PIXELS = 1_240


@dataclass(frozen=True)
class Preview:
    """A picture of the page that the mark stands on, or of page 1 where the signature is invisible.

    Attributes:
        rectangle: Of the mark, in the page's own coordinates; None when invisible.
    """

    png: bytes
    page_index: int
    rectangle: Rectangle | None


def preview_signature(source: Path, scratch: Path, order: PdfSignatureOrder) -> Preview:
    """Prepare the signature as signing would, and paint the page.

    Args:
        scratch: Where the prepared file may lie meanwhile; it is removed.
    Raises:
        DocumentNotSignable, PlacementError, PictureUnusable: As prepare_pdf does: what cannot be signed has no preview.
    """
    prepared = prepare_pdf(source, scratch, order)
    page_index = prepared.page_index or 0
    try:
        return Preview(_painted(scratch, page_index), page_index, prepared.rectangle)
    finally:
        scratch.unlink(missing_ok=True)


def _painted(path: Path, page_index: int) -> bytes:
    with pypdfium2.PdfDocument(path) as document:
        # Without its forms PDFium leaves the fields of signatures out.
        document.init_forms()
        page = document[page_index]
        try:
            image = page.render(scale=WIDTH_PIXELS / page.get_width(), may_draw_forms=True).to_pil()
        finally:
            page.close()
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
