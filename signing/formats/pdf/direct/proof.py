"""Proves that a file is whole: every object where it should be, every stream good, the page tree a tree.

It asks for no less than structure.check_whole, whose refusals it must not let slip; a fault is a doubt here, not a
refusal. Source: ISO 32000-2:2020, 7.3 and 7.5.
"""

import re
import zlib

from signing.formats.pdf.direct.doubt import Doubt
from signing.formats.pdf.direct.grammar import member_pattern, object_pattern
from signing.formats.pdf.direct.objects import ObjectStream, PdfFile
from signing.formats.pdf.direct.tokens import Dictionary, Reference
from signing.formats.pdf.direct.xref import FREE, STREAM_END, Entry, StreamSection

MAXIMUM_OBJECTS = 100_000
MAXIMUM_PAGES = 5_000
MAXIMUM_DEPTH = 64
MAXIMUM_INFLATED_BYTES = 512 * 1024 * 1024
_STEP_BYTES = 1024 * 1024
_KNOWN_FILTER = (
    rb"/(?:FlateDecode|Fl|DCTDecode|DCT|JPXDecode|CCITTFaxDecode|CCF|JBIG2Decode|LZWDecode|LZW|ASCII85Decode|A85"
    rb"|ASCIIHexDecode|AHx|RunLengthDecode|RL)"
)
_FILTERS = re.compile(
    rb"(%(f)b)|\[%(w)b*+(?:(%(f)b)%(w)b*+(?:%(f)b%(w)b*+)*+)?\]" % {b"f": _KNOWN_FILTER, b"w": rb"[\t\n\x0c\r ]"}
)
_FLATE = {b"/FlateDecode", b"/Fl"}
_INTEGER_OBJECT = re.compile(rb"[\t\n\x0c\r ]*+(\d{1,10})[\t\n\x0c\r ]++endobj(?=[\t\n\x0c\r ])")
_BLANK = b"\t\n\x0c\r "


def prove_whole(file: PdfFile) -> None:
    """Read everything that the newest cross-references lead to.

    Raises:
        Doubt: Something is damaged, missing, unusual, or larger than is looked at here.
    """
    newest = _newest_entries(file)
    left = MAXIMUM_INFLATED_BYTES
    members: dict[int, list[tuple[int, int]]] = {}
    for number, entry in newest.items():
        if entry.offset is not None:
            left -= _check_object(file, (number, entry.generation), entry.offset, left)
        elif entry.container is not None:
            members.setdefault(entry.container, []).append((number, entry.position))
    for container, listed in members.items():
        if newest.get(container, FREE).offset is None:
            raise Doubt("an object stream is missing")
        _check_members(file.object_stream(container), listed)
    _check_information(file)
    _check_pages(file)


def _newest_entries(file: PdfFile) -> dict[int, Entry]:
    """Return where each object stands now; a later revision may not be smaller than an earlier one."""
    newest: dict[int, Entry] = {}
    size = file.size
    for section in file.sections:
        _check_trailer(section.trailer)
        if section.trailer.integer(b"Size") > size:
            raise Doubt("an earlier revision has more objects than a later one")
        size = section.trailer.integer(b"Size")
        for number, entry in section.entries():
            if number >= size:
                raise Doubt("a revision has more objects than it says")
            newest.setdefault(number, entry)
        if isinstance(section, StreamSection) and newest.get(section.own[0], FREE).offset is None:
            raise Doubt("a cross-reference stream does not list itself")
    if len(newest) > MAXIMUM_OBJECTS:
        raise Doubt("the file has very many objects")
    return newest


def _check_trailer(trailer: Dictionary) -> None:
    written = member_pattern().match(trailer.data, trailer.start)
    if written is None or not trailer.end <= written.end():
        raise Doubt("a trailer is written in an unusual way")


def _check_information(file: PdfFile) -> None:
    """Demand that the document information dictionary, if any, is one of texts and names."""
    if b"Info" not in file.trailer:
        return
    information = file.dictionary(file.trailer.needed_reference(b"Info"))
    for _, value in information.items():
        if not value.startswith((b"(", b"<", b"/")) or value.startswith(b"<<"):
            raise Doubt("the document information is unusual")


