"""The references of a signature: whether their digests hold, and whether they cover what a reader takes for signed.

Sources: XML Signature 1.1, 3.2.1 and 5.1; ETSI EN 319 102-1 V1.3.1, 5.2.7.
"""

import hashlib
from dataclasses import dataclass, replace

from certs.model import SubIndication
from signing.errors.xml import XmlForbidden, XmlReferenceUnsound, XmlTooLarge, XmlTransformUnsupported, XmlUnreadable
from signing.formats.xml.names import MANIFEST_TYPE, OBJECT_TYPE, ds, xades
from signing.formats.xml.parsing import Element
from signing.formats.xml.references import ExternalFile, Referred, refer
from signing.formats.xml.structure import base64_of, countersigned_by, qualifying_properties
from signing.validation.xml_keys import digest_name

MAX_REFERENCES = 1000


@dataclass(frozen=True)
class SignedPart:
    """One thing that a reference covers.

    Attributes:
        uri: As the reference writes it. path: Of the element, from the root; None for a file beside the signature.
        whole_document: Everything in the file (less signatures).
        intact: None where it is not at hand.
    """

    uri: str
    path: str | None
    whole_document: bool
    intact: bool | None


@dataclass(frozen=True)
class CheckedReference:
    """One reference, what it covers, and the first thing that is wrong with it.

    Attributes:
        element: What it leads to in the file. unsupported: What could not be computed, in words.
    """

    part: SignedPart
    element: Element | None
    digest_uri: str
    sub_indication: SubIndication | None = None
    unsupported: str = ""


def check_reference(reference: Element, signature: Element, external_file: ExternalFile) -> CheckedReference:
    """Follow one reference, compare its digest, and say whether what it covers stands where readers look."""
    uri, method = reference.get("URI", ""), reference.find(ds("DigestMethod"))
    digest_uri = "" if method is None else method.get("Algorithm", "")
    missing = CheckedReference(SignedPart(uri, None, False, False), None, digest_uri, SubIndication.FORMAT_FAILURE)
    try:
        referred = refer(reference, signature, external_file)
        algorithm = digest_name(digest_uri)
    except (XmlReferenceUnsound, XmlUnreadable, XmlForbidden, XmlTooLarge):
        return missing
    except XmlTransformUnsupported as error:
        unclear = replace(missing.part, intact=None)
        return replace(missing, part=unclear, sub_indication=SubIndication.GENERIC, unsupported=str(error))
    if referred.octets is None:
        absent = SubIndication.SIGNED_DATA_NOT_FOUND
        return replace(missing, part=replace(missing.part, intact=None), sub_indication=absent)
    value = reference.find(ds("DigestValue"))
    intact = value is not None and base64_of(value) == hashlib.new(algorithm, referred.octets).digest()
    found = CheckedReference(_part(uri, referred, intact), referred.element, digest_uri)
    if not intact:
        return replace(found, sub_indication=SubIndication.HASH_FAILURE)
    if not _stands_where_it_may(reference, referred, signature) or not _manifest_holds(
        referred, signature, external_file
    ):
        return replace(found, sub_indication=SubIndication.SIGNED_DATA_NOT_FOUND)
    return found


def _part(uri: str, referred: Referred, intact: bool) -> SignedPart:
    element = referred.element
    if element is None:
        return SignedPart(uri, None, False, intact)
    tree = element.getroottree()
    return SignedPart(uri, tree.getpath(element), element is tree.getroot(), intact)


def _stands_where_it_may(reference: Element, referred: Referred, signature: Element) -> bool:
    """Refuse what only looks signed: an object deeper in a signature than readers look, or in another signature.

    Source: XML Signature Wrapping (McIntosh and Austel, 2005); ETSI EN 319 102-1 V1.3.1, 5.2.7 leaves the choice open.
    """
    element, kind = referred.element, reference.get("Type", "")
    if element is None:
        return True
    if element is signature or element.tag == ds("Signature"):
        return element.getparent() is None and element is not signature
    holder = next(element.iterancestors(ds("Signature")), None)
    if holder is None:
        return kind not in {OBJECT_TYPE, MANIFEST_TYPE}
    if holder is not signature:
        return element.tag == ds("SignatureValue") and countersigned_by(signature) is holder
    inside = [element, *element.iterancestors()]
    path = [one.tag for one in reversed(inside[: inside.index(signature)])]
    if kind == OBJECT_TYPE:
        return path == [ds("Object")]
    if kind == MANIFEST_TYPE:
        return path == [ds("Object"), ds("Manifest")]
    own = qualifying_properties(signature)
    if element.tag == xades("SignedProperties"):
        return element.getparent() is own
    return len(path) == 1 or (path[0] == ds("Object") and (len(path) == 2 or path[1:-1] == [ds("SignatureProperties")]))


def _manifest_holds(referred: Referred, signature: Element, external_file: ExternalFile) -> bool:
    """Say whether what a signed manifest lists is what it says; what is no manifest lists nothing."""
    element = referred.element
    if element is None or element.tag != ds("Manifest"):
        return True
    inner = element.findall(ds("Reference"))[:MAX_REFERENCES]
    return bool(inner) and all(
        one.get("Type") != MANIFEST_TYPE and check_reference(one, signature, external_file).sub_indication is None
        for one in inner
    )
