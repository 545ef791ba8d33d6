"""Unsigned properties: time-stamps, certificates and revocation answers that come to a signature after its value.

Each is complete in itself: it declares the namespaces it uses, because others may have chosen other prefixes.
Source: ETSI EN 319 132-1 V1.2.1, 5.2.7 and 5.3 to 5.5; ETSI TS 101 903 V1.4.2, 7 and 8.
"""

import uuid

from signing.formats.material import ValidationMaterial
from signing.formats.xml.names import EXC_C14N
from signing.formats.xml.text import base64_text, element


def signature_timestamp(token_der: bytes) -> str:
    """Return xades:SignatureTimeStamp over the exclusive canonical ds:SignatureValue."""
    return _timestamp("xades:SignatureTimeStamp", token_der)


def archive_timestamp(token_der: bytes) -> str:
    """Return xades141:ArchiveTimeStamp; see signing.formats.xml.archive for what it is over."""
    return _timestamp("xades141:ArchiveTimeStamp", token_der)


def material_properties(material: ValidationMaterial) -> list[str]:
    """Return xades:CertificateValues and xades:RevocationValues, those of them that hold something."""
    return [text for text in (_certificates(material), _revocations(material)) if text]


def further_material(material: ValidationMaterial) -> list[str]:
    """Return xades141:TimeStampValidationData, for material that comes to what a signature holds already."""
    inner = material_properties(material)
    return [element("xades141:TimeStampValidationData", *inner)] if inner else []


def counter_signature(signature: str) -> str:
    """Return xades:CounterSignature around a ds:Signature."""
    return element("xades:CounterSignature", signature)


def _timestamp(name: str, token_der: bytes) -> str:
    return element(
        name,
        element("ds:CanonicalizationMethod", attributes={"Algorithm": EXC_C14N}),
        element("xades:EncapsulatedTimeStamp", base64_text(token_der)),
        attributes={"Id": f"timestamp-{uuid.uuid4()}"},
    )


def _certificates(material: ValidationMaterial) -> str:
    inner = [element("xades:EncapsulatedX509Certificate", base64_text(der)) for der in material.certificates]
    return element("xades:CertificateValues", *inner) if inner else ""


def _revocations(material: ValidationMaterial) -> str:
    crls = [element("xades:EncapsulatedCRLValue", base64_text(der)) for der in material.crls]
    ocsps = [element("xades:EncapsulatedOCSPValue", base64_text(der)) for der in material.ocsps]
    inner = [
        element(name, *values) for name, values in (("xades:CRLValues", crls), ("xades:OCSPValues", ocsps)) if values
    ]
    return element("xades:RevocationValues", *inner) if inner else ""
