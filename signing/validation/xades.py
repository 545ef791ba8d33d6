"""The XML part of a signature: who signed, what its references cover, whether digests and value hold.

Trust is judged elsewhere. Sources: XML Signature 1.1, 3.2; ETSI EN 319 132-1 V1.2.1; ETSI EN 319 102-1 V1.3.1, 5.2.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from certs.key_descriptions import UsedAlgorithms
from certs.model import SubIndication
from signing.errors.xml import XmlReferenceUnsound, XmlTransformUnsupported
from signing.formats.xml.canonical import canonical
from signing.formats.xml.names import ds, xades
from signing.formats.xml.parsing import Element
from signing.formats.xml.references import ExternalFile, inclusive_prefixes, no_external_file
from signing.formats.xml.structure import (
    base64_of,
    countersigned_by,
    find_signatures,
    only_child,
    qualifying_properties,
    time_of,
)
from signing.validation.hostile import attempt
from signing.validation.xml_keys import PublicKey, digest_of, public_key_of, used_algorithms, value_holds
from signing.validation.xml_references import MAX_REFERENCES, CheckedReference, SignedPart, check_reference

MAX_CERTIFICATES = 20
_GRAVEST_FIRST = (
    SubIndication.HASH_FAILURE,
    SubIndication.FORMAT_FAILURE,
    SubIndication.SIGNED_DATA_NOT_FOUND,
    SubIndication.GENERIC,
)


@dataclass(frozen=True)
class XadesFindings:
    """What one signature is; sub_indication names the first failure of format, digest, value or certificate.

    Attributes:
        intact: Digests and value hold over all that is referred to; None where that could not be worked out.
        parts: What is signed besides the signature's own properties.
        refers_to_signer: A signed property names the signer's certificate, as XAdES baseline demands.
        countersigns: The Id of the signature that this one countersigns.
        unsupported: What it uses that is not computed here, in words.
    """

    signature_id: str
    sub_indication: SubIndication | None
    intact: bool | None = None
    parts: tuple[SignedPart, ...] = ()
    signer_der: bytes | None = None
    other_ders: tuple[bytes, ...] = ()
    claimed_time: datetime | None = None
    refers_to_signer: bool = False
    algorithms: UsedAlgorithms = field(default_factory=UsedAlgorithms)
    countersigns: str | None = None
    unsupported: str = ""

    @property
    def covers_whole_document(self) -> bool:
        """Say whether nothing in the file but signatures is left unsigned."""
        return any(part.whole_document and part.intact for part in self.parts)


def check_xades(root: Element, external_file: ExternalFile = no_external_file) -> tuple[XadesFindings, ...]:
    """Check every signature of a parsed file, in document order; malformed ones are findings.

    Args:
        external_file: Gives the files beside the signature, for detached references.
    """
    return tuple(check_signature(signature, external_file) for signature in find_signatures(root))


def check_signature(signature: Element, external_file: ExternalFile = no_external_file) -> XadesFindings:
    """Check one ds:Signature."""
    broken = XadesFindings(signature.get("Id", ""), SubIndication.FORMAT_FAILURE)
    return attempt(lambda: _check_supported(signature, external_file, broken), broken)


def _check_supported(signature: Element, external_file: ExternalFile, broken: XadesFindings) -> XadesFindings:
    try:
        return _check(signature, external_file, broken)
    except XmlTransformUnsupported as error:
        return replace(broken, sub_indication=SubIndication.GENERIC, unsupported=str(error))


def _check(signature: Element, external_file: ExternalFile, broken: XadesFindings) -> XadesFindings:
    info, value = only_child(signature, ds("SignedInfo")), only_child(signature, ds("SignatureValue"))
    if info is None or value is None:
        return replace(broken, intact=False)
    references = [check_reference(one, signature, external_file) for one in _references(info)]
    own = _own_properties(signature, references)
    found = replace(
        broken,
        sub_indication=None,
        parts=tuple(one.part for one in references if own is None or one.element is not own),
        claimed_time=None if own is None else _claimed_time(own),
        countersigns=_countersigned_id(signature),
        unsupported=next((one.unsupported for one in references if one.unsupported), ""),
    )
    return _check_value(found, signature, references, own)


def _references(info: Element) -> list[Element]:
    references = info.findall(ds("Reference"))
    if not references or len(references) > MAX_REFERENCES:
        raise XmlReferenceUnsound("no reference, or too many")
    return references


def _own_properties(signature: Element, references: list[CheckedReference]) -> Element | None:
    """Return this signature's signed properties, if a reference covers exactly them."""
    qualifying = qualifying_properties(signature)
    own = None if qualifying is None else only_child(qualifying, xades("SignedProperties"))
    return own if any(one.element is own for one in references) else None


