"""Where elements stand in the bytes of a file, so that a signature is put in without touching a byte around it."""

from collections.abc import Iterable
from dataclasses import dataclass
from xml.parsers import expat

from lxml import etree

from signing.errors.xml import XmlForbidden, XmlUnreadable
from signing.formats.xml.parsing import Element


@dataclass(frozen=True)
class Insertion:
    """What replaces a stretch of bytes (mostly an empty one)."""

    start: int
    end: int
    text: bytes


@dataclass(frozen=True)
class Place:
    """A place between bytes; where an element without content has to be opened for it, what stands around it.

    Attributes:
        start, end: The stretch replaced, empty unless an element is opened.
        before, after: Stand before and behind what is put in.
    """

    start: int
    end: int
    before: bytes = b""
    after: bytes = b""

    def insertion(self, text: bytes) -> Insertion:
        """Return what puts text in this place."""
        return Insertion(self.start, self.end, self.before + text + self.after)


def place_at_end(data: bytes, element: Element) -> Place:
    """Return the place behind an element's last child.

    Args:
        data: The file from which the element was parsed.
    Raises:
        XmlUnreadable: The file's second reader does not agree with the first one.
    """
    start, closing = _find_tags(data, _ordinal(element))
    opened = _end_of_tag(data, start)
    if data[opened - 2 : opened] != b"/>":
        return Place(closing, closing)
    name = data[start + 1 : opened].split(maxsplit=1)[0].rstrip(b"/>")
    return Place(opened - 2, opened, b">", b"</" + name + b">")


def place_behind(data: bytes, element: Element) -> Place:
    """Return the place right behind an element. Errors as place_at_end."""
    start, closing = _find_tags(data, _ordinal(element))
    opened = _end_of_tag(data, start)
    end = opened if data[opened - 2 : opened] == b"/>" else _end_of_tag(data, closing)
    return Place(end, end)


def splice(data: bytes, insertions: Iterable[Insertion]) -> bytes:
    """Return the bytes with every insertion made; of two at one place the first one given comes first."""
    parts, at = [], 0
    for insertion in sorted(insertions, key=lambda one: one.start):
        parts += [data[at : insertion.start], insertion.text]
        at = insertion.end
    return b"".join((*parts, data[at:]))


def _ordinal(element: Element) -> int:
    root = element.getroottree().getroot()
    return next(number for number, one in enumerate(root.iter(etree.Element)) if one is element)


class _Tags:
    """Listens to the reader until the element with a number has ended."""

    def __init__(self, reader: expat.XMLParserType, wanted: int) -> None:
        self._reader = reader
        self._wanted = wanted
        self._count = 0
        self._depth = 0
        self._wanted_depth = 0
        self.start: int | None = None
        self.closing: int | None = None

    def started(self, _name: str, _attributes: object) -> None:
        self._depth += 1
        if self._count == self._wanted:
            self.start, self._wanted_depth = self._reader.CurrentByteIndex, self._depth
        self._count += 1

    def ended(self, _name: str) -> None:
        if self.start is not None and self.closing is None and self._depth == self._wanted_depth:
            self.closing = self._reader.CurrentByteIndex
        self._depth -= 1


def _find_tags(data: bytes, ordinal: int) -> tuple[int, int]:
    """Return where the tags of an element begin, in bytes; for an element in one tag the second has no meaning."""
    reader = expat.ParserCreate()
    tags = _Tags(reader, ordinal)
    reader.StartElementHandler = tags.started
    reader.EndElementHandler = tags.ended
    reader.StartDoctypeDeclHandler = _refuse_doctype
    try:
        reader.Parse(data, True)
    except expat.ExpatError:
        raise XmlUnreadable("two XML readers do not agree about the file") from None
    if tags.start is None or tags.closing is None or data[tags.start : tags.start + 1] != b"<":
        raise XmlUnreadable("two XML readers do not agree about the file")
    return tags.start, tags.closing


def _refuse_doctype(*_: object) -> None:
    raise XmlForbidden("the XML has a document type declaration")


def _end_of_tag(data: bytes, start: int) -> int:
    """Return the offset behind the tag that begins at start; a ">" in an attribute's value does not end it."""
    quote = b""
    at = start
    while True:
        character = data[at : at + 1]
        at += 1
        if not character:
            raise XmlUnreadable("two XML readers do not agree about the file")
        if quote:
            quote = b"" if character == quote else quote
        elif character in {b'"', b"'"}:
            quote = character
        elif character == b">":
            return at
