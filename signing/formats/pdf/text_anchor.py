"""Finds text on pages and where it stands, however its accents and spaces were written."""

import ctypes
import math
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pypdfium2
import pypdfium2.raw as pdfium

from signing.errors.stamps import PageNotFound
from signing.formats.pdf.geometry import PageView, union
from signing.model import Rectangle


@dataclass(frozen=True)
class Glyph:
    """One character that leaves ink, with its box as read."""

    character: str
    box: Rectangle


@dataclass(frozen=True)
class TextMatch:
    """One place where a text stands.

    Attributes:
        page_index: From 0.
        read: Its box as the page is read.
        own: Its box in the page's own coordinates.
    """

    page_index: int
    read: Rectangle
    own: Rectangle


@dataclass(frozen=True)
class PageText:
    """The ink of one page's text in the order of writing.

    Attributes:
        view: The page turned so that its text stands upright. That is how it is seen, unless somebody turned the page
            afterwards: then title and name still belong together as they are read.
    """

    page_index: int
    view: PageView
    glyphs: tuple[Glyph, ...]

    def find(self, text: str) -> list[Rectangle]:
        """Return the boxes, as read, of every place where text stands, in the order in which it was written."""
        wanted = "".join(part for part, _ in _comparable(text))
        if not wanted:
            return []
        parts = list(_comparable("".join(glyph.character for glyph in self.glyphs)))
        written = "".join(part for part, _ in parts)
        found: list[Rectangle] = []
        start = written.find(wanted)
        while start >= 0:
            indexes = {index for _, index in parts[start : start + len(wanted)]}
            found.append(union([self.glyphs[index].box for index in indexes]))
            start = written.find(wanted, start + len(wanted))
        return found

    def as_viewed(self, view: PageView) -> "PageText":
        """Return the same ink in the coordinates of another view of the page."""
        if view == self.view:
            return self
        glyphs = tuple(Glyph(glyph.character, view.to_seen(self.view.to_own(glyph.box))) for glyph in self.glyphs)
        return PageText(self.page_index, view, glyphs)


def _comparable(text: str) -> Iterator[tuple[str, int]]:
    """Yield characters fit for comparison, each with the index of the character that it came from.

    Composed and decomposed accents, ligatures, and any kind of space or soft hyphen compare alike: NFKD with the marks
    in canonical order over the whole text, without spaces and format characters. Source: Unicode 3.11, D106 to D109.
    """
    marks: list[tuple[int, str, int]] = []
    for index, character in enumerate(text):
        for part in unicodedata.normalize("NFKD", character):
            order = unicodedata.combining(part)
            if order:
                marks.append((order, part, index))
                continue
            if part.isspace() or unicodedata.category(part) in {"Cf", "Cc"}:
                continue
            yield from ((mark, at) for _, mark, at in sorted(marks, key=lambda item: item[0]))
            marks.clear()
            yield part, index
    yield from ((mark, at) for _, mark, at in sorted(marks, key=lambda item: item[0]))


def _seen(page: pypdfium2.PdfPage) -> PageView:
    return PageView(Rectangle(*page.get_cropbox()), page.get_rotation() % 360)


def _characters(page: pypdfium2.PdfPage) -> Iterator[tuple[str, Rectangle, int]]:
    """Yield each character that leaves ink, its box, and how far its line is turned, in quarters anticlockwise.

    PDFium gives the angle clockwise.
    """
    text_page = page.get_textpage()
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    try:
        for index in range(text_page.count_chars()):
            code = pdfium.FPDFText_GetUnicode(text_page, index)
            # Lone surrogates come from broken ToUnicode tables; spaces and line ends leave no ink.
            if not code or 0xD800 <= code <= 0xDFFF or chr(code).isspace():
                continue
            if pdfium.FPDFText_GetCharBox(text_page, index, left, right, bottom, top):
                quarters = -round(pdfium.FPDFText_GetCharAngle(text_page, index) / (math.pi / 2)) % 4
                yield chr(code), Rectangle(left.value, bottom.value, right.value, top.value), quarters
    finally:
        text_page.close()


def read_page_text(document: pypdfium2.PdfDocument, page_index: int) -> PageText:
    """Return one page's text with the place of each character."""
    page = document[page_index]
    try:
        characters = list(_characters(page))
        view = _seen(page)
        if characters:
            quarters, _ = Counter(quarters for _, _, quarters in characters).most_common(1)[0]
            view = PageView(view.box, 90 * quarters)
        glyphs = tuple(Glyph(character, view.to_seen(own)) for character, own, _ in characters)
        return PageText(page_index, view, glyphs)
    finally:
        page.close()


def read_page_view(document: pypdfium2.PdfDocument, page_index: int) -> PageView:
    """Return how one page is turned and cropped for the eye."""
    page = document[page_index]
    try:
        return _seen(page)
    finally:
        page.close()


def page_indexes(page_count: int, page: int | Literal["last"] | None) -> range:
    """Return the pages that a placement names, from 0.

    Args:
        page: From 1; "last"; or None for all pages.
    Raises:
        PageNotFound: The document has no such page.
    """
    if page is None:
        return range(page_count)
    if page == "last":
        return range(page_count - 1, page_count)
    if not 1 <= page <= page_count:
        raise PageNotFound(f"there is no page {page}: the document has {page_count}")
    return range(page - 1, page)


def find_text(path: Path, text: str, page: int | Literal["last"] | None = None) -> tuple[TextMatch, ...]:
    """Return every place where text stands, in the order of pages and, on a page, of writing.

    Accents may be composed or not, and spaces and line ends do not count. Turned pages are read as their text stands.

    Args:
        page: From 1; "last"; or None for all pages.
    Raises:
        PageNotFound: The document has no such page.
    """
    with pypdfium2.PdfDocument(path) as document:
        found = []
        for index in page_indexes(len(document), page):
            page_text = read_page_text(document, index)
            found += [TextMatch(index, read, page_text.view.to_own(read)) for read in page_text.find(text)]
        return tuple(found)
