"""Shows one signature's mark on further pages: the signature stays one, its widget on the first of them.

The further marks are stamp annotations in the signed revision. A signature field with several widgets would show as
much, but viewers and validators take such a field for broken.
"""

from dataclasses import replace
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from signing.appearance.mark import Mark
from signing.errors.stamps import PageNotFound, PlacementInvalid
from signing.formats.pdf.marks import MarkWriter, dictionary, numbers
from signing.formats.pdf.spots import SearchedDocument, Spot, find_spot
from signing.model import PageCorner, PageRectangle, Placement

MAXIMUM_PAGES = 500
# Printed, and neither moved, altered nor emptied by hand. Source: ISO 32000-2:2020, table 167.
_FLAGS = 4 | 64 | 128 | 512


def find_further_spots(
    searched: SearchedDocument, placement: Placement, mark: Mark, first: Spot[Mark]
) -> tuple[Spot[Mark], ...]:
    """Return where the mark is repeated; each page by its own size and rotation, text avoided on each.

    Raises:
        PlacementError: One of the pages is not there or has no room.
    """
    if not isinstance(placement, PageRectangle | PageCorner) or not placement.repeat_on:
        return ()
    wanted = range(1, searched.page_count + 1) if placement.repeat_on == "all" else placement.repeat_on
    pages = [page for page in dict.fromkeys(wanted) if page != first.page_index + 1]
    if len(pages) > MAXIMUM_PAGES:
        raise PlacementInvalid(f"a mark is repeated on at most {MAXIMUM_PAGES} pages")
    beyond = [page for page in pages if page > searched.page_count]
    if beyond:
        raise PageNotFound(f"the document has {searched.page_count} pages, and no page {beyond[0]}")
    return tuple(find_spot(searched, replace(placement, page=page, repeat_on=()), mark) for page in pages)


def write_further_marks(
    writer: IncrementalPdfFileWriter, marks: MarkWriter, spots: tuple[Spot[Mark], ...], words: str
) -> None:
    """Add an annotation for each repetition.

    Args:
        words: What it says to those who cannot see it.
    """
    revision: Any = writer
    for spot in spots:
        page, _ = revision.find_page_for_modification(spot.page_index)
        rectangle = spot.rectangle
        text: Any = generic.TextStringObject
        flags: Any = generic.NumberObject
        annotation = dictionary(
            {
                "/Type": generic.pdf_name("/Annot"),
                "/Subtype": generic.pdf_name("/Stamp"),
                "/Rect": numbers(rectangle.x0, rectangle.y0, rectangle.x1, rectangle.y1),
                "/F": flags(_FLAGS),
                "/P": page,
                "/Contents": text(words),
                "/AP": dictionary({"/N": marks.appearance(spot)}),
            }
        )
        revision.register_annotation(page, writer.add_object(annotation))
