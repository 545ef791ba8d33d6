"""Reads the chain of cross-reference sections, tables and streams, newest first.

Source: ISO 32000-2:2020, 7.5.4, 7.5.5 and 7.5.8.
"""

import re
import zlib
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple, Protocol

from signing.formats.pdf.direct.doubt import Doubt
from signing.formats.pdf.direct.tokens import Bytes, Dictionary, Reference

MAXIMUM_SECTIONS = 128
MAXIMUM_NUMBER = 1_000_000
MAXIMUM_XREF_BYTES = 16 * 1024 * 1024
_ROW_BYTES = 20
_TAIL = re.compile(rb"startxref[\r\n ]++(\d{1,10})[\r\n ]++%%EOF[\r\n ]*+\Z")
_TABLE = re.compile(rb"xref *+(?:\r\n|\r|\n)")
_SUBSECTION = re.compile(rb"(\d{1,10}) (\d{1,10}) *+(?:\r\n|\r|\n)")
_TRAILER = re.compile(rb"[\r\n ]*+trailer")
_ROW = re.compile(rb"(\d{10}) (\d{5}) ([nf])(?: \r| \n|\r\n)")
_ROWS = re.compile(rb"(?:\d{10} \d{5} [nf](?: \r| \n|\r\n))*+")
_STREAM_HEAD = re.compile(rb"(\d{1,10}) (\d{1,5}) obj")
_STREAM = re.compile(rb"[\t\n\x0c\r ]*+stream\r?\n")
STREAM_END = re.compile(rb"\r?\n?endstream[\t\n\x0c\r ]++endobj(?=[\t\n\x0c\r ])")


class Entry(NamedTuple):
    """Where an object stands: at an offset, or at a position in an object stream; a free one stands nowhere."""

    offset: int | None = None
    generation: int = 0
    container: int | None = None
    position: int = 0


FREE = Entry()


class Section(Protocol):
    """One cross-reference section with its trailer."""

    trailer: Dictionary

    def find(self, number: int) -> Entry | None:
        """Return what it says of an object, or None where it says nothing."""
        ...

    def entries(self) -> Iterator[tuple[int, Entry]]:
        """Yield everything that it says, and demand that every row is well formed."""
        ...


class TableSection:
    """A classic table; rows are read when they are asked for."""

    def __init__(self, data: Bytes, offset: int) -> None:
        self._data = data
        self._blocks: list[tuple[int, int, int]] = []
        head = _TABLE.match(data, offset)
        position = head.end() if head else offset
        while (subsection := _SUBSECTION.match(data, position)) is not None:
            first, count = int(subsection[1]), int(subsection[2])
            if first + count > MAXIMUM_NUMBER:
                raise Doubt("a cross-reference table is very large")
            self._blocks.append((first, count, subsection.end()))
            position = subsection.end() + count * _ROW_BYTES
        trailer = _TRAILER.match(data, position)
        if head is None or trailer is None or not self._blocks:
            raise Doubt("a cross-reference table is written in an unusual way")
        self.trailer = Dictionary(data, trailer.end())
        if b"XRefStm" in self.trailer:
            raise Doubt("the cross-references are hybrid")

    def find(self, number: int) -> Entry | None:
        for first, count, position in self._blocks:
            if first <= number < first + count:
                row = _ROW.match(self._data, position + (number - first) * _ROW_BYTES)
                if row is None:
                    raise Doubt("a cross-reference row is malformed")
                return Entry(int(row[1]), int(row[2])) if row[3] == b"n" else FREE
        return None

    def entries(self) -> Iterator[tuple[int, Entry]]:
        for first, count, position in self._blocks:
            block = self._data[position : position + count * _ROW_BYTES]
            if len(block) != count * _ROW_BYTES or _ROWS.fullmatch(block) is None:
                raise Doubt("a cross-reference row is malformed")
            for index in range(count):
                row = block[index * _ROW_BYTES : (index + 1) * _ROW_BYTES]
                yield first + index, _checked(Entry(int(row[:10]), int(row[11:16])), row[17:18] == b"n", first + index)


def _checked(entry: Entry, in_use: bool, number: int) -> Entry:
    # Scanning software built on Pillow writes 65536 for object 0, and scans are what offices have most of.
    if entry.generation > 65535 and (in_use or (number, entry.generation) != (0, 65536)):
        raise Doubt("a generation is larger than there are")
    return entry if in_use else FREE


