"""Builds a XAdES baseline signature around digests: first what the key signs, then the whole ds:Signature.

Sources: XML Signature 1.1, 4; ETSI EN 319 132-1 V1.2.1, 4 to 6 and tables 2 and 3.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC

from signing.formats.xml.model import DataReference, SignaturePolicy, Transform, XadesSigner
from signing.formats.xml.names import DIGEST_URIS, EXC_C14N, SIGNATURE_URIS, SIGNED_PROPERTIES_TYPE
from signing.formats.xml.text import base64_text, element, escape_text, in_document, octets
from signing.formats.xml.values import xml_signature_value


@dataclass(frozen=True)
class UnfinishedSignature:
    """A signature without its value.

    Attributes:
        signed_info: The octets that the key signs.
        certificate_der: The signer's.
    """

    signer: XadesSigner
    signed_info: bytes
    properties: str
    objects: tuple[str, ...]

    @property
    def certificate_der(self) -> bytes:
        return self.signer.certificate_der

    def value_octets(self, value: bytes) -> bytes:
        """Return the canonical ds:SignatureValue, over which a signature time-stamp is made.

        Args:
            value: What the key source returned.
        Source: ETSI EN 319 132-1 V1.2.1, 5.3.
        """
        return octets(self._value_element(value))

    def finish(self, value: bytes, unsigned_properties: Sequence[str] = ()) -> bytes:
        """Return the ds:Signature as it stands in a file.

        Args:
            value: What the key source returned, checked by the caller.
            unsigned_properties: Elements as signing.formats.xml.unsigned writes them, in order.
        """
        signature_id = self.signer.signature_id
        unsigned = ""
        if unsigned_properties:
            inner = element("xades:UnsignedSignatureProperties", *unsigned_properties)
            unsigned = element("xades:UnsignedProperties", inner)
        qualifying = element(
            "xades:QualifyingProperties", self.properties, unsigned, attributes={"Target": f"#{signature_id}"}
        )
        return in_document(
            element(
                "ds:Signature",
                self.signed_info.decode("utf-8"),
                self._value_element(value),
                _key_info(self.signer),
                element("ds:Object", qualifying),
                *self.objects,
                attributes={"Id": signature_id},
            )
        )

    def _value_element(self, value: bytes) -> str:
        shown = base64_text(xml_signature_value(value, self.certificate_der))
        return element("ds:SignatureValue", shown, attributes={"Id": value_id(self.signer.signature_id)})


def value_id(signature_id: str) -> str:
    """Return the Id of the ds:SignatureValue of a signature made here."""
    return f"{signature_id}-value"


def begin_signature(
    signer: XadesSigner, references: Sequence[DataReference], *, objects: Sequence[str] = ()
) -> UnfinishedSignature:
    """Return the signature over the references and over its own signed properties, ready for the key.

    Args:
        references: At least one; their digests are by the algorithm's own digest.
        objects: Further ds:Object elements, canonical.
    """
    signature_id = signer.signature_id
    digest_algorithm = signer.algorithm.digest_algorithm
    properties = _signed_properties(signer, references)
    about_properties = DataReference(
        uri=f"#{_properties_id(signature_id)}",
        digest=hashlib.new(digest_algorithm, octets(properties)).digest(),
        transforms=(Transform(EXC_C14N),),
        kind=SIGNED_PROPERTIES_TYPE,
    )
    signed_info = element(
        "ds:SignedInfo",
        element("ds:CanonicalizationMethod", attributes={"Algorithm": EXC_C14N}),
        element("ds:SignatureMethod", attributes={"Algorithm": SIGNATURE_URIS[signer.algorithm.value]}),
        *(
            _reference(reference, digest_algorithm, _reference_id(signature_id, number))
            for number, reference in enumerate(references, start=1)
        ),
        _reference(about_properties, digest_algorithm, None),
    )
    return UnfinishedSignature(signer, octets(signed_info), properties, tuple(objects))


def _properties_id(signature_id: str) -> str:
    return f"{signature_id}-properties"


def _reference_id(signature_id: str, number: int) -> str:
    return f"{signature_id}-data-{number}"


def digest_elements(digest_algorithm: str, digest: bytes) -> str:
    """Return ds:DigestMethod and ds:DigestValue."""
    return element("ds:DigestMethod", attributes={"Algorithm": DIGEST_URIS[digest_algorithm]}) + element(
        "ds:DigestValue", base64_text(digest)
    )


def _reference(reference: DataReference, digest_algorithm: str, reference_id: str | None) -> str:
    transforms = ""
    if reference.transforms:
        transforms = element("ds:Transforms", *map(_transform, reference.transforms))
    return element(
        "ds:Reference",
        transforms,
        digest_elements(digest_algorithm, reference.digest),
        attributes={"Id": reference_id, "Type": reference.kind, "URI": reference.uri},
    )


def _transform(transform: Transform) -> str:
    inner = "" if transform.xpath is None else element("ds:XPath", escape_text(transform.xpath))
    return element("ds:Transform", inner, attributes={"Algorithm": transform.algorithm})


def _signed_properties(signer: XadesSigner, references: Sequence[DataReference]) -> str:
    digest_algorithm = signer.algorithm.digest_algorithm
    certificate_digest = hashlib.new(digest_algorithm, signer.certificate_der).digest()
    certificate = element("xades:CertDigest", digest_elements(digest_algorithm, certificate_digest))
    of_signature = element(
        "xades:SignedSignatureProperties",
        # XML Schema's dateTime with its zone; the fraction says nothing that anyone relies on.
        element("xades:SigningTime", signer.claimed_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")),
        element("xades:SigningCertificateV2", element("xades:Cert", certificate)),
        "" if signer.policy is None else _policy(signer.policy, digest_algorithm),
    )
    of_data = [
        element(
            "xades:DataObjectFormat",
            element("xades:MimeType", escape_text(reference.mime_type)),
            attributes={"ObjectReference": f"#{_reference_id(signer.signature_id, number)}"},
        )
        for number, reference in enumerate(references, start=1)
        if reference.mime_type is not None
    ]
    return element(
        "xades:SignedProperties",
        of_signature,
        element("xades:SignedDataObjectProperties", *of_data) if of_data else "",
        attributes={"Id": _properties_id(signer.signature_id)},
    )


def _policy(policy: SignaturePolicy, digest_algorithm: str) -> str:
    qualifiers = ""
    if policy.address is not None:
        address = element("xades:SPURI", escape_text(policy.address))
        qualifiers = element("xades:SigPolicyQualifiers", element("xades:SigPolicyQualifier", address))
    identifier = element("xades:Identifier", f"urn:oid:{policy.oid}", attributes={"Qualifier": "OIDAsURN"})
    return element(
        "xades:SignaturePolicyIdentifier",
        element(
            "xades:SignaturePolicyId",
            element("xades:SigPolicyId", identifier),
            element("xades:SigPolicyHash", digest_elements(digest_algorithm, policy.digest)),
            qualifiers,
        ),
    )


def _key_info(signer: XadesSigner) -> str:
    certificates = dict.fromkeys((signer.certificate_der, *signer.chain_ders))
    inner = (element("ds:X509Certificate", base64_text(der)) for der in certificates)
    return element("ds:KeyInfo", element("ds:X509Data", *inner))
