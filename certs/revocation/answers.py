"""Reading of OCSP responses and CRLs about one certificate: nothing counts until its signature holds."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from certs.model import RevocationStatus
from certs.revocation.certificate_facts import certificate_facts, same_name
from certs.revocation.crl import Crl, open_crl, read_crl_head
from certs.revocation.list_status import list_statuses
from certs.revocation.model import EvidenceItem
from certs.revocation.ocsp import parse_ocsp, read_ocsp
from certs.revocation.reasons import HOLD, UNDONE

# x509.InvalidVersion is no ValueError.
READING_ERRORS = (
    *(ValueError, TypeError, KeyError, OverflowError),
    *(UnsupportedAlgorithm, InvalidSignature, x509.InvalidVersion),
)

T = TypeVar("T")


def read_status(item: EvidenceItem, certificate_der: bytes, issuer_der: bytes) -> RevocationStatus | None:
    """Return what one piece of evidence says about a certificate, or None where it says nothing that counts.

    The signer must be the issuer itself or, for OCSP, a responder whom the issuer certified for that. A list that
    somebody else signs, or that knows only some reasons, gives None here; path validation takes all evidence together.
    How recent it is does not matter. Source: RFC 6960, 4.2.2.2; RFC 5280, 6.3.
    """
    reader = _read_ocsp if item.kind == "ocsp" else _read_crl
    return _tolerant(lambda: reader(item, certificate_der, issuer_der))


def evidence_times(kind: str, der: bytes) -> tuple[datetime, datetime | None] | None:
    """Return this_update and next_update as claimed, or None where the bytes are not such evidence."""
    return _tolerant(lambda: _times(kind, der))


def evidence_algorithm(item: EvidenceItem) -> bytes | None:
    """Return the AlgorithmIdentifier with which it is signed, as encoded; None where the bytes are not evidence."""
    return _tolerant(
        lambda: open_crl(item.der, item.sha256).head.algorithm if item.kind == "crl" else parse_ocsp(item.der).algorithm
    )


def evidence_nonce(ocsp_der: bytes) -> bytes | None:
    """Return the nonce in an OCSP response; None where there is none, or no response."""
    return _tolerant(lambda: parse_ocsp(ocsp_der).nonce)


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


def _read_crl(item: EvidenceItem, certificate_der: bytes, issuer_der: bytes) -> RevocationStatus | None:
    crl, issuer = open_crl(item.der, item.sha256), certificate_facts(issuer_der)

    def signed_by_issuer(asked: Crl) -> bytes | None:
        named = issuer.signs_lists and same_name(asked.head.issuer, issuer.subject)
        return issuer.public_key_info if named and asked.signed_by(issuer.public_key_info) else None

    statuses = list_statuses(certificate_facts(certificate_der), [crl], signed_by_issuer, lambda *_: True)
    return freshest(statuses) if statuses else None


def _read_ocsp(item: EvidenceItem, certificate_der: bytes, issuer_der: bytes) -> RevocationStatus | None:
    finding = read_ocsp(item.der, certificate_facts(certificate_der), certificate_facts(issuer_der))
    return None if finding is None else finding.status


def _times(kind: str, der: bytes) -> tuple[datetime, datetime | None] | None:
    if kind == "crl":
        head = read_crl_head(der)
        return head.this_update, head.next_update
    statuses = [single.status for single in parse_ocsp(der).singles]
    starts = [status.this_update for status in statuses if status.this_update is not None]
    ends = [status.next_update for status in statuses if status.next_update is not None]
    return (min(starts), min(ends) if len(ends) == len(statuses) else None) if starts else None
