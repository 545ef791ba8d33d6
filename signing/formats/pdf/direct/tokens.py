"""Finds a dictionary's entries in the file's own bytes, so that a new version can be spliced from them.

Strict syntax is proved elsewhere (see proof.py); here anything out of the ordinary is a doubt.
Source: ISO 32000-2:2020, 7.2 and 7.3.
"""

import re
from collections.abc import Iterator
from mmap import mmap

from signing.formats.pdf.direct.doubt import Doubt

Bytes = bytes | mmap
Reference = tuple[int, int]

MAXIMUM_ENTRIES = 256
_BLANK = rb"[\t\n\x0c\r ]"
_REGULAR = rb"[^\x00\t\n\x0c\r <>\[\](){}/%]"
_OPEN = re.compile(rb"%b*+<<" % _BLANK)
_PLAIN = (
    rb"(?:\d{1,10}%(b)b++\d{1,5}%(b)b++R|/%(r)b*+|%(r)b++)(?!%(r)b)"
    rb"|<[0-9A-Fa-f\t\n\x0c\r ]*+>|\((?:[^()\\]++|\\.)*+\)|\[[^\[\]<>(){}%%]*+\]"
) % {b"b": _BLANK, b"r": _REGULAR}
_PLAIN_VALUE = re.compile(_PLAIN, re.DOTALL)
# A key and, where it is plain, its value. A name with #xx may be another spelling of one that matters, so it is none.
_ENTRY = re.compile(rb"%b*+(?:/([^\x00\t\n\x0c\r <>\[\](){}/%%#]++)%b*+(%b)?|>>)" % (_BLANK, _BLANK, _PLAIN), re.DOTALL)
_BRACKET = re.compile(rb"[^<>\[\]()%]*+(<<|>>|\[|\]|\(|<[0-9A-Fa-f\t\n\x0c\r ]*+>)")
_STRING_PART = re.compile(rb"[^()\\]*+(?:\\.[^()\\]*+)*+([()])", re.DOTALL)
_REFERENCE = re.compile(rb"(\d{1,10})%b++(\d{1,5})%b++R" % (_BLANK, _BLANK))
_REFERENCES = re.compile(rb"\[%(b)b*+(?:\d{1,10}%(b)b++\d{1,5}%(b)b++R%(b)b*+)*+\]" % {b"b": _BLANK})
_INTEGER = re.compile(rb"\d{1,10}")
_NUMBERS = re.compile(rb"\[%(b)b*+(?:[-+]?(?:\d++\.?\d*+|\.\d++)(?:%(b)b++|(?=\])))*+\]" % {b"b": _BLANK})


class Dictionary:
    """One dictionary where it stands in the bytes: each key with its value's place."""

    def __init__(self, data: Bytes, start: int) -> None:
        """Read the dictionary that begins at start.

        Raises:
            Doubt: Something else begins there, a key comes twice, or it holds what is out of the ordinary.
        """
        opened = _OPEN.match(data, start)
        if opened is None:
            raise Doubt("what should be a dictionary is none")
        self.data = data
        self.start = opened.end() - 2
        self.places: dict[bytes, tuple[int, int]] = {}
        position = opened.end()
        while (entry := _ENTRY.match(data, position)) is not None and len(self.places) < MAXIMUM_ENTRIES:
            key = entry[1]
            if key is None:
                self.end = entry.end()
                return
            if key in self.places:
                raise Doubt("a dictionary has a key twice")
            place = entry.span(2)
            position = place[1]
            if position < 0:
                place = entry.end(), value_end(data, entry.end())
                position = place[1]
            self.places[key] = place
        raise Doubt("a dictionary is written in an unusual way")

    def __contains__(self, key: bytes) -> bool:
        return key in self.places

    def raw(self, key: bytes) -> bytes | None:
        """Return a value as written, or None."""
        place = self.places.get(key)
        return None if place is None else self.data[place[0] : place[1]]

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield each key with its value as written."""
        for key, (start, end) in self.places.items():
            yield key, self.data[start:end]

    def name(self, key: bytes) -> bytes | None:
        """Return a name with its slash, or None where there is none."""
        written = self.raw(key)
        return written if written is not None and written.startswith(b"/") else None

    def integer(self, key: bytes) -> int:
        """Return a whole number, not negative, that stands here itself."""
        written = _INTEGER.fullmatch(self.raw(key) or b"")
        if written is None:
            raise Doubt("a number is missing or stands elsewhere")
        return int(written[0])

    def reference(self, key: bytes) -> Reference | None:
        """Return a reference, or None where the value is something else or missing."""
        written = _REFERENCE.fullmatch(self.raw(key) or b"")
        return None if written is None else (int(written[1]), int(written[2]))

    def needed_reference(self, key: bytes) -> Reference:
        """Return a reference that must be there."""
        found = self.reference(key)
        if found is None:
            raise Doubt("a reference is missing")
        return found

    def references(self, key: bytes) -> list[Reference]:
        """Return the items of an array that holds references alone and stands here itself."""
        return references_in(self.raw(key) or b"")

    def numbers(self, key: bytes) -> list[float]:
        """Return the items of an array that holds numbers alone and stands here itself."""
        return numbers_in(self.raw(key) or b"")

    def with_entries(self, entries: dict[bytes, bytes]) -> bytes:
        """Return the dictionary's bytes with values replaced or added; all the rest as it was."""
        pieces, position = [], self.start
        for key, (start, end) in self.places.items():
            if key in entries:
                pieces += [self.data[position:start], entries[key]]
                position = end
        pieces.append(self.data[position : self.end - 2])
        pieces += [b"/%b %b" % item for item in entries.items() if item[0] not in self.places]
        return b"".join([*pieces, b">>"])


def references_in(array: bytes) -> list[Reference]:
    """Return the references in an array that holds nothing else."""
    if _REFERENCES.fullmatch(array) is None:
        raise Doubt("an array holds something else than references")
    return [(int(number), int(generation)) for number, generation in _REFERENCE.findall(array)]


def numbers_in(array: bytes) -> list[float]:
    """Return the numbers in an array that holds nothing else."""
    if _NUMBERS.fullmatch(array) is None:
        raise Doubt("an array holds something else than numbers")
    return [float(number) for number in array[1:-1].split()]


def value_end(data: Bytes, start: int) -> int:
    """Return the offset behind the value that begins at start.

    Raises:
        Doubt: No value begins there, or it does not end.
    """
    plain = _PLAIN_VALUE.match(data, start)
    if plain is not None:
        return plain.end()
    depth, position = 0, start
    while True:
        bracket = _BRACKET.match(data, position)
        if bracket is None or (position == start and bracket.start(1) != start):
            raise Doubt("a value is written in an unusual way")
        position = bracket.end()
        if bracket[1] in {b"<<", b"["}:
            depth += 1
        elif bracket[1] in {b">>", b"]"}:
            depth -= 1
        elif bracket[1] == b"(":
            position = _string_end(data, position)
        if depth <= 0:
            return position


def _string_end(data: Bytes, position: int) -> int:
    depth = 1
    while depth:
        part = _STRING_PART.match(data, position)
        if part is None:
            raise Doubt("a string does not end")
        depth += 1 if part[1] == b"(" else -1
        position = part.end()
    return position