class StreamSection:
    """A cross-reference stream, unpacked."""

    def __init__(self, data: Bytes, offset: int) -> None:
        head = _STREAM_HEAD.match(data, offset)
        if head is None:
            raise Doubt("no cross-references stand where they should")
        self.own = int(head[1]), int(head[2])
        self.offset = offset
        self.trailer = Dictionary(data, head.end())
        if self.trailer.name(b"Type") != b"/XRef":
            raise Doubt("no cross-references stand where they should")
        self._widths = tuple(int(number) for number in self.trailer.numbers(b"W"))
        self._row_bytes = sum(self._widths)
        if len(self._widths) != 3 or not 0 < self._row_bytes <= 24 or self._widths[1] == 0:
            raise Doubt("a cross-reference stream has unusual columns")
        self._rows = _unpacked(stream_content(data, self.trailer), self.trailer, self._row_bytes)
        self._blocks = self._read_blocks()

    def _read_blocks(self) -> list[tuple[int, int, int]]:
        index = [int(n) for n in self.trailer.numbers(b"Index")] if b"Index" in self.trailer else []
        pairs = index or [0, self.trailer.integer(b"Size")]
        blocks, position = [], 0
        for first, count in zip(pairs[::2], pairs[1::2], strict=True):
            if first < 0 or count < 0 or first + count > MAXIMUM_NUMBER:
                raise Doubt("a cross-reference stream is very large")
            blocks.append((first, count, position))
            position += count * self._row_bytes
        if position != len(self._rows):
            raise Doubt("a cross-reference stream has more or fewer rows than it says")
        return blocks

    def find(self, number: int) -> Entry | None:
        for first, count, position in self._blocks:
            if first <= number < first + count:
                return self._row(position + (number - first) * self._row_bytes)
        return None

    def entries(self) -> Iterator[tuple[int, Entry]]:
        for first, count, position in self._blocks:
            for index in range(count):
                yield first + index, self._row(position + index * self._row_bytes)

    def _row(self, position: int) -> Entry:
        kind_width, place_width, last_width = self._widths
        rows, at = self._rows, position + kind_width
        kind = int.from_bytes(rows[position:at], "big") if kind_width else 1
        place = int.from_bytes(rows[at : at + place_width], "big")
        last = int.from_bytes(rows[at + place_width : at + place_width + last_width], "big")
        if kind == 0:
            return FREE
        if kind == 1:
            return Entry(place, last)
        if kind == 2:
            return Entry(container=place, position=last)
        raise Doubt("a cross-reference stream has an unknown kind of row")


def stream_content(data: Bytes, dictionary: Dictionary) -> bytes:
    """Return a stream's bytes as they stand; its length must stand in its dictionary, and its end where that says."""
    length = dictionary.integer(b"Length")
    start = _STREAM.match(data, dictionary.end)
    if start is None or STREAM_END.match(data, start.end() + length) is None:
        raise Doubt("a stream does not end where its length says")
    return data[start.end() : start.end() + length]


def inflated(content: bytes, most_bytes: int) -> bytes:
    """Return the content of a Flate stream that ends well and within its bound."""
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(content, most_bytes)
    except zlib.error:
        raise Doubt("a compressed stream is damaged") from None
    if not inflater.eof or inflater.unused_data.strip(b"\r\n"):
        raise Doubt("a compressed stream is too large, cut, or followed by something")
    return plain


def _unpacked(content: bytes, dictionary: Dictionary, row_bytes: int) -> bytes:
    if b"Filter" in dictionary:
        if dictionary.name(b"Filter") != b"/FlateDecode":
            raise Doubt("a cross-reference stream has an unusual filter")
        content = inflated(content, MAXIMUM_XREF_BYTES)
    if b"DecodeParms" not in dictionary:
        return content
    parameters = Dictionary(dictionary.data, dictionary.places[b"DecodeParms"][0])
    if set(parameters.places) != {b"Predictor", b"Columns"} or parameters.integer(b"Columns") != row_bytes:
        raise Doubt("a cross-reference stream has unusual parameters")
    if parameters.integer(b"Predictor") not in range(10, 16):
        raise Doubt("a cross-reference stream has unusual parameters")
    return _without_up_filter(content, row_bytes)


def _without_up_filter(content: bytes, row_bytes: int) -> bytes:
    """Undo PNG's filter Up, which every writer of cross-reference streams uses. Source: PNG (ISO/IEC 15948), 9.2."""
    step = row_bytes + 1
    if len(content) % step or content[::step].strip(b"\x02"):
        raise Doubt("a cross-reference stream has an unusual filter")
    plain = bytearray(len(content) // step * row_bytes)
    for column in range(row_bytes):
        plain[column::row_bytes] = bytes(total & 0xFF for total in accumulate(content[column + 1 :: step]))
    return bytes(plain)


def read_sections(data: Bytes) -> list[Section]:
    """Return the sections from the newest to the oldest.

    Raises:
        Doubt: The file does not end in startxref and %%EOF, or the chain is not as it should be.
    """
    tail = _TAIL.search(data, max(0, len(data) - 64))
    if tail is None:
        raise Doubt("the file does not end as a PDF should")
    sections: list[Section] = []
    seen: set[int] = set()
    offset = int(tail[1])
    while True:
        if offset in seen or offset >= len(data) or len(sections) >= MAXIMUM_SECTIONS:
            raise Doubt("the chain of cross-references is broken or very long")
        seen.add(offset)
        section = TableSection(data, offset) if data[offset : offset + 4] == b"xref" else StreamSection(data, offset)
        sections.append(section)
        if b"Encrypt" in section.trailer:
            raise Doubt("the file is encrypted")
        if b"Prev" not in section.trailer:
            return sections
        offset = section.trailer.integer(b"Prev")


def newest_offset(data: Bytes) -> int:
    """Return what the file's last startxref says."""
    tail = _TAIL.search(data, max(0, len(data) - 64))
    if tail is None:
        raise Doubt("the file does not end as a PDF should")
    return int(tail[1])


def find_entry(sections: list[Section], reference: Reference) -> Entry:
    """Return where an object in use stands."""
    for section in sections:
        entry = section.find(reference[0])
        if entry is not None:
            if entry == FREE or entry.generation != reference[1]:
                break
            return entry
    raise Doubt("an object that is referred to is not in use")
