"""The serial numbers of one list, so compact that 200,000 stay in memory and so ordered that one is found at once.

Eight bytes for each entry: half a keyed digest of the serial number, and where the entry stands in the list. What an
entry says is read when it is asked for. Bounded: one pass over the entries, no recursion, at most MAX_ENTRIES.
"""

import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from certs.revocation.certificate_facts import DIRECTORY_NAME, same_name
from certs.revocation.der import (
    ENUMERATED,
    GENERALIZED_TIME,
    INTEGER,
    SEQUENCE,
    UTC_TIME,
    DerUnsound,
    Extension,
    read_element,
    read_extensions,
    read_integer,
    read_time,
    read_whole,
)
from certs.revocation.reasons import reason_name

MAX_ENTRIES = 1_000_000
MAX_OFFSET = 1 << 32
DIGEST_MASK = 0xFFFF_FFFF
MAX_HARMLESS = 256
REASON, INVALIDITY_DATE, HOLD_INSTRUCTION = b"\x55\x1d\x15", b"\x55\x1d\x18", b"\x55\x1d\x17"
CERTIFICATE_ISSUER = b"\x55\x1d\x1d"
UNDERSTOOD = frozenset({REASON, INVALIDITY_DATE, HOLD_INSTRUCTION})


@dataclass(frozen=True)
class Entry:
    """What a list says about one certificate."""

    revoked_at: datetime
    reason: str | None


class CrlIndex:
    """The entries of one list, findable by serial number and certificate issuer."""

    def __init__(self, der: bytes, entries: tuple[int, int], list_issuer: bytes, indirect: bool) -> None:
        """Read the entries once.

        Args:
            der: The whole list.
            entries: Where its entries begin and end in it.
            list_issuer: The list's issuer, who issued the certificates too where no entry says otherwise.
            indirect: Whether entries may name another certificate issuer.
        Raises:
            DerUnsound: An entry is malformed, has a critical extension that nobody understands, or there are too many.
        """
        self._der = der
        self._indirect = indirect
        self._group_starts = array("Q")
        self._group_issuers: list[bytes] = []
        self._list_issuer = list_issuer
        try:
            self._places = array("Q", sorted(self._walk(*entries)))
        except IndexError as error:
            raise DerUnsound("the last entry is truncated") from error

    def __len__(self) -> int:
        return len(self._places)

    @property
    def size_bytes(self) -> int:
        """What the index takes up beside the list itself."""
        return 8 * len(self._places) + sum(map(sys.getsizeof, self._group_issuers)) + 8 * len(self._group_starts)

    def find(self, serial: int, certificate_issuer: bytes) -> Entry | None:
        """Return what the list says about a certificate; the earliest, should it say so twice.

        Raises:
            DerUnsound: That entry cannot be read.
        """
        wanted = _minimal(serial)
        digest = _digest(wanted)
        found = []
        for at in range(bisect_left(self._places, digest), bisect_left(self._places, digest + MAX_OFFSET)):
            offset = self._places[at] & DIGEST_MASK
            if self._serial_at(offset) == serial and same_name(self._issuer_at(offset), certificate_issuer):
                found.append(self._entry_at(offset))
        return min(found, key=lambda entry: entry.revoked_at, default=None)

    def _walk(self, at: int, end: int) -> Iterator[int]:
        """Yield the place of each entry. Every name is local and nothing is called, because this runs for each."""
        data, harmless = self._der, set[bytes]()
        if end >= MAX_OFFSET:
            raise DerUnsound("the list is too large")
        for _ in range(MAX_ENTRIES):
            if at >= end:
                return
            body, length = at + 2, data[at + 1]
            if length & 0x80:
                element = read_element(data, at, end)
                body, length = element.body, element.end - element.body
            stop = body + length
            serial_at, time_at = body + 2, body + 2 + data[body + 1]
            after = time_at + 2 + data[time_at + 1]
            if data[at] != SEQUENCE or data[body] != INTEGER or stop > end or after > stop or time_at == serial_at:
                raise DerUnsound(f"a malformed entry at {at}")
            if data[time_at] != UTC_TIME and data[time_at] != GENERALIZED_TIME:
                raise DerUnsound(f"an entry without its time at {at}")
            if after != stop:
                extensions = data[after:stop]
                if extensions not in harmless and self._has_no_issuer(extensions, at) and len(harmless) < MAX_HARMLESS:
                    harmless.add(extensions)
            serial = data[serial_at:time_at]
            if serial[0] == 0 or serial[0] == 0xFF:
                serial = _minimal(int.from_bytes(serial, "big", signed=True))
            yield (hash(serial) & DIGEST_MASK) << 32 | at
            at = stop
        if at < end:
            raise DerUnsound("too many entries")

    def _has_no_issuer(self, extensions_der: bytes, at: int) -> bool:
        """Check an entry's extensions; note a new certificate issuer, which holds for the entries after it, too.

        Source: RFC 5280, 5.3 and 5.3.3.
        """
        extensions = read_extensions(read_whole(extensions_der, SEQUENCE))
        if any(e.critical and not self._understood(e) for e in extensions.values()):
            raise DerUnsound(f"a critical extension that nobody understands, at {at}")
        issuer = extensions.get(CERTIFICATE_ISSUER) if self._indirect else None
        if issuer is None:
            return True
        names = read_whole(issuer.value, SEQUENCE).children()
        self._group_starts.append(at)
        self._group_issuers.append(next((n.content for n in names if n.tag == DIRECTORY_NAME), b""))
        return False

    def _understood(self, extension: Extension) -> bool:
        return extension.oid in UNDERSTOOD or (self._indirect and extension.oid == CERTIFICATE_ISSUER)

    def _issuer_at(self, offset: int) -> bytes:
        group = bisect_right(self._group_starts, offset) - 1
        return self._list_issuer if group < 0 else self._group_issuers[group]

    def _serial_at(self, offset: int) -> int:
        return read_integer(read_element(self._der, offset, len(self._der)).first())

    def _entry_at(self, offset: int) -> Entry:
        _, time, *more = read_element(self._der, offset, len(self._der)).children()
        extensions = read_extensions(more[0]) if more else {}
        reason = extensions.get(REASON)
        code = None if reason is None else read_integer(read_whole(reason.value, ENUMERATED))
        return Entry(read_time(time), None if code is None else reason_name(code))


def _minimal(serial: int) -> bytes:
    """Return the content octets of an INTEGER. Source: ITU-T X.690, 8.3.2."""
    magnitude = serial if serial >= 0 else ~serial
    return serial.to_bytes(magnitude.bit_length() // 8 + 1, "big", signed=True)


def _digest(serial: bytes) -> int:
    # Python's own hash of bytes is keyed anew in each process: nobody can make serial numbers that collide.
    return (hash(serial) & DIGEST_MASK) << 32
