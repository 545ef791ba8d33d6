"""Reading of OCSP responses and CRLs about one certificate: nothing counts until its signature holds."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from certs.model import RevocationStatus
from certs.revocation.certificate_facts import certificate_facts
from certs.revocation.model import EvidenceItem
from certs.revocation.ocsp import parse_ocsp, read_ocsp
from certs.revocation.reasons import HOLD, UNDONE

# x509.InvalidVersion is no ValueError.
READING_ERRORS = (
    *(ValueError, TypeError, KeyError, OverflowError),
    *(UnsupportedAlgorithm, InvalidSignature, x509.InvalidVersion),
)
EXPIRED_CERTS_ON_CRL = x509.ObjectIdentifier("2.5.29.60")

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


def find_responders(item: EvidenceItem) -> tuple[bytes, ...]:
    """Return the certificates in an OCSP response whose own status counts: those without id-pkix-ocsp-nocheck.

    Source: RFC 6960, 4.2.2.2.1.
    """
    if item.kind != "ocsp":
        return ()
    return _tolerant(lambda: _responders(item.der)) or ()


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


def _responders(der: bytes) -> tuple[bytes, ...]:
    return tuple(one for one in parse_ocsp(der).certificates if not _never_revoked(one))


def _never_revoked(certificate_der: bytes) -> bool:
    extensions = x509.load_der_x509_certificate(certificate_der).extensions
    return any(isinstance(extension.value, x509.OCSPNoCheck) for extension in extensions)


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
    finding = read_ocsp(der, certificate_facts(certificate_der), certificate_facts(issuer_der))
    return None if finding is None else finding.status


def _issued_after_expiry(item: EvidenceItem, certificate_der: bytes) -> bool:
    certificate = x509.load_der_x509_certificate(certificate_der)
    times = _times(item.kind, item.der)
    if times is None or times[0] <= certificate.not_valid_after_utc:
        return False
    if item.kind == "crl":
        crl = x509.load_der_x509_crl(item.der)
        lists_expired = any(extension.oid == EXPIRED_CERTS_ON_CRL for extension in crl.extensions)
        return crl.issuer == certificate.issuer and not lists_expired
    about = [single for single in parse_ocsp(item.der).singles if single.serial == certificate.serial_number]
    ends = certificate.not_valid_after_utc
    return any(single.archive_cutoff is None or single.archive_cutoff > ends for single in about)


def _times(kind: str, der: bytes) -> tuple[datetime, datetime | None] | None:
    if kind == "crl":
        crl = x509.load_der_x509_crl(der)
        return crl.last_update_utc, crl.next_update_utc
    statuses = [single.status for single in parse_ocsp(der).singles]
    starts = [status.this_update for status in statuses if status.this_update is not None]
    ends = [status.next_update for status in statuses if status.next_update is not None]
    return (min(starts), min(ends) if len(ends) == len(statuses) else None) if starts else None