def _claimed_time(properties: Element) -> datetime | None:
    return time_of(properties.find(f"{xades('SignedSignatureProperties')}/{xades('SigningTime')}"))


def _countersigned_id(signature: Element) -> str | None:
    above = countersigned_by(signature)
    return None if above is None else above.get("Id", "")


def _check_value(
    found: XadesFindings, signature: Element, references: list[CheckedReference], own: Element | None
) -> XadesFindings:
    info = signature.find(ds("SignedInfo"))
    holder = signature.find(ds("SignatureValue"))
    if info is None or holder is None:
        return found
    octets, method = _signed_octets(info)
    value = base64_of(holder)
    candidates = list(_certificates(signature))
    named = None if own is None else next((one for one in candidates if _names(own, one)), None)
    signer = named or next(
        (one for one in candidates if _verifies(method, public_key_of(one), octets, value)),
        candidates[0] if candidates else None,
    )
    key = None if signer is None else public_key_of(signer)
    holds = _verifies(method, key, octets, value)
    found = replace(
        found,
        signer_der=signer,
        other_ders=tuple(one for one in candidates if one != signer),
        refers_to_signer=named is not None,
        algorithms=used_algorithms(method, (one.digest_uri for one in references), signer)
        if signer
        else UsedAlgorithms(),
    )
    return _conclude(found, references, holds if key is not None else None)


def _conclude(found: XadesFindings, references: list[CheckedReference], holds: bool | None) -> XadesFindings:
    """Name the gravest finding. Source: ETSI EN 319 102-1 V1.3.1, 5.2.7 and 5.2.8."""
    problems = [one.sub_indication for one in references if one.sub_indication is not None]
    intacts = [one.part.intact for one in references]
    sub = next((one for one in _GRAVEST_FIRST if one in problems), None)
    if holds is False and sub in {None, SubIndication.SIGNED_DATA_NOT_FOUND, SubIndication.GENERIC}:
        sub = SubIndication.SIG_CRYPTO_FAILURE
    if sub is None and (holds is None or not found.refers_to_signer):
        sub = SubIndication.NO_SIGNING_CERTIFICATE_FOUND
    intact: bool | None = holds
    if False in intacts or holds is False:
        intact = False
    elif None in intacts or sub is SubIndication.SIGNED_DATA_NOT_FOUND:
        intact = None
    return replace(found, sub_indication=sub, intact=intact)


def _signed_octets(info: Element) -> tuple[bytes, str]:
    canonicalisation, method = info.find(ds("CanonicalizationMethod")), info.find(ds("SignatureMethod"))
    if canonicalisation is None or method is None:
        raise XmlReferenceUnsound("the signature names no algorithm")
    algorithm = canonicalisation.get("Algorithm", "")
    octets = canonical(info, algorithm, prefixes=inclusive_prefixes(canonicalisation), keep_comments=True)
    return octets, method.get("Algorithm", "")


def _certificates(signature: Element) -> Iterator[bytes]:
    found = signature.findall(f"{ds('KeyInfo')}/{ds('X509Data')}/{ds('X509Certificate')}")
    for one in found[:MAX_CERTIFICATES]:
        certificate = base64_of(one)
        if certificate:
            yield certificate


def _names(properties: Element, certificate_der: bytes) -> bool:
    """Say whether the first signing-certificate property is about this certificate.

    Source: ETSI EN 319 132-1 V1.2.1, 5.2.2 (version 2); ETSI TS 101 903 V1.4.2, 7.2.2 (version 1).
    """
    signed = properties.find(xades("SignedSignatureProperties"))
    for name in ("SigningCertificateV2", "SigningCertificate"):
        named = None if signed is None else signed.find(f"{xades(name)}/{xades('Cert')}/{xades('CertDigest')}")
        if named is not None:
            method, value = named.find(ds("DigestMethod")), named.find(ds("DigestValue"))
            if method is None or value is None:
                return False
            return base64_of(value) == digest_of(method.get("Algorithm", ""), certificate_der)
    return False


def _verifies(method: str, key: PublicKey | None, octets: bytes, value: bytes | None) -> bool:
    return key is not None and value is not None and value_holds(method, key, octets, value)
