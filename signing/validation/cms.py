"""The CMS part of a signature: who signed, whether digest and value hold, which time-stamps it carries."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from asn1crypto import cms, core, tsp, x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from pyhanko.sign.general import extract_certificate_info, extract_signer_info
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import (
    extract_certs_for_validation,
    extract_self_reported_ts,
    extract_tst_data_iter,
    get_signing_cert_attr,
    validate_sig_integrity,
)
from pyhanko_certvalidator.sig_validate import SignatureValidationContext
from pyhanko_certvalidator.util import get_pyca_cryptography_hash

from certs.key_descriptions import UsedAlgorithms, algorithms_of
from certs.model import SubIndication
from certs.received_bytes import received_der
from certs.revocation.answers import evidence_times
from certs.revocation.model import EvidenceItem
from signing.validation.hostile import attempt
from signing.validation.keys import ValueCheck

DigestOf = Callable[[str], bytes | None]
"""The digest of the signed content by algorithm name; None where there is no such content."""

MAX_TIMESTAMPS = 8
MAX_EVIDENCE_ITEMS = 32


@dataclass(frozen=True)
class CmsFindings:
    """What one SignedData is; sub_indication names the first failure of format, digest, value or certificate."""

    sub_indication: SubIndication | None
    intact: bool | None = None
    signer_der: bytes | None = None
    other_ders: tuple[bytes, ...] = ()
    claimed_time: datetime | None = None
    refers_to_signer: bool = False
    """It has the signing-certificate attribute, as PAdES baseline demands."""
    algorithms: UsedAlgorithms = field(default_factory=UsedAlgorithms)
    """What it was made with; whether that may still be relied on depends on the time that is proved."""
    tokens: tuple[cms.SignedData, ...] = ()
    signature_value: bytes = b""
    evidence: tuple[EvidenceItem, ...] = field(default_factory=tuple)


MALFORMED = CmsFindings(SubIndication.FORMAT_FAILURE)


def parse_signed_data(contents: bytes) -> cms.SignedData | None:
    """Return the SignedData in /Contents, which is padded with zeros, or None where there is none."""

    def parse() -> cms.SignedData | None:
        info = cms.ContentInfo.load(contents)
        return info["content"] if info["content_type"].native == "signed_data" else None

    return attempt(parse, None)


def check_signed_data(signed_data: cms.SignedData, digest_of: DigestOf) -> CmsFindings:
    """Check one detached signature against the content's digest; malformed ones are findings."""
    return attempt(lambda: _check(signed_data, digest_of, None), MALFORMED)


def check_sha1_inside(signed_data: cms.SignedData, digest_of: DigestOf) -> CmsFindings:
    """Check a signature of the old kind adbe.pkcs7.sha1, which signs the SHA-1 of the content, kept inside.

    Source: ISO 32000-1:2008, 12.8.3.3 (deprecated in ISO 32000-2).
    """

    def check() -> CmsFindings:
        kept = signed_data["encap_content_info"]["content"].native
        if not isinstance(kept, bytes):
            return MALFORMED
        found = _check(signed_data, lambda algorithm: _hash(algorithm, kept), "data")
        used = found.algorithms
        found = replace(found, algorithms=replace(used, digests=(*used.digests, "sha1")))
        if kept == digest_of("sha1"):
            return found
        return replace(found, sub_indication=SubIndication.HASH_FAILURE, intact=False)

    return attempt(check, MALFORMED)


def check_counter_signature(signed_data: cms.SignedData, countersigned_value: bytes) -> CmsFindings:
    """Check a counter-signature, taken out into a SignedData of its own, against the value that it signs.

    Its signed attributes state no content type. Source: RFC 5652, 11.4.
    """

    def check() -> CmsFindings:
        info = extract_signer_info(signed_data)
        found = _describe(signed_data, info)
        signer = _find_signer(signed_data)
        if signer is None:
            return replace(found, sub_indication=SubIndication.NO_SIGNING_CERTIFICATE_FOUND)
        certificate, others, named = signer
        found = replace(
            found,
            signer_der=received_der(certificate),
            other_ders=tuple(received_der(other) for other in others),
            algorithms=_algorithms(info, certificate),
        )
        sub = _counter_problem(info, certificate, countersigned_value)
        if sub is None and not named:
            sub = SubIndication.NO_SIGNING_CERTIFICATE_FOUND
        wrong = sub in {SubIndication.HASH_FAILURE, SubIndication.SIG_CRYPTO_FAILURE}
        return replace(found, sub_indication=sub, intact=not wrong)

    return attempt(check, MALFORMED)


