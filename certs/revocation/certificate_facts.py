"""What revocation has to know of a certificate: its number, its issuer, its key, and where its status is published.

Plain values, read once and kept by content, so that several threads may share them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from asn1crypto import x509

from certs.revocation.der import (
    BIT_STRING,
    BOOLEAN,
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    SET,
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

VERSION, EXTENSIONS = 0xA0, 0xA3
FULL_NAME, RELATIVE_NAME, DIRECTORY_NAME = 0xA0, 0xA1, 0xA4
POINT_NAME, POINT_REASONS, POINT_ISSUER = 0xA0, 0x81, 0xA2
BASIC_CONSTRAINTS, KEY_USAGE, KEY_IDENTIFIER = b"\x55\x1d\x13", b"\x55\x1d\x0f", b"\x55\x1d\x0e"
DISTRIBUTION_POINTS = b"\x55\x1d\x1f"
AUTHORITY_KEY, AUTHORITY_KEY_IDENTIFIER = b"\x55\x1d\x23", 0x80
EXTENDED_KEY_USAGE, ISSUER_ACCESS = b"\x55\x1d\x25", bytes.fromhex("2b06010505070101")
OCSP_SIGNING, OCSP_NO_CHECK = bytes.fromhex("2b06010505070309"), bytes.fromhex("2b0601050507300105")
OCSP_ACCESS = bytes.fromhex("2b06010505073001")
SIGNS_DOCUMENTS_BIT, SIGNS_LISTS_BIT = 0, 6
# More than the authorities of all trusted lists of Europe together.
KEPT_CERTIFICATES = 8_192
MAX_POINTS = 64
MAX_NAME_SIZE_BYTES = 4_096


@dataclass(frozen=True)
class DistributionPoint:
    """One place where lists about a certificate are published. Source: RFC 5280, 4.2.1.13."""

    names: tuple[bytes, ...] = ()
    """GeneralNames as encoded."""
    relative_name: bytes | None = None
    """Content of a RelativeDistinguishedName below the list issuer's name."""
    reasons: frozenset[int] | None = None
    """Bits of ReasonFlags; None means all reasons."""
    list_issuers: tuple[bytes, ...] = ()
    """Directory names, as encoded GeneralNames, of who issues the list instead of the certificate's issuer."""


@dataclass(frozen=True)
class CertificateFacts:
    """A certificate as revocation sees it; names and keys as encoded, times aware."""

    serial: int
    issuer: bytes
    subject: bytes
    public_key_info: bytes
    key_bits: bytes
    key_identifier: bytes | None
    authority_key: bytes | None
    """The issuer's key identifier, as the certificate states it."""
    not_before: datetime
    not_after: datetime
    is_ca: bool
    signs_lists: bool
    signs_ocsp: bool
    ocsp_no_check: bool
    points: tuple[DistributionPoint, ...]
    names_status_address: bool
    """Whether it says itself where its status is to be had."""
    largest_extension_bytes: int


@lru_cache(maxsize=KEPT_CERTIFICATES)
def certificate_facts(certificate_der: bytes) -> CertificateFacts:
    """Return the facts of a certificate.

    Raises:
        DerUnsound: It is not readable as one.
    Source: RFC 5280, 4.1.
    """
    outer = next(read_whole(certificate_der, SEQUENCE).children(), None)
    if outer is None:
        raise DerUnsound("an empty certificate")
    fields = list(outer.expect(SEQUENCE).children())
    if fields and fields[0].tag == VERSION:
        fields.pop(0)
    if len(fields) < 6:
        raise DerUnsound("a certificate of too few fields")
    serial, _, issuer, validity, subject, key = fields[:6]
    starts, ends = _two(validity)
    wrapped = next((field for field in fields[6:] if field.tag == EXTENSIONS), None)
    extensions = {} if wrapped is None else read_extensions(_only(wrapped))
    usage, purposes = _key_usage(extensions), _purposes(extensions)
    points = _points(extensions.get(DISTRIBUTION_POINTS))
    return CertificateFacts(
        serial=read_integer(serial.expect(INTEGER)),
        issuer=issuer.expect(SEQUENCE).encoded,
        subject=subject.expect(SEQUENCE).encoded,
        public_key_info=key.expect(SEQUENCE).encoded,
        key_bits=read_bits(_two(key)[1].expect(BIT_STRING)),
        key_identifier=_key_identifier(extensions),
        authority_key=_authority_key(extensions.get(AUTHORITY_KEY)),
        not_before=read_time(starts),
        not_after=read_time(ends),
        is_ca=_is_ca(extensions),
        # An absent key usage extension restricts nothing. Source: RFC 5280, 4.2.1.3.
        signs_lists=usage is None or SIGNS_LISTS_BIT in usage,
        signs_ocsp=OCSP_SIGNING in purposes and (usage is None or SIGNS_DOCUMENTS_BIT in usage),
        ocsp_no_check=OCSP_NO_CHECK in extensions,
        points=points,
        names_status_address=bool(points) or _names_responder(extensions.get(ISSUER_ACCESS)),
        largest_extension_bytes=max((len(one.value) for one in extensions.values()), default=0),
    )


