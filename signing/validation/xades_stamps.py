"""The time-stamps and the validation material that a XAdES signature carries.

Sources: ETSI EN 319 132-1 V1.2.1, 5.3 to 5.5; ETSI EN 319 102-1 V1.3.1, 5.4 and 5.6.
"""

import hashlib
from dataclasses import dataclass
from functools import partial

from asn1crypto import cms

from certs.revocation.answers import evidence_times
from certs.revocation.model import EvidenceItem, RevocationEvidence
from signing.errors.files import SignedContentMissing
from signing.errors.xml import XmlReferenceUnsound, XmlTransformUnsupported
from signing.formats.xml.archive import archive_octets, canonicalisation_of, signature_value_octets
from signing.formats.xml.names import xades, xades141
from signing.formats.xml.parsing import Element
from signing.formats.xml.references import ExternalFile
from signing.formats.xml.structure import encapsulated, unsigned_properties
from signing.validation.cms import MAX_EVIDENCE_ITEMS, MAX_TIMESTAMPS, DigestOf, parse_signed_data

_MATERIAL = frozenset(
    {
        *(xades(name) for name in ("CertificateValues", "RevocationValues", "AttrAuthoritiesCertValues")),
        *(xades141(name) for name in ("TimeStampValidationData", "AnyValidationData")),
    }
)


@dataclass(frozen=True)
class FoundStamp:
    """One token and what it must be about; token is None where it cannot be read."""

    token: cms.SignedData | None
    digest_of: DigestOf


def find_signature_stamps(signature: Element) -> list[FoundStamp]:
    """Return the time-stamps over the signature value, in order."""
    found = [one for one in unsigned_properties(signature) if one.tag == xades("SignatureTimeStamp")]
    return [stamp for one in found[:MAX_TIMESTAMPS] for stamp in _tokens(one, partial(_over_value, signature, one))]


def find_archive_stamps(signature: Element, external_file: ExternalFile) -> list[FoundStamp]:
    """Return the archive time-stamps of XAdES 1.4.1, in order. Older ones prove nothing here."""
    found = [one for one in unsigned_properties(signature) if one.tag == xades141("ArchiveTimeStamp")]
    return [
        stamp
        for one in found[:MAX_TIMESTAMPS]
        for stamp in _tokens(one, partial(_over_all, signature, one, external_file))
    ]


def embedded_evidence(signature: Element) -> RevocationEvidence:
    """Return the certificates and revocation answers that the signature carries."""
    held = [one for one in unsigned_properties(signature) if one.tag in _MATERIAL]
    kinds = (("crl", "EncapsulatedCRLValue"), ("ocsp", "EncapsulatedOCSPValue"))
    pairs = [(kind, der) for kind, name in kinds for der in encapsulated(held, name)]
    items = []
    for kind, der in pairs[:MAX_EVIDENCE_ITEMS]:
        times = evidence_times(kind, der)
        if times is not None:
            items.append(EvidenceItem(kind, der, "signature", *times))
    certificates = encapsulated(held, "EncapsulatedX509Certificate")[:MAX_EVIDENCE_ITEMS]
    return RevocationEvidence(tuple(items), tuple(certificates))


def _tokens(timestamp: Element, digest_of: DigestOf) -> list[FoundStamp]:
    tokens = encapsulated([timestamp], "EncapsulatedTimeStamp")
    return [FoundStamp(parse_signed_data(der), digest_of) for der in tokens] or [FoundStamp(None, digest_of)]


def _over_value(signature: Element, timestamp: Element, algorithm: str) -> bytes | None:
    try:
        octets = signature_value_octets(signature, *canonicalisation_of(timestamp))
    except (XmlReferenceUnsound, XmlTransformUnsupported):
        return None
    return hashlib.new(algorithm, octets).digest() if algorithm in hashlib.algorithms_guaranteed else None


def _over_all(signature: Element, timestamp: Element, external_file: ExternalFile, algorithm: str) -> bytes | None:
    if algorithm not in hashlib.algorithms_guaranteed:
        return None
    digest = hashlib.new(algorithm)
    method, prefixes = canonicalisation_of(timestamp)
    try:
        for octets in archive_octets(signature, external_file, method, prefixes, before=timestamp):
            digest.update(octets)
    except (XmlReferenceUnsound, XmlTransformUnsupported, SignedContentMissing):
        return None
    return digest.digest()
