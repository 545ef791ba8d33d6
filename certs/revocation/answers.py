"""Reading of OCSP responses and CRLs about one certificate: nothing counts until its signature holds."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs.model import RevocationStatus
from certs.revocation.model import EvidenceItem

# x509.InvalidVersion is no ValueError.
READING_ERRORS = (
    *(ValueError, TypeError, KeyError, OverflowError),
    *(UnsupportedAlgorithm, InvalidSignature, x509.InvalidVersion),
)
EXPIRED_CERTS_ON_CRL = x509.ObjectIdentifier("2.5.29.60")
HOLD = x509.ReasonFlags.certificate_hold.value
UNDONE = x509.ReasonFlags.remove_from_crl.value

T = TypeVar("T")


def read_status(item: EvidenceItem, certificate_der: bytes, issuer_der: bytes) -> RevocationStatus | None:
    """Return what one piece of evidence says about a certificate, or None where it says nothing that counts.

    The signer must be the issuer itself or, for OCSP, a responder whom the issuer certified for that. Indirect and
    partitioned CRLs give None here; path validation judges those.
    Source: RFC 6960, 4.2.2.2; RFC 5280, 6.3.
    """
    reader = _read_ocsp if item.kind == "ocsp" else _read_crl
    return _tolerant(lambda: reader(item.der, certificate_der, issuer_der))


def issued_after_expiry(item: EvidenceItem, certificate_der: bytes) -> bool:
    """Say whether evidence is too late to tell: a CA may drop an expired certificate from its lists.

    A CRL with expiredCertsOnCRL still tells; evidence about other certificates is not meant.
    Source: RFC 5280, 3.3; ITU-T X.509, 9.5.2.9; RFC 6960, 4.4.4.
    """
    return bool(_tolerant(lambda: _issued_after_expiry(item, certificate_der)))


def evidence_times(kind: str, der: bytes) -> tuple[datetime, datetime | None] | None:
    """Return this_update and next_update as claimed, or None where the bytes are not such evidence."""
    return _tolerant(lambda: _times(kind, der))


def freshest(statuses: list[RevocationStatus]) -> RevocationStatus:
    """Return a final revocation where there is one, else the newest answer, else unknown.

    Only certificateHold can be undone, so only there a newer answer counts for more. Source: RFC 5280, 5.3.1.
    """
    final = [status for status in statuses if is_final(status)]
    floor = datetime.min.replace(tzinfo=UTC)
    ranked = sorted(final or statuses, key=lambda s: (s.status != "unknown", s.this_update or floor))
    return ranked[-1] if ranked else RevocationStatus("unknown")


def is_final(status: RevocationStatus) -> bool:
    """Say whether a status is a revocation that cannot be undone."""
    return status.status == "revoked" and status.revocation_reason not in {HOLD, UNDONE}


def _tolerant(read: Callable[[], T]) -> T | None:
    try:
        return read()
    except READING_ERRORS:
        return None


def _read_crl(der: bytes, certificate_der: bytes, issuer_der: bytes) -> RevocationStatus | None:
    crl, certificate = x509.load_der_x509_crl(der), x509.load_der_x509_certificate(certificate_der)
    issuer = x509.load_der_x509_certificate(issuer_der)
    issuer_key = issuer.public_key()
    if (
        crl.issuer != certificate.issuer
        or issuer.subject != crl.issuer
        or not isinstance(issuer_key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)
    ):
        return None
    partial = any(extension.critical for extension in crl.extensions)
    if partial or not crl.is_signature_valid(issuer_key):
        return None
    entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
    if entry is None:
        return RevocationStatus("good", "crl", crl.last_update_utc, crl.next_update_utc)
    reason = next((e.value.reason.value for e in entry.extensions if isinstance(e.value, x509.CRLReason)), None)
    times = (crl.last_update_utc, crl.next_update_utc)
    return RevocationStatus("revoked", "crl", *times, entry.revocation_date_utc, reason)


def _read_ocsp(der: bytes, certificate_der: bytes, issuer_der: bytes) -> RevocationStatus | None:
    response = ocsp.load_der_ocsp_response(der)
    if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        return None
    certificate, issuer = (x509.load_der_x509_certificate(d) for d in (certificate_der, issuer_der))
    single = _find_single(response, certificate, issuer)
    if single is None or not _signed_by_issuer_or_delegate(response, issuer):
        return None
    status = {ocsp.OCSPCertStatus.GOOD: "good", ocsp.OCSPCertStatus.REVOKED: "revoked"}.get(
        single.certificate_status, "unknown"
    )
    reason = single.revocation_reason.value if single.revocation_reason is not None else None
    return RevocationStatus(
        status, "ocsp", single.this_update_utc, single.next_update_utc, single.revocation_time_utc, reason
    )


def _find_single(
    response: ocsp.OCSPResponse, certificate: x509.Certificate, issuer: x509.Certificate
) -> ocsp.OCSPSingleResponse | None:
    name, key = issuer.subject.public_bytes(), _key_bits(issuer)
    for single in response.responses:
        algorithm = single.hash_algorithm.name
        if single.serial_number == certificate.serial_number and (
            single.issuer_name_hash == hashlib.new(algorithm, name).digest()
            and single.issuer_key_hash == hashlib.new(algorithm, key).digest()
        ):
            return single
    return None


def _key_bits(issuer: x509.Certificate) -> bytes:
    """Return the subjectPublicKey bits that a CertID hashes. Source: RFC 6960, 4.1.1."""
    public_key = issuer.public_key()
    if isinstance(public_key, rsa.RSAPublicKey):
        return public_key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        return public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    raise UnsupportedAlgorithm("issuer key")


def _signed_by_issuer_or_delegate(response: ocsp.OCSPResponse, issuer: x509.Certificate) -> bool:
    for candidate in [issuer, *(c for c in response.certificates if _is_delegate(c, issuer, response))]:
        if _tolerant(lambda c=candidate: _signed_by(response, c)):  # type: ignore[misc]
            return True
    return False


def _is_delegate(candidate: x509.Certificate, issuer: x509.Certificate, response: ocsp.OCSPResponse) -> bool:
    def certified() -> bool:
        if not candidate.not_valid_before_utc <= response.produced_at_utc <= candidate.not_valid_after_utc:
            return False
        candidate.verify_directly_issued_by(issuer)
        usages = candidate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        return ExtendedKeyUsageOID.OCSP_SIGNING in usages

    try:
        return bool(_tolerant(certified))
    except x509.ExtensionNotFound:
        return False


def _signed_by(response: ocsp.OCSPResponse, signer: x509.Certificate) -> bool:
    key, algorithm = signer.public_key(), response.signature_hash_algorithm
    if algorithm is None:
        return False
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), algorithm)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(algorithm))
    else:
        return False
    return True


def _issued_after_expiry(item: EvidenceItem, certificate_der: bytes) -> bool:
    certificate = x509.load_der_x509_certificate(certificate_der)
    times = _times(item.kind, item.der)
    if times is None or times[0] <= certificate.not_valid_after_utc:
        return False
    if item.kind == "crl":
        crl = x509.load_der_x509_crl(item.der)
        lists_expired = any(extension.oid == EXPIRED_CERTS_ON_CRL for extension in crl.extensions)
        return crl.issuer == certificate.issuer and not lists_expired
    # cryptography has no reader for archiveCutoff; without one the answer counts as too late.
    singles = ocsp.load_der_ocsp_response(item.der).responses
    return any(single.serial_number == certificate.serial_number for single in singles)


def _times(kind: str, der: bytes) -> tuple[datetime, datetime | None] | None:
    if kind == "crl":
        crl = x509.load_der_x509_crl(der)
        return crl.last_update_utc, crl.next_update_utc
    response = ocsp.load_der_ocsp_response(der)
    if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        return None
    singles = list(response.responses)
    if not singles:
        return None
    ends = [s.next_update_utc for s in singles if s.next_update_utc is not None]
    return min(s.this_update_utc for s in singles), min(ends) if len(ends) == len(singles) else None
