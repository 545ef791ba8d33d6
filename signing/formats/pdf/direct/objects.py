"""Finds objects in a file by their references, in the file itself or in object streams.

Source: ISO 32000-2:2020, 7.3.10 and 7.5.7.
"""

import re

from signing.formats.pdf.direct.doubt import Doubt
from signing.formats.pdf.direct.tokens import Bytes, Dictionary, Reference, references_in
from signing.formats.pdf.direct.xref import (
    Section,
    StreamSection,
    find_entry,
    inflated,
    newest_offset,
    read_sections,
    stream_content,
)

MAXIMUM_OBJECT_STREAM_BYTES = 16 * 1024 * 1024
MAXIMUM_MEMBERS = 100_000
_HEAD = re.compile(rb"(\d{1,10}) (\d{1,5}) obj(?=[\x00\t\n\x0c\r <\[(/])")
_END = re.compile(rb"[\t\n\x0c\r ]*+endobj(?=[\t\n\x0c\r ])")
_ARRAY = re.compile(rb"[\t\n\x0c\r ]*+(\[[^\[\]<>(){}%/]*+\])[\t\n\x0c\r ]*+endobj(?=[\t\n\x0c\r ])")
_HEADER = re.compile(rb"%PDF-(1\.[0-7]|2\.0)[\r\n ]")
_PAIRS = re.compile(rb"(?:[\t\n\x0c\r ]*+\d{1,10}[\t\n\x0c\r ]++\d{1,10})*+[\t\n\x0c\r ]*+")


class ObjectStream:
    """An object stream, unpacked: where each member begins."""

    def __init__(self, data: Bytes, dictionary: Dictionary) -> None:
        if dictionary.name(b"Type") != b"/ObjStm" or dictionary.name(b"Filter") != b"/FlateDecode":
            raise Doubt("an object stream is unusual")
        if b"DecodeParms" in dictionary or b"Extends" in dictionary:
            raise Doubt("an object stream is unusual")
        count, first = dictionary.integer(b"N"), dictionary.integer(b"First")
        self.data = inflated(stream_content(data, dictionary), MAXIMUM_OBJECT_STREAM_BYTES)
        pairs = self.data[:first]
        if count > MAXIMUM_MEMBERS or first > len(self.data) or _PAIRS.fullmatch(pairs) is None:
            raise Doubt("an object stream's index is damaged")
        numbers = [int(number) for number in pairs.split()]
        if len(numbers) != 2 * count or numbers[1::2] != sorted(numbers[1::2]):
            raise Doubt("an object stream's index is damaged")
        self.numbers = numbers[::2]
        self.starts = [first + offset for offset in numbers[1::2]]

    def start_of(self, number: int, index: int) -> int:
        """Return the offset of a member that stands at an index."""
        if index >= len(self.numbers) or self.numbers[index] != number:
            raise Doubt("an object stream does not hold what the cross-references say")
        return self.starts[index]


class PdfFile:
    """A plain file: its cross-references and its objects, each read when it is asked for."""

    def __init__(self, data: Bytes) -> None:
        """Read header, tail and cross-references.

        Raises:
            Doubt: They are not as they should be, or the file is encrypted.
        """
        header = _HEADER.match(data)
        if header is None:
            raise Doubt("the file does not begin as a PDF should")
        self.data = data
        self.version = header[1]
        self.newest_offset = newest_offset(data)
        self.sections: list[Section] = read_sections(data)
        self.trailer = self.sections[0].trailer
        self.size = self.trailer.integer(b"Size")
        self.catalogue_reference = self.trailer.needed_reference(b"Root")
        self._object_streams: dict[int, ObjectStream] = {}

    @property
    def uses_streams(self) -> bool:
        """Whether the newest cross-references are a stream."""
        return isinstance(self.sections[0], StreamSection)

    def dictionary(self, reference: Reference) -> Dictionary:
        """Return the dictionary that a reference leads to; a stream's dictionary is a doubt."""
        data, start = self._place(reference)
        found = Dictionary(data, start)
        if data is self.data and _END.match(data, found.end) is None:
            raise Doubt("an object that should be a dictionary is more than that")
        return found

    def array(self, reference: Reference) -> bytes:
        """Return an array of numbers or references that a reference leads to, as written."""
        data, start = self._place(reference)
        if data is not self.data:
            raise Doubt("an array stands in an object stream")
        found = _ARRAY.match(data, start)
        if found is None:
            raise Doubt("an array is missing or unusual")
        return found[1]

    def references(self, reference: Reference) -> list[Reference]:
        """Return the items of an array of references that a reference leads to."""
        return references_in(self.array(reference))

    def object_stream(self, number: int) -> ObjectStream:
        """Return an object stream by its number."""
        if number not in self._object_streams:
            entry = find_entry(self.sections, (number, 0))
            if entry.offset is None:
                raise Doubt("an object stream stands in another one")
            dictionary = Dictionary(self.data, self.body_start(entry.offset, (number, 0)))
            self._object_streams[number] = ObjectStream(self.data, dictionary)
        return self._object_streams[number]

    def body_start(self, offset: int, reference: Reference) -> int:
        """Return where an object's value begins, behind its header."""
        head = _HEAD.match(self.data, offset)
        if head is None or (int(head[1]), int(head[2])) != reference:
            raise Doubt("an object does not begin where the cross-references say")
        return head.end()

    def _place(self, reference: Reference) -> tuple[Bytes, int]:
        if reference[0] >= self.size:
            raise Doubt("an object's number is larger than the file says")
        entry = find_entry(self.sections, reference)
        if entry.offset is not None:
            return self.data, self.body_start(entry.offset, reference)
        if entry.container is None:
            raise Doubt("an object stands nowhere")
        members = self.object_stream(entry.container)
        return members.data, members.start_of(reference[0], entry.position)
