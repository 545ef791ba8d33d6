"""What the time-stamps of a XAdES signature are over.

Source: ETSI EN 319 132-1 V1.2.1, 5.3 (signature time-stamp) and 5.5.2.2 (archive time-stamp, not distributed).
"""

from collections.abc import Iterator

from signing.errors.files import SignedContentMissing
from signing.errors.xml import XmlReferenceUnsound
from signing.formats.xml.canonical import canonical
from signing.formats.xml.names import C14N, ds, xades
from signing.formats.xml.parsing import Element
from signing.formats.xml.references import ExternalFile, inclusive_prefixes, refer
from signing.formats.xml.structure import unsigned_properties


def canonicalisation_of(timestamp: Element) -> tuple[str, tuple[str, ...]]:
    """Return the method and the inclusive prefixes that a time-stamp names; without one, Canonical XML 1.0."""
    method = timestamp.find(ds("CanonicalizationMethod"))
    return (C14N, ()) if method is None else (method.get("Algorithm", ""), inclusive_prefixes(method))


def signature_value_octets(signature: Element, method: str, prefixes: tuple[str, ...] = ()) -> bytes:
    """Return the canonical ds:SignatureValue.

    Raises:
        XmlReferenceUnsound: There is none.
        XmlTransformUnsupported: The method is unknown here.
    """
    value = signature.find(ds("SignatureValue"))
    if value is None:
        raise XmlReferenceUnsound("the signature has no value")
    return canonical(value, method, prefixes=prefixes, keep_comments=True)


def archive_octets(
    signature: Element,
    external_file: ExternalFile,
    method: str,
    prefixes: tuple[str, ...] = (),
    before: Element | None = None,
) -> Iterator[bytes | memoryview]:
    """Yield what an archive time-stamp is over, piece by piece.

    Args:
        before: The time-stamp itself, if it is there: later properties are none of its business.
    Raises:
        SignedContentMissing: A file that the signature refers to is not at hand.
        XmlReferenceUnsound, XmlTransformUnsupported: As refer.
    """
    info = signature.find(ds("SignedInfo"))
    for reference in [] if info is None else info.findall(ds("Reference")):
        octets = refer(reference, signature, external_file, node_set_method=method).octets
        if octets is None:
            raise SignedContentMissing("a file that the signature refers to is not at hand")
        yield octets
    for name in ("SignedInfo", "SignatureValue", "KeyInfo"):
        found = signature.find(ds(name))
        if found is not None:
            yield canonical(found, method, prefixes=prefixes, keep_comments=True)
    for one in unsigned_properties(signature):
        if one is before:
            break
        yield canonical(one, method, prefixes=prefixes, keep_comments=True)
    for held in signature.findall(ds("Object")):
        if held.find(xades("QualifyingProperties")) is None:
            yield canonical(held, method, prefixes=prefixes, keep_comments=True)
