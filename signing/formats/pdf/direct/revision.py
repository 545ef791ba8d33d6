"""Lays out the incremental revision: the objects that a signature adds or changes, and their cross-references.

Source: ISO 32000-2:2020, 7.5.6 and 12.8.1; ETSI EN 319 142-1, 5.3 and 6.3.
"""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta

from signing.formats.pdf.direct.doubt import Doubt
from signing.formats.pdf.direct.objects import PdfFile
from signing.formats.pdf.direct.tokens import Dictionary, value_end
from signing.model import Rectangle

_BYTE_RANGE_ROOM = 60
_STREAM_KEYS = {b"Type", b"W", b"Index", b"Size", b"Prev", b"Filter", b"DecodeParms", b"Length", b"ID"}
_ESCAPED = {ord("\\"): "\\\\", ord("("): "\\(", ord(")"): "\\)"}
_FREE_HEAD = b"0000000000 65535 f \n"


@dataclass(frozen=True)
class PlannedRevision:
    """A revision that waits for its CMS; nothing is written yet.

    Attributes:
        original_size: Size in bytes of the file that it follows.
        before_gap, after_gap: The revision's bytes around the gap.
        gap_size: With its "<" and ">".
        rectangle: In the page's own coordinates; None when invisible.
    """

    original_size: int
    before_gap: bytes
    gap_size: int
    after_gap: bytes
    field_name: str
    page_index: int | None
    rectangle: Rectangle | None


class Revision:
    """Collects the objects of one revision."""

    def __init__(self, file: PdfFile) -> None:
        self._file = file
        self._objects: dict[int, bytes] = {}
        self.next_number = file.size

    def add(self, value: bytes) -> int:
        """Add a new object and return its number."""
        number = self.next_number
        self.next_number += 1
        self._objects[number] = value
        return number

    def replace(self, number: int, value: bytes) -> None:
        """Write a new version of an object."""
        self._objects[number] = value

    def laid_out(self, signature: tuple[int, bytes, bytes, int]) -> tuple[bytes, bytes]:
        """Return the bytes before and behind the gap.

        Args:
            signature: The signature dictionary: its object's number, what stands before /ByteRange's array, what
                stands behind /Contents' value, and the size of the gap.
        """
        number, opening, closing, gap_size = signature
        start = len(self._file.data)
        offsets: dict[int, int] = {}
        pieces = [b"" if self._file.data[start - 1 : start] in {b"\n", b"\r"} else b"\n"]
        position = start + len(pieces[0])
        for other, value in self._objects.items():
            offsets[other] = position
            pieces.append(b"%d 0 obj\n%b\nendobj\n" % (other, value))
            position += len(pieces[-1])
        offsets[number] = position
        opening = b"%d 0 obj\n%b" % (number, opening)
        gap_start = position + len(opening) + _BYTE_RANGE_ROOM + len(b"/Contents ")
        gap_end = gap_start + gap_size
        closing += b"\nendobj\n"
        closing += self._cross_references(offsets, gap_end + len(closing))
        byte_range = b"[0 %d %d %d]" % (gap_start, gap_end, len(closing))
        pieces += [opening, byte_range.ljust(_BYTE_RANGE_ROOM), b"/Contents "]
        return b"".join(pieces), closing

    def _cross_references(self, offsets: dict[int, int], position: int) -> bytes:
        body = self._stream(offsets, position) if self._file.uses_streams else self._table(offsets)
        return body + b"startxref\n%d\n%%%%EOF\n" % position

    def _table(self, offsets: dict[int, int]) -> bytes:
        lines = [b"xref\n0 1\n", _FREE_HEAD]
        for run in _runs(offsets):
            lines.append(b"%d %d\n" % (run[0], len(run)))
            lines += [b"%010d 00000 n \n" % offsets[number] for number in run]
        trailer = self._file.trailer.with_entries(
            {
                b"Size": b"%d" % self.next_number,
                b"Prev": b"%d" % self._file.newest_offset,
                b"ID": _identifier(self._file.trailer),
            }
        )
        return b"".join([*lines, b"trailer\n", trailer, b"\n"])

    def _stream(self, offsets: dict[int, int], position: int) -> bytes:
        own = self.next_number
        offsets = {**offsets, own: position}
        runs = _runs(offsets)
        rows = b"".join(b"\x01%b\x00\x00" % offsets[number].to_bytes(5, "big") for run in runs for number in run)
        old = self._file.trailer
        entries = b"".join(b"/%b %b" % item for item in old.items() if item[0] not in _STREAM_KEYS)
        index = b" ".join(b"%d %d" % (run[0], len(run)) for run in runs)
        entries += b"/Index[%b]/Size %d/Prev %d" % (index, own + 1, self._file.newest_offset)
        entries += b"/ID%b/Length %d" % (_identifier(old), len(rows))
        return b"%d 0 obj\n<</Type/XRef/W[1 5 2]%b>>\nstream\n%b\nendstream\nendobj\n" % (own, entries, rows)


def _runs(offsets: dict[int, int]) -> list[list[int]]:
    """Return the object numbers in rising order, cut where they do not follow each other."""
    runs: list[list[int]] = []
    for number in sorted(offsets):
        if runs and runs[-1][-1] + 1 == number:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


def _identifier(trailer: Dictionary) -> bytes:
    """Return /ID with its first part kept and its second part new. Source: ISO 32000-2:2020, 14.4."""
    fresh = b"<%b>" % os.urandom(16).hex().encode("ascii")
    written = trailer.raw(b"ID")
    if written is None:
        return b"[%b%b]" % (fresh, fresh)
    first = written[1:].lstrip()
    if not written.startswith(b"[") or not first.startswith((b"<", b"(")):
        raise Doubt("the file's identifier is unusual")
    return b"[%b%b]" % (first[: value_end(first, 0)], fresh)


def text(value: str) -> bytes:
    """Return a text string. Source: ISO 32000-2:2020, 7.9.2.2."""
    if value.isascii() and value.isprintable():
        return b"(%b)" % value.translate(_ESCAPED).encode("ascii")
    return b"<FEFF%b>" % value.encode("utf-16-be").hex().encode("ascii")


def moment(value: datetime) -> bytes:
    """Return a date with its offset from UTC. Source: ISO 32000-2:2020, 7.9.4."""
    minutes = int((value.utcoffset() or timedelta()).total_seconds()) // 60
    sign, minutes = ("-", -minutes) if minutes < 0 else ("+", minutes)
    day = f"{value.year:04}{value.month:02}{value.day:02}"
    time = f"{value.hour:02}{value.minute:02}{value.second:02}"
    return f"(D:{day}{time}{sign}{minutes // 60:02}'{minutes % 60:02}')".encode("ascii")
