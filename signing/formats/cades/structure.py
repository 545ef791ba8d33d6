"""A SignedData taken apart into parts that keep their bytes, and put together again.

Only the shells around the parts are written anew: attributes, content, certificates and revocation answers stay as
their authors encoded them, because signatures and archive time-stamps are about those bytes.
Source: RFC 5652, 5.1 and 5.3.
"""

import base64
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from signing.errors.files import SignatureFileUnreadable
from signing.formats import der
from signing.formats.ber import Element, children, octets, read_element

Buffer = bytes | memoryview

SIGNED_DATA_OID = bytes.fromhex("06092a864886f70d010702")
DATA_OID = bytes.fromhex("06092a864886f70d010701")
VERSION_1, VERSION_3, VERSION_5 = b"\x02\x01\x01", b"\x02\x01\x03", b"\x02\x01\x05"
_CONTEXT_0, _CONTEXT_1 = 0xA0, 0xA1
MAX_SIGNERS = 64
OCTET_STRING_TAGS = frozenset({0x04, 0x24})


@dataclass(frozen=True)
class SignerParts:
    """One SignerInfo; every field is an element as encoded, unsigned attributes one by one.

    Attributes:
        signed_attributes: With its tag [0]; None where the signature is over the content itself.
    """

    version: bytes
    sid: bytes
    digest_algorithm: bytes
    signed_attributes: bytes | None
    signature_algorithm: bytes
    signature: bytes
    unsigned_attributes: tuple[bytes, ...] = ()

    @property
    def signature_value(self) -> bytes:
        """The octets of the signature."""
        return b"".join(octets(read_element(self.signature)))

    @property
    def signed_fields(self) -> bytes:
        """All fields but the unsigned attributes, in their order: what an archive time-stamp covers."""
        attributes = () if self.signed_attributes is None else (self.signed_attributes,)
        head = (self.version, self.sid, self.digest_algorithm, *attributes)
        return b"".join((*head, self.signature_algorithm, self.signature))

    def with_unsigned(self, *attributes: bytes) -> "SignerParts":
        """Return it with further unsigned attributes after those that are there."""
        return replace(self, unsigned_attributes=(*self.unsigned_attributes, *attributes))

    def encoded(self) -> bytes:
        """Return the SignerInfo."""
        unsigned = der.tagged(_CONTEXT_1, b"".join(self.unsigned_attributes)) if self.unsigned_attributes else b""
        return der.sequence(self.signed_fields, unsigned)


@dataclass(frozen=True)
class SignedDataParts:
    """A SignedData; buffers may be views of a mapped file.

    Attributes:
        content_type: The OID, as an element.
        content: The element [0] around the content, in pieces; None where it is detached.
        content_pieces: The content's octets in pieces; empty where it is detached.
    """

    version: bytes
    digest_algorithms: tuple[bytes, ...]
    content_type: bytes
    content: tuple[Buffer, ...] | None
    content_pieces: tuple[Buffer, ...]
    certificates: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    signers: tuple[SignerParts, ...]

    @property
    def detached(self) -> bool:
        """Say whether the content stands elsewhere."""
        return self.content is None


def read_signed_data(data: Buffer) -> SignedDataParts:
    """Take a ContentInfo with SignedData apart: DER or BER, or the same as PEM (RFC 7468, 9).

    Raises:
        SignatureFileUnreadable: It is something else, damaged, or holds more signers than a file may.
    """
    if bytes(data[:10]) == b"-----BEGIN":
        data = _from_pem(data)
    info = children(_expect(read_element(data), der.SEQUENCE))
    if len(info) != 2 or info[0].der != SIGNED_DATA_OID or info[1].tag != _CONTEXT_0:
        raise SignatureFileUnreadable("this is no CMS SignedData")
    fields = children(_expect(_only(info[1]), der.SEQUENCE))
    if len(fields) < 4:
        raise SignatureFileUnreadable("the SignedData lacks fields")
    content_type, content, pieces = _read_content(_expect(fields[2], der.SEQUENCE))
    optional = {field.tag: field for field in fields[3:-1]}
    if len(optional) != len(fields) - 4 or not optional.keys() <= {_CONTEXT_0, _CONTEXT_1}:
        raise SignatureFileUnreadable("the SignedData has fields that do not belong there")
    signers = children(_expect(fields[-1], der.SET))
    if len(signers) > MAX_SIGNERS:
        raise SignatureFileUnreadable("there are more signers than one file may have")
    return SignedDataParts(
        version=fields[0].der,
        digest_algorithms=_all(_expect(fields[1], der.SET)),
        content_type=content_type,
        content=content,
        content_pieces=pieces,
        certificates=_all(optional.get(_CONTEXT_0)),
        crls=_all(optional.get(_CONTEXT_1)),
        signers=tuple(read_signer(signer) for signer in signers),
    )


