"""Certificate revocation lists: what one says of itself, who signed it, and its index once somebody has.

Reading a list's head costs nothing, its signature one pass, its entries another; the last two are done once, and the
lists that were found to be signed are shared, by content, within a bound on memory.
"""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from certs.revocation.certificate_facts import (
    read_point_name,
    read_reasons,
)
from certs.revocation.crl_index import CrlIndex, Entry
from certs.revocation.der import (
    BIT_STRING,
    INTEGER,
    SEQUENCE,
    DerUnsound,
    Element,
    Extension,
    read_bits,
    read_boolean,
    read_extensions,
    read_integer,
    read_time,
    read_whole,
)
from certs.revocation.signed_by import signature_holds

EXTENSIONS, KEY_IDENTIFIER = 0xA0, 0x80
NUMBER, DELTA, AUTHORITY_KEY = b"\x55\x1d\x14", b"\x55\x1d\x1b", b"\x55\x1d\x23"
SCOPE, EXPIRED_LISTED, FRESHEST_LIST = b"\x55\x1d\x1c", b"\x55\x1d\x3c", b"\x55\x1d\x2e"
UNDERSTOOD = frozenset({NUMBER, DELTA, AUTHORITY_KEY, SCOPE, EXPIRED_LISTED, FRESHEST_LIST})
TIME_TAGS = frozenset({0x17, 0x18})
VERSION_2 = 1
SHELF_SIZE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Scope:
    """Which certificates and reasons a list is about. Source: RFC 5280, 5.2.5."""

    names: tuple[bytes, ...] = ()
    relative_name: bytes | None = None
    only_users: bool = False
    only_authorities: bool = False
    only_attributes: bool = False
    reasons: frozenset[int] | None = None
    indirect: bool = False


@dataclass(frozen=True)
class CrlHead:
    """What a list says of itself; times are aware, names and algorithms as encoded."""

    signed: tuple[int, int]
    algorithm: bytes
    signature: bytes
    issuer: bytes
    this_update: datetime
    next_update: datetime | None
    entries: tuple[int, int]
    number: int | None
    delta_of: int | None
    """The number of the list that a delta builds on; None where the list is complete."""
    scope: Scope
    scope_der: bytes
    authority_key: bytes
    expired_listed: bool
    freshest_der: bytes
    """Where changes to it are published, as encoded; empty where it does not say."""
    understood: bool
    """Whether every critical extension is one that is understood here."""


class Crl:
    """One list. Who signed it and its index are worked out when first asked for, then kept with it."""

    def __init__(self, der: bytes, sha256: str) -> None:
        """Read the head.

        Raises:
            DerUnsound: It is none.
        """
        self.head = read_crl_head(der)
        self.sha256 = sha256
        self.der = der
        self._lock = threading.Lock()
        self._signers: set[bytes] = set()
        self._index: CrlIndex | None = None

    def signed_by(self, public_key_info: bytes) -> bool:
        """Say whether this key signed the list."""
        key = hashlib.sha256(public_key_info).digest()
        if key in self._signers:
            return True
        signed = self.der[slice(*self.head.signed)]
        if not signature_holds(signed, self.head.signature, self.head.algorithm, public_key_info):
            return False
        self._signers.add(key)
        _shelf.put(self)
        return True

    def find(self, serial: int, certificate_issuer: bytes) -> Entry | None:
        """Return what the list says about a certificate. Ask signed_by first: an unsigned list is not worth reading.

        Raises:
            DerUnsound: The entries, or this one, cannot be read.
        """
        with self._lock:
            if self._index is None:
                head = self.head
                self._index = CrlIndex(self.der, head.entries, head.issuer, head.scope.indirect)
                _shelf.put(self)
        return self._index.find(serial, certificate_issuer)

    @property
    def size_bytes(self) -> int:
        """What it takes up in memory."""
        return len(self.der) + (0 if self._index is None else self._index.size_bytes)


