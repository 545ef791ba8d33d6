"""Whether what a signature shows on a plain file has to be held against PDF/A's rules, which the library's way does.

On PDF/A-2 and later with an RGB output intent it need not: a field that is printed, with one appearance, pictures in
RGB and embedded subsets are what those parts allow (ISO 19005-2:2011, 6.2.4.3, 6.2.11.4, 6.3).
"""

import re

from signing.formats.pdf.direct.objects import PdfFile
from signing.formats.pdf.direct.tokens import Dictionary, Reference
from signing.formats.pdf.direct.xref import find_entry, inflated, stream_content

MAXIMUM_STREAM_BYTES = 4 * 1024 * 1024
_NAMESPACE = b"http://www.aiim.org/pdfa/ns/id/"
_LATER_PART = re.compile(rb"""[Pp]art\s*(?:>|=\s*["'])\s*[23]\s*[<"']""")
_ONE_REFERENCE = re.compile(rb"\[?\s*(\d{1,10}) (\d{1,5}) R\s*\]?")
_NUMBER = re.compile(rb"\s*(\d{1,10})\s*endobj")
_STREAM = re.compile(rb"\s*stream\r?\n")
_PROFILE = re.compile(rb"/DestOutputProfile\s*(\d{1,10}) (\d{1,5}) R")


def needs_rules(file: PdfFile, catalogue: Dictionary) -> bool:
    """Say whether the document claims PDF/A of a kind that a picture could break, or cannot be looked at here."""
    if b"Metadata" not in catalogue:
        return False
    reference = catalogue.reference(b"Metadata")
    metadata = None if reference is None else _content(file, reference)
    if metadata is None:
        return True
    if _NAMESPACE not in metadata:
        return False
    return _LATER_PART.search(metadata) is None or not _has_rgb_intent(file, catalogue)


def _has_rgb_intent(file: PdfFile, catalogue: Dictionary) -> bool:
    intents = catalogue.raw(b"OutputIntents") or b""
    one = _ONE_REFERENCE.fullmatch(intents.strip())
    if one is not None:
        profile = file.dictionary((int(one[1]), int(one[2]))).reference(b"DestOutputProfile")
    else:
        found = _PROFILE.findall(intents)
        profile = (int(found[0][0]), int(found[0][1])) if len(found) == 1 else None
    content = None if profile is None else _content(file, profile)
    # Source: ICC.1, 7.2.6: the data colour space.
    return content is not None and content[16:20] == b"RGB "


def _content(file: PdfFile, reference: Reference) -> bytes | None:
    """Return a stream's content; None where it is packed in a way that is not plain."""
    start = _start(file, reference)
    if start is None:
        return None
    found = Dictionary(file.data, start)
    length = found.reference(b"Length")
    content = bytes(stream_content(file.data, found)) if length is None else _by_length(file, found.end, length)
    if content is None or b"Filter" not in found:
        return content
    if found.name(b"Filter") != b"/FlateDecode" or b"DecodeParms" in found:
        return None
    return inflated(content, MAXIMUM_STREAM_BYTES)


def _by_length(file: PdfFile, end: int, length: Reference) -> bytes | None:
    """Return a stream's bytes, whose length is an object of its own."""
    start, begins = _start(file, length), _STREAM.match(file.data, end)
    number = None if start is None else _NUMBER.match(file.data, start)
    if number is None or begins is None:
        return None
    return bytes(file.data[begins.end() : begins.end() + int(number[1])])


def _start(file: PdfFile, reference: Reference) -> int | None:
    offset = find_entry(file.sections, reference).offset
    return None if offset is None else file.body_start(offset, reference)