def _counter_problem(
    info: cms.SignerInfo, certificate: x509.Certificate, countersigned_value: bytes
) -> SubIndication | None:
    algorithm = info["digest_algorithm"]["algorithm"].native
    if not _digest_attribute_holds(info, lambda name: _hash(name, countersigned_value)):
        return SubIndication.HASH_FAILURE
    context = SignatureValidationContext(contextual_md_algorithm=algorithm, prehashed=False)
    try:
        ValueCheck().validate_signature(
            info["signature"].native,
            info["signed_attrs"].untag().dump(),
            certificate.public_key,
            info["signature_algorithm"],
            context,
        )
    except InvalidSignature:
        return SubIndication.SIG_CRYPTO_FAILURE
    return None


def check_token(signed_data: cms.SignedData) -> tuple[CmsFindings, tsp.TSTInfo | None]:
    """Check a time-stamp token's own signature, and return what it states.

    Source: RFC 3161, 2.4.2.
    """

    def check() -> tuple[CmsFindings, tsp.TSTInfo | None]:
        content = signed_data["encap_content_info"]["content"]
        stated = content.parsed
        if not isinstance(stated, tsp.TSTInfo):
            return MALFORMED, None
        found = _check(signed_data, lambda algorithm: _hash(algorithm, bytes(content)), "tst_info")
        imprint, used = stated["message_imprint"]["hash_algorithm"]["algorithm"].native, found.algorithms
        return replace(found, algorithms=replace(used, digests=(*used.digests, imprint))), stated

    return attempt(check, (MALFORMED, None))


def imprint_holds(stated: tsp.TSTInfo, digest_of: DigestOf) -> bool:
    """Say whether a token is about this content."""

    def holds() -> bool:
        imprint = stated["message_imprint"]
        expected = digest_of(imprint["hash_algorithm"]["algorithm"].native)
        return expected is not None and expected == imprint["hashed_message"].native

    return attempt(holds, False)


def hash_of(algorithm: str, content: bytes) -> bytes:
    """Return a digest by its ASN.1 name."""
    return _hash(algorithm, content)


def _hash(algorithm: str, content: bytes) -> bytes:
    digest = hashes.Hash(get_pyca_cryptography_hash(algorithm))
    digest.update(content)
    return digest.finalize()


def _check(signed_data: cms.SignedData, digest_of: DigestOf, content_type: str | None) -> CmsFindings:
    content = signed_data["encap_content_info"]
    stated_type = content["content_type"].native
    detached = content_type is None
    if (detached and not isinstance(content["content"], core.Void)) or (content_type and stated_type != content_type):
        return MALFORMED
    info = extract_signer_info(signed_data)
    found = _describe(signed_data, info)
    signer = _find_signer(signed_data)
    if signer is None:
        digest_holds = attempt(lambda: _digest_attribute_holds(info, digest_of), None)
        sub = SubIndication.HASH_FAILURE if digest_holds is False else SubIndication.NO_SIGNING_CERTIFICATE_FOUND
        return replace(found, sub_indication=sub, intact=False if digest_holds is False else None)
    certificate, others, named = signer
    found = replace(
        found,
        signer_der=received_der(certificate),
        other_ders=tuple(received_der(other) for other in others),
        algorithms=_algorithms(info, certificate),
    )
    found = _check_integrity(found, info, certificate, stated_type, digest_of)
    if not named and found.sub_indication in {None, SubIndication.FORMAT_FAILURE}:
        # The library compares nothing then. Source: ETSI EN 319 102-1 V1.3.1, 5.2.3.4.
        return replace(found, sub_indication=SubIndication.NO_SIGNING_CERTIFICATE_FOUND, intact=None)
    return found


