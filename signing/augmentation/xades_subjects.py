"""Reads who signed and stamped an XML file, for what has to be provable later. Runs in the confined child."""

from dataclasses import dataclass

from certs.revocation.model import RevocationEvidence
from signing.errors.evidence import NothingToAugment
from signing.errors.files import SignatureFileUnreadable
from signing.formats.material import EvidenceSubject
from signing.formats.xml.names import xades
from signing.formats.xml.parsing import Element, parse_xml
from signing.formats.xml.structure import countersigned_by, find_signatures, qualifying_properties, unsigned_properties
from signing.validation.cms import check_token
from signing.validation.xades import check_signature
from signing.validation.xades_stamps import FoundStamp, embedded_evidence, find_archive_stamps, find_signature_stamps


@dataclass(frozen=True)
class XmlSigner:
    """One signature with everyone whose certificate it rests on.

    Attributes:
        index: Its place among all signatures of the file, in document order.
        authorities: Those behind its time-stamps, first those over its value, then those over the archive.
        under: The index of the signature that this one countersigns.
        holds_material: It has certificate or revocation values already.
    """

    index: int
    signature_id: str
    signer: EvidenceSubject
    authorities: tuple[EvidenceSubject, ...]
    under: int | None
    holds_material: bool


def read_xml_signers(data: bytes) -> tuple[XmlSigner, ...]:
    """Return every signature in document order, counter-signatures among them.

    Raises:
        DocumentNotSignable: The file cannot be read, or holds a signature without its certificate or without the
            properties of XAdES.
        NothingToAugment: It carries no signature.
    """
    signatures = find_signatures(parse_xml(data))
    if not signatures:
        raise NothingToAugment("the XML carries no signature")
    return tuple(_read(index, signature, signatures) for index, signature in enumerate(signatures))


def _read(index: int, signature: Element, every: list[Element]) -> XmlSigner:
    if qualifying_properties(signature) is None:
        raise SignatureFileUnreadable(
            "a signature in the XML has no XAdES properties to which something could be added"
        )
    findings, known = check_signature(signature), embedded_evidence(signature)
    if findings.signer_der is None:
        raise SignatureFileUnreadable("a signature in the XML does not hold its signer's certificate")
    above = countersigned_by(signature)
    stamps = [*find_signature_stamps(signature), *find_archive_stamps(signature, lambda _: None)]
    material = {xades("CertificateValues"), xades("RevocationValues")}
    return XmlSigner(
        index=index,
        signature_id=signature.get("Id", ""),
        signer=EvidenceSubject(findings.signer_der, findings.other_ders, known=known),
        authorities=tuple(_authority(stamp, known) for stamp in stamps),
        under=None if above is None else every.index(above),
        holds_material=any(one.tag in material for one in unsigned_properties(signature)),
    )


def _authority(stamp: FoundStamp, known: RevocationEvidence) -> EvidenceSubject:
    findings = None if stamp.token is None else check_token(stamp.token)[0]
    if findings is None or findings.signer_der is None:
        raise SignatureFileUnreadable("a time-stamp in the XML does not hold the certificate of its authority")
    return EvidenceSubject(findings.signer_der, findings.other_ders, stamps=True, known=known)
