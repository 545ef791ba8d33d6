"""Reading of DER, one element at a time and never deeper than asked: bounded in time and memory by its input.

The libraries decode a whole structure into objects, which a list of 200,000 entries does not forgive.
Source: ITU-T X.690, 8.1 and 10.1 (definite lengths only).
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, OID, ENUMERATED = 0x01, 0x02, 0x03, 0x04, 0x06, 0x0A
UTC_TIME, GENERALIZED_TIME, SEQUENCE, SET = 0x17, 0x18, 0x30, 0x31
HIGH_TAG = 0x1F
MAX_LENGTH_OCTETS = 4
# RFC 5280, 4.1.2.5 forbids fractions of a second; responders that write them are common, so they are read over.
TIME = re.compile(rb"(\d\d)?(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d{1,9})?Z")


class DerUnsound(ValueError):
    """The bytes are not the DER that was expected; the message says where and never shows content."""


class Element(NamedTuple):
    """One tag, length and value inside some bytes; offsets count from the start of those bytes."""

    data: bytes
    tag: int
    start: int
    body: int
    end: int

    @property
    def content(self) -> bytes:
        """The value."""
        return self.data[self.body : self.end]

    @property
    def encoded(self) -> bytes:
        """Tag, length and value."""
        return self.data[self.start : self.end]

    def children(self) -> Iterator["Element"]:
        """Read the elements inside, one after the other.

        Raises:
            DerUnsound: One does not fit.
        """
        at = self.body
        while at < self.end:
            child = read_element(self.data, at, self.end)
            yield child
            at = child.end

    def first(self) -> "Element":
        """Return the first element inside.

        Raises:
            DerUnsound: There is none.
        """
        for child in self.children():
            return child
        raise DerUnsound(f"nothing inside {self.start}")

    def expect(self, tag: int) -> "Element":
        """Return the element itself where it has this tag.

        Raises:
            DerUnsound: It has another.
        """
        if self.tag != tag:
            raise DerUnsound(f"tag {self.tag:#x} where {tag:#x} belongs, at {self.start}")
        return self


def read_element(data: bytes, at: int, end: int) -> Element:
    """Read the element that starts at an offset and must end by another.

    Raises:
        DerUnsound: Truncated, of indefinite or lying length, or with a tag number above 30.
    """
    if at + 2 > end:
        raise DerUnsound(f"truncated at {at}")
    tag, length, body = data[at], data[at + 1], at + 2
    if tag & HIGH_TAG == HIGH_TAG:
        raise DerUnsound(f"a long tag at {at}")
    if length >= 0x80:
        octets = length & 0x7F
        if not 1 <= octets <= MAX_LENGTH_OCTETS or body + octets > end:
            raise DerUnsound(f"no usable length at {at}")
        length = int.from_bytes(data[body : body + octets], "big")
        body += octets
    if body + length > end:
        raise DerUnsound(f"a length beyond the end at {at}")
    return Element(data, tag, at, body, body + length)


def read_whole(data: bytes, tag: int) -> Element:
    """Read bytes that are one element and nothing else.

    Raises:
        DerUnsound: They are not.
    """
    element = read_element(data, 0, len(data)).expect(tag)
    if element.end != len(data):
        raise DerUnsound(f"more bytes after the end at {element.end}")
    return element


def read_integer(element: Element) -> int:
    """Return an INTEGER's or ENUMERATED's value.

    Raises:
        DerUnsound: It has no content.
    """
    if element.body == element.end:
        raise DerUnsound(f"an empty number at {element.start}")
    return int.from_bytes(element.content, "big", signed=True)


def read_boolean(element: Element) -> bool:
    """Return a BOOLEAN's value; anything but zero is true."""
    return any(element.content)


def read_bits(element: Element) -> bytes:
    """Return a BIT STRING of whole bytes.

    Raises:
        DerUnsound: It has unused bits, or no content.
    """
    if element.body == element.end or element.data[element.body] != 0:
        raise DerUnsound(f"not whole bytes at {element.start}")
    return element.data[element.body + 1 : element.end]


def read_time(element: Element) -> datetime:
    """Return a UTCTime or GeneralizedTime, aware, in whole seconds. Source: RFC 5280, 4.1.2.5.

    Raises:
        DerUnsound: It is neither, or no such moment exists.
    """
    written = TIME.fullmatch(element.content)
    if element.tag not in {UTC_TIME, GENERALIZED_TIME} or written is None:
        raise DerUnsound(f"no time at {element.start}")
    century, *parts = written.groups()
    if (century is None) is not (element.tag == UTC_TIME):
        raise DerUnsound(f"a time of the wrong form at {element.start}")
    year, month, day, hour, minute, second = map(int, parts)
    centuries = int(century) if century is not None else 20 if year < 50 else 19
    try:
        return datetime(centuries * 100 + year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise DerUnsound(f"no such moment, at {element.start}") from error


class Extension(NamedTuple):
    """One extension of a certificate, list, entry or response."""

    oid: bytes
    """The identifier's content octets."""
    critical: bool
    value: bytes


def read_extensions(sequence: Element) -> dict[bytes, Extension]:
    """Return Extensions by identifier.

    Raises:
        DerUnsound: Malformed, or one stands there twice (RFC 5280, 4.2).
    """
    found: dict[bytes, Extension] = {}
    for element in sequence.expect(SEQUENCE).children():
        parts = list(element.expect(SEQUENCE).children())
        if not 2 <= len(parts) <= 3:
            raise DerUnsound(f"no extension at {element.start}")
        oid = parts[0].expect(OID).content
        critical = len(parts) == 3 and read_boolean(parts[1].expect(BOOLEAN))
        if oid in found:
            raise DerUnsound(f"an extension for the second time at {element.start}")
        found[oid] = Extension(oid, critical, parts[-1].expect(OCTET_STRING).content)
    return found
