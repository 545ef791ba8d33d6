"""A drawn stamp ready to be written into a file: taken apart once, its objects only numbered anew for each document."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.appearance.style import DrawnStamp
from signing.formats.pdf.direct.doubt import Doubt
from signing.formats.pdf.direct.revision import Revision
from signing.formats.pdf.marks import numbers

# A stamp has a font or two and a few pictures; each of them is a handful of objects.
MAXIMUM_OBJECTS = 100
_PAGE_KEYS = ("/Group",)

# Bytes as they stand, and between them positions in the stamp's own list of objects.
_Template = tuple[bytes | int, ...]


@dataclass(frozen=True)
class PackedDrawing:
    """A stamp's objects.

    Attributes:
        templates: The form that shows the stamp comes last; each object refers to others by their places here.
    """

    templates: tuple[_Template, ...]
    width_pt: float
    height_pt: float

    @property
    def aspect(self) -> float:
        """Width through height."""
        return self.width_pt / self.height_pt

    @property
    def unit(self) -> tuple[float, float]:
        """The size of the form."""
        return self.width_pt, self.height_pt

    def add_to(self, revision: Revision) -> int:
        """Add the stamp's objects and return the form's number."""
        first = revision.next_number
        for template in self.templates:
            pieces = (piece if isinstance(piece, bytes) else b"%d 0 R" % (first + piece) for piece in template)
            revision.add(b"".join(pieces))
        return first + len(self.templates) - 1


@lru_cache(maxsize=32)
def pack_drawing(stamp: DrawnStamp) -> PackedDrawing:
    """Take a stamp's one page apart.

    Raises:
        Doubt: It is larger than a stamp should be.
    """
    reader: Any = PdfFileReader(io.BytesIO(stamp.pdf))
    page_reference, resources = reader.find_page_for_modification(0)
    page = page_reference.get_object()
    content = page["/Contents"]
    entries: dict[str, Any] = {key: content.raw_get(key) for key in ("/Filter",) if key in content}
    entries |= {key: page.raw_get(key) for key in _PAGE_KEYS if key in page}
    box = numbers(0, 0, stamp.width_pt, stamp.height_pt)
    entries |= {"/Resources": resources, "/BBox": box}
    head = {"/Type": generic.pdf_name("/XObject"), "/Subtype": generic.pdf_name("/Form")}
    found = _Objects()
    form = found.stream({**head, **entries}, content.encoded_data)
    return PackedDrawing((*found.templates(), form), stamp.width_pt, stamp.height_pt)


class _Objects:
    """Everything that the stamp's form refers to, in the order in which it was met."""

    def __init__(self) -> None:
        self._places: dict[int, int] = {}
        self._references: list[Any] = []

    def templates(self) -> Iterator[_Template]:
        """Yield each object; writing one may add others."""
        done = 0
        while done < len(self._references):
            value = self._references[done].get_object()
            done += 1
            if isinstance(value, generic.StreamObject):
                yield self.stream({key: value.raw_get(key) for key in value}, value.encoded_data)
            else:
                yield joined(self._pieces(value))

    def stream(self, entries: dict[str, Any], content: bytes) -> _Template:
        """Return a stream with its content as it was packed."""
        kept = {key: value for key, value in entries.items() if key != "/Length"}
        body = b"/Length %d>>\nstream\n%b\nendstream" % (len(content), content)
        return joined([b"<<", *self._entries(kept), body])

    def _entries(self, entries: dict[str, Any]) -> Iterator[bytes | int]:
        for key, value in entries.items():
            yield _written(generic.pdf_name(key)) + b" "
            yield from self._pieces(value)

    def _pieces(self, value: Any) -> Iterator[bytes | int]:
        if isinstance(value, generic.IndirectObject):
            if value.idnum not in self._places:
                if len(self._references) == MAXIMUM_OBJECTS:
                    raise Doubt("a stamp has very many objects")
                self._places[value.idnum] = len(self._references)
                self._references.append(value)
            yield self._places[value.idnum]
        elif isinstance(value, generic.DictionaryObject):
            yield b"<<"
            yield from self._entries({key: value.raw_get(key) for key in value})
            yield b">>"
        elif isinstance(value, generic.ArrayObject):
            yield b"["
            for index in range(len(value)):
                yield from self._pieces(value.raw_get(index))
                yield b" "
            yield b"]"
        else:
            yield _written(value)


def joined(pieces: Sequence[bytes | int] | Iterator[bytes | int]) -> _Template:
    """Return the pieces with neighbouring bytes put together."""
    result: list[bytes | int] = []
    for piece in pieces:
        if isinstance(piece, bytes) and result and isinstance(result[-1], bytes):
            result[-1] += piece
        else:
            result.append(piece)
    return tuple(result)


def _written(value: Any) -> bytes:
    stream = io.BytesIO()
    value.write_to_stream(stream, None)
    return stream.getvalue()
