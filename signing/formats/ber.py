"""Reads BER so that every part keeps its own bytes: what others signed must never be encoded anew (ITU-T X.690)."""

from collections.abc import Iterator
from dataclasses import dataclass

from signing.errors.files import SignatureFileUnreadable

MAX_DEPTH = 48
MAX_CHILDREN = 20_000
_CONSTRUCTED = 0x20
_INDEFINITE = 0x80
_END = b"\x00\x00"


@dataclass(frozen=True)
class Element:
    """One element where it stands.

    Attributes:
        tag: The identifier octet; numbers above 30 do not occur in what is read here.
        raw: All of it, tag and length included. content: What it holds, without an end-of-contents mark.
    """

    tag: int
    raw: memoryview
    content: memoryview

    @property
    def constructed(self) -> bool:
        """Say whether it holds elements and not plain bytes."""
        return bool(self.tag & _CONSTRUCTED)

    @property
    def der(self) -> bytes:
        """The whole element as bytes of its own."""
        return bytes(self.raw)


def read_element(data: bytes | memoryview) -> Element:
    """Return the first element; what follows it is not looked at.

    Raises:
        SignatureFileUnreadable: It is cut short, nested too deeply or not BER.
    """
    return _element(memoryview(data), 0)


def children(element: Element) -> list[Element]:
    """Return the elements that a constructed one holds.

    Raises:
        SignatureFileUnreadable: It is a primitive, or what it holds is no BER.
    """
    if not element.constructed:
        raise SignatureFileUnreadable("a structure was expected where plain bytes stand")
    return list(_run(element.content, 0))


def octets(element: Element) -> list[memoryview]:
    """Return the pieces of an OCTET STRING, which BER may cut up (X.690, 8.7)."""
    return _pieces(element, 0)


def _pieces(element: Element, depth: int) -> list[memoryview]:
    if depth > MAX_DEPTH:
        raise SignatureFileUnreadable("an octet string is nested too deeply")
    if not element.constructed:
        return [element.content]
    return [piece for child in children(element) for piece in _pieces(child, depth + 1)]


def _run(data: memoryview, depth: int) -> Iterator[Element]:
    count = 0
    while data:
        element = _element(data, depth)
        yield element
        data = data[len(element.raw) :]
        count += 1
        if count > MAX_CHILDREN:
            raise SignatureFileUnreadable("a structure holds too many parts")


def _element(data: memoryview, depth: int) -> Element:
    if depth > MAX_DEPTH:
        raise SignatureFileUnreadable("the structure is nested too deeply")
    if len(data) < 2:
        raise SignatureFileUnreadable("the structure is cut short")
    tag, first = data[0], data[1]
    if tag & 0x1F == 0x1F:
        raise SignatureFileUnreadable("a tag has a number that does not occur in signatures")
    if first == _INDEFINITE:
        return _indefinite(data, tag, depth)
    start, size = _length(data, first)
    if len(data) < start + size:
        raise SignatureFileUnreadable("the structure is cut short")
    return Element(tag, data[: start + size], data[start : start + size])


def _length(data: memoryview, first: int) -> tuple[int, int]:
    if first < 0x80:
        return 2, first
    width = first & 0x7F
    if width > 8 or len(data) < 2 + width:
        raise SignatureFileUnreadable("a length cannot be read")
    return 2 + width, int.from_bytes(data[2 : 2 + width], "big")


def _indefinite(data: memoryview, tag: int, depth: int) -> Element:
    if not tag & _CONSTRUCTED:
        raise SignatureFileUnreadable("plain bytes need a length")
    end, count = 2, 0
    while bytes(data[end : end + 2]) != _END:
        end += len(_element(data[end:], depth + 1).raw)
        count += 1
        if count > MAX_CHILDREN:
            raise SignatureFileUnreadable("a structure holds too many parts")
    return Element(tag, data[: end + 2], data[2:end])
