"""Where things are added to signatures that are there, and what they are over. For the confined child."""

import hashlib
from dataclasses import dataclass

from signing.errors.files import SignatureFileUnreadable, SignatureNotFound
from signing.formats.xml.archive import archive_octets, signature_value_octets
from signing.formats.xml.model import DataReference, Transform
from signing.formats.xml.names import COUNTERSIGNED_TYPE, EXC_C14N, XADES, ds, xades
from signing.formats.xml.parsing import Element, find_by_id, parse_xml
from signing.formats.xml.positions import Place, place_at_end
from signing.formats.xml.references import ExternalFile
from signing.formats.xml.structure import find_signatures, only_child, qualifying_properties

_OUTER = f'<xades:UnsignedProperties xmlns:xades="{XADES}">'.encode(), b"</xades:UnsignedProperties>"
_INNER = f'<xades:UnsignedSignatureProperties xmlns:xades="{XADES}">'.encode(), b"</xades:UnsignedSignatureProperties>"


@dataclass(frozen=True)
class StampPlan:
    """What a time-stamp must be over, and the place behind the last unsigned property."""

    imprint: bytes
    place: Place


@dataclass(frozen=True)
class CounterPlan:
    """What a counter-signature is over, and its place among the unsigned properties of what it countersigns."""

    reference: DataReference
    place: Place


def get_signature(root: Element, signature_id: str) -> Element:
    """Return the one signature of this Id.

    Raises:
        SignatureNotFound: There is none, or there are several.
    """
    found = [one for one in find_signatures(root) if one.get("Id") == signature_id]
    if len(found) != 1:
        raise SignatureNotFound(f"the file holds {len(found)} signatures of the identifier that was named")
    return found[0]


def place_of_property(data: bytes, signature: Element) -> Place:
    """Return the place for one more unsigned property; what it has to stand in is opened around it.

    Raises:
        SignatureFileUnreadable: The signature is no XAdES signature, or is built in a way that leaves no place.
    """
    qualifying = qualifying_properties(signature)
    if qualifying is None:
        raise SignatureFileUnreadable("the signature has no XAdES properties to which something could be added")
    outer = only_child(qualifying, xades("UnsignedProperties"))
    if outer is None:
        if qualifying.find(xades("UnsignedProperties")) is not None:
            raise SignatureFileUnreadable("the signature has unsigned properties twice")
        return _inside(place_at_end(data, qualifying), _OUTER[0] + _INNER[0], _INNER[1] + _OUTER[1])
    inner = only_child(outer, xades("UnsignedSignatureProperties"))
    if inner is not None:
        return place_at_end(data, inner)
    if len(outer):
        raise SignatureFileUnreadable("the signature has unsigned properties of another kind only")
    return _inside(place_at_end(data, outer), *_INNER)


def _inside(place: Place, opening: bytes, closing: bytes) -> Place:
    return Place(place.start, place.end, place.before + opening, closing + place.after)


def find_property_place(data: bytes, signature_id: str) -> Place:
    """Return the place for one more unsigned property. Errors as get_signature and place_of_property."""
    return place_of_property(data, get_signature(parse_xml(data), signature_id))


def plan_signature_stamp(data: bytes, signature_id: str, digest_algorithm: str) -> StampPlan:
    """Return what a signature time-stamp is over. Errors as get_signature and place_of_property."""
    signature = get_signature(parse_xml(data), signature_id)
    octets = signature_value_octets(signature, EXC_C14N)
    return StampPlan(hashlib.new(digest_algorithm, octets).digest(), place_of_property(data, signature))


def plan_archive_stamp(data: bytes, signature_id: str, digest_algorithm: str, external_file: ExternalFile) -> StampPlan:
    """Return what an archive time-stamp is over that is added now.

    Raises:
        SignedContentMissing: A file that the signature refers to is not at hand.
        SignatureNotFound, SignatureFileUnreadable: As get_signature and place_of_property.
        XmlReferenceUnsound, XmlTransformUnsupported: A reference of the signature cannot be followed.
    """
    signature = get_signature(parse_xml(data), signature_id)
    digest = hashlib.new(digest_algorithm)
    for octets in archive_octets(signature, external_file, EXC_C14N):
        digest.update(octets)
    return StampPlan(digest.digest(), place_of_property(data, signature))


def plan_counter_signature(data: bytes, signature_id: str, digest_algorithm: str) -> CounterPlan:
    """Return the reference to the value of a signature, which a counter-signature signs.

    Raises:
        SignatureFileUnreadable: The value has no identifier of its own, so nothing can refer to it; or as
            place_of_property.
        SignatureNotFound: As get_signature.
    Source: ETSI EN 319 132-1 V1.2.1, 5.2.7.
    """
    root = parse_xml(data)
    signature = get_signature(root, signature_id)
    value = only_child(signature, ds("SignatureValue"))
    identifier = None if value is None else value.get("Id")
    if identifier is None or len(find_by_id(root, identifier)) != 1:
        raise SignatureFileUnreadable(
            "the signature's value has no identifier by which a counter-signature refers to it"
        )
    octets = signature_value_octets(signature, EXC_C14N)
    reference = DataReference(
        uri=f"#{identifier}",
        digest=hashlib.new(digest_algorithm, octets).digest(),
        transforms=(Transform(EXC_C14N),),
        kind=COUNTERSIGNED_TYPE,
    )
    return CounterPlan(reference, place_of_property(data, signature))