def _from_pem(data: Buffer) -> bytes:
    body = (
        bytes(data)
        .partition(b"-----\n" if b"-----\n" in bytes(data[:64]) else b"-----\r\n")[2]
        .partition(b"-----END")[0]
    )
    try:
        return base64.b64decode(b"".join(body.split()), validate=True)
    except ValueError:
        raise SignatureFileUnreadable("the PEM text cannot be decoded") from None


def read_signer(signer: Element) -> SignerParts:
    """Take one SignerInfo apart.

    Raises:
        SignatureFileUnreadable: It is not one.
    """
    fields = children(_expect(signer, der.SEQUENCE))
    unsigned: tuple[bytes, ...] = ()
    if fields and fields[-1].tag == _CONTEXT_1:
        unsigned = _all(fields.pop())
    attributes = fields.pop(3).der if len(fields) > 3 and fields[3].tag == _CONTEXT_0 else None
    if len(fields) != 5 or fields[4].tag not in OCTET_STRING_TAGS:
        raise SignatureFileUnreadable("a SignerInfo has other fields than it may")
    version, sid, digest, algorithm, value = (field.der for field in fields)
    return SignerParts(version, sid, digest, attributes, algorithm, value, unsigned)


def encapsulated(content: Buffer) -> tuple[Buffer, ...]:
    """Return the element [0] around attached content, in pieces."""
    inner = _header(der.OCTET_STRING, len(content))
    return _header(_CONTEXT_0, len(inner) + len(content)), inner, content


def write_signed_data(parts: SignedDataParts) -> Iterator[Buffer]:
    """Give the ContentInfo piece by piece, so that large content is never held twice."""
    content = parts.content or ()
    encap = [
        _header(der.SEQUENCE, len(parts.content_type) + sum(map(len, content))),
        parts.content_type,
        *content,
    ]
    head = [parts.version, der.tagged(der.SET, b"".join(parts.digest_algorithms))]
    tail = [
        der.tagged(_CONTEXT_0, b"".join(parts.certificates)) if parts.certificates else b"",
        der.tagged(_CONTEXT_1, b"".join(parts.crls)) if parts.crls else b"",
        der.tagged(der.SET, b"".join(signer.encoded() for signer in parts.signers)),
    ]
    inside = [*head, *encap, *tail]
    sequence = _header(der.SEQUENCE, sum(map(len, inside)))
    explicit = _header(_CONTEXT_0, len(sequence) + sum(map(len, inside)))
    body = [SIGNED_DATA_OID, explicit, sequence, *inside]
    yield _header(der.SEQUENCE, sum(map(len, body)))
    yield from body


def attribute(kind: bytes, *values: bytes) -> bytes:
    """Return an Attribute: its OID (an element) and its values."""
    return der.sequence(kind, der.tagged(der.SET, b"".join(values)))


def read_attribute(encoded: Buffer) -> tuple[bytes, list[bytes]]:
    """Return an Attribute's OID (an element) and its values.

    Raises:
        SignatureFileUnreadable: It is no attribute.
    """
    fields = children(_expect(read_element(encoded), der.SEQUENCE))
    if len(fields) != 2 or fields[1].tag != der.SET:
        raise SignatureFileUnreadable("an attribute has other fields than it may")
    return fields[0].der, [value.der for value in children(fields[1])]


def values_of(attributes: Iterable[bytes], kind: bytes) -> list[bytes]:
    """Return all values of the attributes of one kind, in their order."""
    return [
        value for encoded in attributes for oid, values in [read_attribute(encoded)] if oid == kind for value in values
    ]


def joined(existing: Sequence[bytes], added: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return existing elements untouched, then those of added that are not among them."""
    known = set(existing)
    return (*existing, *(one for one in dict.fromkeys(added) if one not in known))


def _read_content(element: Element) -> tuple[bytes, tuple[Buffer, ...] | None, tuple[Buffer, ...]]:
    fields = children(element)
    if not 1 <= len(fields) <= 2:
        raise SignatureFileUnreadable("the encapsulated content has other fields than it may")
    if len(fields) == 1:
        return fields[0].der, None, ()
    if fields[1].tag != _CONTEXT_0:
        raise SignatureFileUnreadable("the encapsulated content is not where it should be")
    inner = _only(fields[1])
    # PKCS #7 let the content be of any type; then its value's octets are what is signed (RFC 5652, 5.2.1).
    pieces = octets(inner) if inner.tag in OCTET_STRING_TAGS else [inner.content]
    return fields[0].der, (fields[1].raw,), tuple(pieces)


def _header(tag: int, size: int) -> bytes:
    if size < 0x80:
        return bytes((tag, size))
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length


def _expect(element: Element, tag: int) -> Element:
    if element.tag != tag:
        raise SignatureFileUnreadable("a structure of another kind was expected")
    return element


def _only(element: Element) -> Element:
    inside = children(element)
    if len(inside) != 1:
        raise SignatureFileUnreadable("a wrapper holds other than one element")
    return inside[0]


def _all(element: Element | None) -> tuple[bytes, ...]:
    return () if element is None else tuple(child.der for child in children(element))
