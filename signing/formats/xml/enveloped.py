"""A signature inside the XML that it signs: what is digested, and where the signature goes. For the confined child."""

import hashlib
from dataclasses import dataclass
from typing import cast

from lxml import etree

from signing.errors.xml import XmlPlaceNotFound, XmlReferenceUnsound
from signing.formats.xml.canonical import canonical, outermost_signatures, without
from signing.formats.xml.model import NO_SIGNATURES, DataReference, Transform
from signing.formats.xml.names import C14N, ENVELOPED, EXC_C14N
from signing.formats.xml.parsing import Element, find_by_id, parse_xml
from signing.formats.xml.positions import Place, place_at_end


@dataclass(frozen=True)
class ElementPlace:
    """The element whose last child the signature becomes.

    Attributes:
        path: A location path from the root, such as "/r:HDon/r:DSCKS/r:NBan"; None for the document element.
        namespaces: The prefixes of the path.
    """

    path: str | None = None
    namespaces: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class EnvelopedPlan:
    """What the child found: the digest to sign, and the place."""

    reference: DataReference
    place: Place


def plan_enveloped(
    data: bytes, digest_algorithm: str, reference_id: str | None = None, where: ElementPlace | None = None
) -> EnvelopedPlan:
    """Return the reference to the document, or to one element of it, and the place for the signature.

    Args:
        reference_id: Identifier of the element to sign; None signs the whole document.
        where: The document element by default.
    Raises:
        XmlReferenceUnsound: No element, or more than one, goes by the identifier.
        XmlPlaceNotFound: The path leads to no element or to several.
        XmlUnreadable, XmlForbidden, XmlTooLarge: As parse_xml.
    """
    root = parse_xml(data)
    parent = _find_place(root, where or ElementPlace())
    signed = root if reference_id is None else _find_signed(root, reference_id)
    inside = signed is parent or any(ancestor is signed for ancestor in parent.iterancestors())
    # Alone, an element is often moved into another envelope: exclusive canonicalisation lets it. A whole document
    # stays what it is, so all of its namespaces count.
    method = C14N if reference_id is None else EXC_C14N
    transforms = (Transform(ENVELOPED), NO_SIGNATURES, Transform(method)) if inside else (Transform(method),)
    signatures = outermost_signatures(signed) if inside else []
    octets = canonical(without(signed, signatures) if signatures else signed, method)
    reference = DataReference(
        uri="" if reference_id is None else f"#{reference_id}",
        digest=hashlib.new(digest_algorithm, octets).digest(),
        transforms=transforms,
        mime_type="text/xml",
    )
    return EnvelopedPlan(reference, place_at_end(data, parent))


def _find_signed(root: Element, reference_id: str) -> Element:
    found = find_by_id(root, reference_id)
    if len(found) != 1:
        raise XmlReferenceUnsound(f"{len(found)} elements go by the identifier to be signed, not one")
    return found[0]


def _find_place(root: Element, where: ElementPlace) -> Element:
    if where.path is None:
        return root
    try:
        found = root.getroottree().xpath(where.path, namespaces=dict(where.namespaces))
    except etree.XPathError:
        raise XmlPlaceNotFound("the path of the signature's place cannot be read") from None
    elements = [one for one in cast(list[object], found if isinstance(found, list) else []) if _is_element(one)]
    if len(elements) != 1:
        raise XmlPlaceNotFound(f"the path of the signature's place leads to {len(elements)} elements, not one")
    return cast(Element, elements[0])


def _is_element(one: object) -> bool:
    return isinstance(one, etree._Element) and isinstance(one.tag, str)
