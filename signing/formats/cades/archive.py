"""Archive time-stamps: what they cover, by an index of hashes that travels inside the token.

Source: ETSI EN 319 122-1 V1.3.1, 5.5.2 (ats-hash-index-v3) and 5.5.3 (archive-time-stamp-v3). The older index of
ETSI TS 101 733, 6.4.2 is read, never written.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from asn1crypto import algos

from signing.errors.files import SignatureFileUnreadable
from signing.formats import der
from signing.formats.ber import Element, children, octets, read_element
from signing.formats.cades.attributes import oid
from signing.formats.cades.structure import (
    SignedDataParts,
    SignerParts,
    attribute,
    read_attribute,
    read_signed_data,
    write_signed_data,
)

ARCHIVE_TIME_STAMP = oid("0.4.0.1733.2.4")
_INDEX_V3 = oid("0.4.0.19122.1.5")
_INDEX_V1 = oid("0.4.0.1733.2.5")


@dataclass(frozen=True)
class HashIndex:
    """An index as it stands in a token.

    Attributes:
        encoded: The whole ATSHashIndex, as hashed into the imprint.
        by_value: Unsigned attributes are listed value by value (v3), not attribute by attribute.
    """

    encoded: bytes
    by_value: bool
    digest_algorithm: str
    certificates: frozenset[bytes]
    crls: frozenset[bytes]
    attributes: frozenset[bytes]


def make_hash_index(parts: SignedDataParts, signer: SignerParts, digest_algorithm: str) -> bytes:
    """Return the ATSHashIndexV3 of all that is there now."""
    algorithm: bytes = algos.DigestAlgorithm({"algorithm": digest_algorithm}).dump()
    lists = (parts.certificates, parts.crls, _attribute_values(signer))
    return der.sequence(algorithm, *(_hash_list(items, digest_algorithm) for items in lists))


def archive_imprint(
    parts: SignedDataParts, signer: SignerParts, content_digest: bytes, index: bytes, digest_algorithm: str
) -> bytes:
    """Return the digest that an archive time-stamp is about.

    Args:
        content_digest: Of the signed content, by the same algorithm as the time-stamp's.
        index: The encoded ATSHashIndex.
    """
    covered = parts.content_type + content_digest + signer.signed_fields + index
    return hashlib.new(digest_algorithm, covered).digest()


def archive_attribute(token: bytes, index: bytes) -> bytes:
    """Return the unsigned attribute that holds a token, with the index put into the token.

    Raises:
        SignatureFileUnreadable: The token has not exactly one signer.
    """
    parts = read_signed_data(token)
    if len(parts.signers) != 1:
        raise SignatureFileUnreadable("a time-stamp token has one signer")
    signer = parts.signers[0].with_unsigned(attribute(_INDEX_V3, index))
    return attribute(ARCHIVE_TIME_STAMP, b"".join(write_signed_data(replace(parts, signers=(signer,)))))


def read_hash_index(token: bytes) -> HashIndex | None:
    """Return the index inside an archive time-stamp's token; None where it has none.

    Raises:
        SignatureFileUnreadable: The token or the index is malformed.
    """
    parts = read_signed_data(token)
    for encoded in (one for signer in parts.signers for one in signer.unsigned_attributes):
        kind, values = read_attribute(encoded)
        if kind in {_INDEX_V3, _INDEX_V1} and len(values) == 1:
            return _parse_index(values[0], by_value=kind == _INDEX_V3)
    return None


def index_holds(index: HashIndex, parts: SignedDataParts, signer: SignerParts) -> bool:
    """Say whether everything that the index lists is still there. What came later is not its business."""
    present = _attribute_values(signer) if index.by_value else signer.unsigned_attributes
    return (
        index.certificates <= _hashes(parts.certificates, index.digest_algorithm)
        and index.crls <= _hashes(parts.crls, index.digest_algorithm)
        and index.attributes <= _hashes(present, index.digest_algorithm)
    )


def index_lists(index: HashIndex, kind: bytes, value: bytes) -> bool:
    """Say whether an index covers one value of an unsigned attribute; one that lists whole attributes tells nothing."""
    return index.by_value and _hashes([kind + value], index.digest_algorithm) <= index.attributes


def _parse_index(encoded: bytes, *, by_value: bool) -> HashIndex:
    fields = children(read_element(encoded))
    algorithm = "sha256"
    if len(fields) == 4:
        algorithm = algos.DigestAlgorithm.load(fields.pop(0).der)["algorithm"].native
    if len(fields) != 3 or algorithm not in hashlib.algorithms_guaranteed:
        raise SignatureFileUnreadable("a hash index has other fields than it may")
    certificates, crls, attributes = (_listed(field) for field in fields)
    return HashIndex(encoded, by_value, algorithm, certificates, crls, attributes)


def _listed(field: Element) -> frozenset[bytes]:
    return frozenset(b"".join(octets(item)) for item in children(field))


def _attribute_values(signer: SignerParts) -> list[bytes]:
    """Each attribute's type followed by one of its values: an attribute with two values is there twice."""
    pairs = (read_attribute(encoded) for encoded in signer.unsigned_attributes)
    return [kind + value for kind, values in pairs for value in values]


def _hash_list(items: Iterable[bytes], digest_algorithm: str) -> bytes:
    return der.sequence(*(der.octet_string(hashlib.new(digest_algorithm, item).digest()) for item in items))


def _hashes(items: Iterable[bytes], digest_algorithm: str) -> frozenset[bytes]:
    return frozenset(hashlib.new(digest_algorithm, item).digest() for item in items)