def _check_object(file: PdfFile, reference: Reference, offset: int, most_bytes: int) -> int:
    """Check one object in the file and return how much its stream inflates to."""
    found = object_pattern().match(file.data, offset)
    if found is None or (int(found[1]), int(found[2])) != reference:
        raise Doubt("an object is not where it should be, or is written in an unusual way")
    if found[3] == b"endobj":
        return 0
    dictionary = Dictionary(file.data, found.end(2) + len(b" obj"))
    start = found.end()
    end = start + _length(file, dictionary)
    if STREAM_END.match(file.data, end) is None:
        raise Doubt("a stream does not end where its length says")
    filters = _FILTERS.fullmatch(dictionary.raw(b"Filter") or b"[]")
    if filters is None:
        raise Doubt("a stream's filter is unusual")
    first = filters[1] or filters[2]
    if first in _FLATE:
        return _inflated_size(file, start, end, most_bytes)
    if first is None and _is_deflated(file.data[start : start + 2]):
        raise Doubt("a stream is compressed and does not say so")
    return end - start


def _is_deflated(head: bytes) -> bool:
    """Say whether bytes begin as a zlib stream does. Source: RFC 1950, 2.2."""
    return len(head) == 2 and head[0] & 0x8F == 0x08 and int.from_bytes(head, "big") % 31 == 0


def _length(file: PdfFile, dictionary: Dictionary) -> int:
    reference = dictionary.reference(b"Length")
    if reference is None:
        return dictionary.integer(b"Length")
    for section in file.sections:
        entry = section.find(reference[0])
        if entry is not None:
            break
    else:
        raise Doubt("a stream's length is missing")
    if entry.offset is None or entry.generation != reference[1]:
        raise Doubt("a stream's length stands in an unusual place")
    found = _INTEGER_OBJECT.match(file.data, file.body_start(entry.offset, reference))
    if found is None:
        raise Doubt("a stream's length is no number")
    return int(found[1])


def _inflated_size(file: PdfFile, start: int, end: int, most_bytes: int) -> int:
    """Inflate a stream without keeping the result, so that its checksum is compared."""
    inflater = zlib.decompressobj()
    size = 0
    try:
        for position in range(start, end, _STEP_BYTES):
            waiting = file.data[position : min(position + _STEP_BYTES, end)]
            while waiting and not inflater.eof:
                size += len(inflater.decompress(waiting, _STEP_BYTES))
                waiting = inflater.unconsumed_tail
                if size > most_bytes:
                    raise Doubt("the streams are very large when inflated")
    except zlib.error:
        raise Doubt("a compressed stream is damaged") from None
    if not inflater.eof or inflater.unused_data.strip(_BLANK):
        raise Doubt("a compressed stream ends too early or too late")
    return size


def _check_members(stream: ObjectStream, listed: list[tuple[int, int]]) -> None:
    """Demand that each member listed is there, and that every member is one value and nothing more."""
    for number, position in listed:
        stream.start_of(number, position)
    # A blank ends the last value where the stream itself does.
    content, pattern = stream.data + b" ", member_pattern()
    for start, end in zip(stream.starts, [*stream.starts[1:], len(content)], strict=True):
        member = pattern.match(content, start)
        if member is None or member.end() != end:
            raise Doubt("a member of an object stream is not one value")


def _check_pages(file: PdfFile) -> None:
    catalogue = file.dictionary(file.catalogue_reference)
    root = catalogue.needed_reference(b"Pages")
    waiting: list[tuple[Reference, Reference | None, int]] = [(root, None, 0)]
    seen: set[Reference] = set()
    leaves = 0
    while waiting:
        reference, parent, depth = waiting.pop()
        if reference in seen or depth > MAXIMUM_DEPTH:
            raise Doubt("the page tree is no tree")
        seen.add(reference)
        node = file.dictionary(reference)
        if node.reference(b"Parent") != parent:
            raise Doubt("a node of the page tree names another parent")
        if node.name(b"Type") == b"/Pages":
            waiting += [(kid, reference, depth + 1) for kid in node.references(b"Kids")]
            continue
        leaves += 1
        if node.name(b"Type") != b"/Page" or leaves > MAXIMUM_PAGES:
            raise Doubt("the page tree holds something that is no page, or very many pages")
    if leaves == 0 or file.dictionary(root).integer(b"Count") != leaves:
        raise Doubt("the page tree does not hold as many pages as it says")