def _algorithms(info: cms.SignerInfo, certificate: x509.Certificate) -> UsedAlgorithms:
    digest = info["digest_algorithm"]["algorithm"].native
    return algorithms_of(info["signature_algorithm"], certificate.public_key, digest)


def _check_integrity(
    found: CmsFindings, info: cms.SignerInfo, certificate: x509.Certificate, content_type: str, digest_of: DigestOf
) -> CmsFindings:
    actual = digest_of(info["digest_algorithm"]["algorithm"].native)
    if actual is None:
        return replace(found, sub_indication=SubIndication.FORMAT_FAILURE)
    try:
        digest_holds, value_holds = validate_sig_integrity(info, certificate, content_type, actual, ValueCheck())
    except SignatureValidationError:
        # The signed attributes contradict the rest: nothing was compared.
        return replace(found, sub_indication=SubIndication.FORMAT_FAILURE, intact=False)
    sub = None
    if not digest_holds:
        sub = SubIndication.HASH_FAILURE
    elif not value_holds:
        sub = SubIndication.SIG_CRYPTO_FAILURE
    return replace(found, sub_indication=sub, intact=digest_holds and value_holds)


def _find_signer(
    signed_data: cms.SignedData,
) -> tuple[x509.Certificate, list[x509.Certificate], bool] | None:
    """Return the signer's certificate, the others, and whether the signing-certificate attribute agrees."""
    try:
        certificates = extract_certs_for_validation(signed_data)
    except SignatureValidationError:
        loose = attempt(lambda: extract_certificate_info(signed_data), None)
        return None if loose is None else (loose.signer_cert, list(loose.other_certs), False)
    return certificates.signer_cert, list(certificates.other_certs), True


def _digest_attribute_holds(info: cms.SignerInfo, digest_of: DigestOf) -> bool:
    stated = next(a["values"][0].native for a in info["signed_attrs"] if a["type"].native == "message_digest")
    return bool(stated == digest_of(info["digest_algorithm"]["algorithm"].native))


def _describe(signed_data: cms.SignedData, info: cms.SignerInfo) -> CmsFindings:
    attributes = info["signed_attrs"]
    has_attributes = not isinstance(attributes, core.Void)
    return CmsFindings(
        sub_indication=None,
        claimed_time=attempt(lambda: extract_self_reported_ts(info) if has_attributes else None, None),
        refers_to_signer=attempt(lambda: has_attributes and get_signing_cert_attr(attributes) is not None, False),
        tokens=attempt(lambda: tuple(extract_tst_data_iter(info, signed=False))[:MAX_TIMESTAMPS], ()),
        signature_value=info["signature"].native,
        evidence=attempt(lambda: tuple(_embedded_evidence(signed_data, info)), ()),
    )


def _embedded_evidence(signed_data: cms.SignedData, info: cms.SignerInfo) -> list[EvidenceItem]:
    """Return evidence inside the CMS itself: its crls field and Adobe's attribute."""
    found: list[tuple[str, Any]] = []
    if not isinstance(signed_data["crls"], core.Void):
        found += [("crl", choice.chosen) for choice in signed_data["crls"] if choice.name == "certificate_list"]
    for attribute in info["signed_attrs"] or ():
        if attribute["type"].native == "adobe_revocation_info_archival":
            for archive in attribute["values"]:
                found += [("ocsp", one) for one in archive["ocsp"] or ()] + [
                    ("crl", one) for one in archive["crl"] or ()
                ]
    items = []
    for kind, value in found[:MAX_EVIDENCE_ITEMS]:
        der = value.untag().dump() if isinstance(value, core.Asn1Value) else b""
        times = evidence_times(kind, der)
        if times is not None:
            items.append(EvidenceItem(kind, der, "signature", *times))
    return items