class _Shelf:
    """The signed lists that were used last, by content, as many as fit; safe for threads."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._lists: OrderedDict[str, Crl] = OrderedDict()

    def get(self, sha256: str) -> Crl | None:
        with self._lock:
            found = self._lists.get(sha256)
            if found is not None:
                self._lists.move_to_end(sha256)
            return found

    def put(self, crl: Crl) -> None:
        with self._lock:
            self._lists[crl.sha256] = crl
            self._lists.move_to_end(crl.sha256)
            while self._lists and sum(known.size_bytes for known in self._lists.values()) > self._most_bytes:
                self._lists.popitem(last=False)


_shelf = _Shelf(SHELF_SIZE_BYTES)


def open_crl(der: bytes, sha256: str) -> Crl:
    """Return the list with these bytes, the one in use where there is one.

    Args:
        sha256: Of the bytes, hexadecimal.
    Raises:
        DerUnsound: They are none.
    """
    return _shelf.get(sha256) or Crl(der, sha256)


def find_bytes(sha256: str) -> bytes | None:
    """Return the bytes of a list that is in use, so that they need not be read again."""
    found = _shelf.get(sha256)
    return None if found is None else found.der


def read_crl_head(der: bytes) -> CrlHead:
    """Return what a list says of itself; its entries are only measured.

    Raises:
        DerUnsound: It is no list.
    Source: RFC 5280, 5.1.
    """
    parts = list(read_whole(der, SEQUENCE).children())
    if len(parts) != 3:
        raise DerUnsound("a list of too few or too many parts")
    signed, algorithm, signature = parts
    fields = list(signed.expect(SEQUENCE).children())
    if fields and fields[0].tag == INTEGER and read_integer(fields.pop(0)) != VERSION_2:
        raise DerUnsound("a list of an unknown version")
    if len(fields) < 3 or fields[0].encoded != algorithm.encoded:
        raise DerUnsound("a list without issuer or times, or of two algorithms")
    rest = fields[3:]
    next_update = read_time(rest.pop(0)) if rest and rest[0].tag in TIME_TAGS else None
    entries = rest.pop(0) if rest and rest[0].tag == SEQUENCE else None
    extensions = read_extensions(rest[0].expect(EXTENSIONS).first()) if rest else {}
    scope = extensions.get(SCOPE)
    return CrlHead(
        signed=(signed.start, signed.end),
        algorithm=algorithm.expect(SEQUENCE).encoded,
        signature=read_bits(signature.expect(BIT_STRING)),
        issuer=fields[1].expect(SEQUENCE).encoded,
        this_update=read_time(fields[2]),
        next_update=next_update,
        entries=(0, 0) if entries is None else (entries.body, entries.end),
        number=_number(extensions.get(NUMBER)),
        delta_of=_number(extensions.get(DELTA)),
        scope=Scope() if scope is None else _scope(read_whole(scope.value, SEQUENCE)),
        scope_der=b"" if scope is None else scope.value,
        authority_key=extensions[AUTHORITY_KEY].value if AUTHORITY_KEY in extensions else b"",
        expired_listed=EXPIRED_LISTED in extensions,
        freshest_der=extensions[FRESHEST_LIST].value if FRESHEST_LIST in extensions else b"",
        understood=all(oid in UNDERSTOOD for oid, extension in extensions.items() if extension.critical),
    )


def _number(extension: Extension | None) -> int | None:
    return None if extension is None else read_integer(read_whole(extension.value, INTEGER))


def _scope(sequence: Element) -> Scope:
    """Source: RFC 5280, 5.2.5."""
    fields = {field.tag: field for field in sequence.children()}
    named, reasons = fields.get(0xA0), fields.get(0x83)
    names, relative = ((), None) if named is None else read_point_name(named.first())
    flags = {tag: tag in fields and read_boolean(fields[tag]) for tag in (0x81, 0x82, 0x84, 0x85)}
    return Scope(
        names=names,
        relative_name=relative,
        only_users=flags[0x81],
        only_authorities=flags[0x82],
        only_attributes=flags[0x85],
        reasons=None if reasons is None else read_reasons(reasons),
        indirect=flags[0x84],
    )