def read_distribution_points(sequence: Element) -> tuple[DistributionPoint, ...]:
    """Return the points of a cRLDistributionPoints or freshestCRL extension; the first 64.

    Raises:
        DerUnsound: Malformed.
    """
    return tuple(_point(element) for element, _ in zip(sequence.children(), range(MAX_POINTS), strict=False))


def read_point_name(element: Element) -> tuple[tuple[bytes, ...], bytes | None]:
    """Return a DistributionPointName as full names, or as a name relative to the issuer.

    Raises:
        DerUnsound: It is neither.
    """
    if element.tag == FULL_NAME:
        return tuple(name.encoded for name in element.children()), None
    return (), element.expect(RELATIVE_NAME).content


def read_reasons(element: Element) -> frozenset[int]:
    """Return the bits of a ReasonFlags BIT STRING, whatever its tag."""
    return frozenset(_bits(element.content))


def full_names(names: Sequence[bytes], relative_name: bytes | None, list_issuer: bytes) -> tuple[bytes, ...]:
    """Return GeneralNames, a relative name completed by the list issuer's. Source: RFC 5280, 4.2.1.13.

    Raises:
        DerUnsound: The issuer's name is none.
    """
    if relative_name is None:
        return tuple(names)
    parts = read_whole(list_issuer, SEQUENCE).content + encode(SET, relative_name)
    return (encode(DIRECTORY_NAME, encode(SEQUENCE, parts)),)


def same_name(one: bytes, other: bytes) -> bool:
    """Say whether two encoded names are one and the same name. Source: RFC 5280, 7.1."""
    return one == other or comparable_name(one) == comparable_name(other)


@lru_cache(maxsize=KEPT_CERTIFICATES)
def comparable_name(name: bytes) -> str | bytes:
    """Return what is equal for two encodings of one and the same name; a name that nobody can read is only itself."""
    if len(name) > MAX_NAME_SIZE_BYTES:
        return name
    try:
        return str(x509.Name.load(name, strict=True).hashable)
    except (ValueError, TypeError, KeyError, RecursionError):
        return name


def encode(tag: int, content: bytes) -> bytes:
    """Return one DER element. Source: ITU-T X.690, 8.1.3."""
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def _is_ca(extensions: dict[bytes, Extension]) -> bool:
    extension = extensions.get(BASIC_CONSTRAINTS)
    first = None if extension is None else next(read_whole(extension.value, SEQUENCE).children(), None)
    return first is not None and first.tag == BOOLEAN and read_boolean(first)


def _key_usage(extensions: dict[bytes, Extension]) -> set[int] | None:
    extension = extensions.get(KEY_USAGE)
    return None if extension is None else _bits(read_whole(extension.value, BIT_STRING).content)


def _purposes(extensions: dict[bytes, Extension]) -> tuple[bytes, ...]:
    extension = extensions.get(EXTENDED_KEY_USAGE)
    listed = () if extension is None else read_whole(extension.value, SEQUENCE).children()
    return tuple(element.content for element in listed)


def _points(extension: Extension | None) -> tuple[DistributionPoint, ...]:
    return () if extension is None else read_distribution_points(read_whole(extension.value, SEQUENCE))


def _names_responder(extension: Extension | None) -> bool:
    listed = () if extension is None else read_whole(extension.value, SEQUENCE).children()
    return any(_two(access)[0].content == OCSP_ACCESS for access in listed)


def _key_identifier(extensions: dict[bytes, Extension]) -> bytes | None:
    extension = extensions.get(KEY_IDENTIFIER)
    return None if extension is None else read_whole(extension.value, OCTET_STRING).content


def _authority_key(extension: Extension | None) -> bytes | None:
    """Source: RFC 5280, 4.2.1.1."""
    first = None if extension is None else next(read_whole(extension.value, SEQUENCE).children(), None)
    return first.content if first is not None and first.tag == AUTHORITY_KEY_IDENTIFIER else None


def _point(sequence: Element) -> DistributionPoint:
    names: tuple[bytes, ...] = ()
    issuers: tuple[bytes, ...] = ()
    relative, reasons = None, None
    for field in sequence.expect(SEQUENCE).children():
        if field.tag == POINT_NAME:
            names, relative = read_point_name(_only(field))
        elif field.tag == POINT_REASONS:
            reasons = read_reasons(field)
        elif field.tag == POINT_ISSUER:
            issuers = tuple(name.encoded for name in field.children() if name.tag == DIRECTORY_NAME)
    return DistributionPoint(names, relative, reasons, issuers)


def _bits(content: bytes) -> set[int]:
    """Return which bits of a BIT STRING's content are set, counted from the first."""
    return {8 * at + bit for at, octet in enumerate(content[1:3]) for bit in range(8) if octet & 0x80 >> bit}


def _only(element: Element) -> Element:
    inner = list(element.children())
    if len(inner) != 1:
        raise DerUnsound(f"not one element inside {element.start}")
    return inner[0]


def _two(element: Element) -> tuple[Element, Element]:
    inner = list(element.expect(SEQUENCE).children())
    if len(inner) != 2:
        raise DerUnsound(f"not two elements inside {element.start}")
    return inner[0], inner[1]
