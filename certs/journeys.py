"""May this certificate sign now? Asked before a PIN is used."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from certs.algorithms import AlgorithmTable
from certs.errors import (
    AlgorithmRefused,
    CertificateExpired,
    CertificateNotForProfile,
    CertificateNotForSigning,
    CertificateNotTrusted,
    CertificateNotYetValid,
    CertificateRevoked,
    CertificateWithdrawn,
    CertsError,
    KeySourceHeld,
    RevocationUnknown,
)
from certs.model import CertificateRole, CertificateState, PathResult, Purpose, SubIndication, TrustAnchor
from certs.path import check_path
from certs.revocation.gather import RevocationGatherer
from certs.revocation.model import RevocationEvidence

FACTS: dict[SubIndication, type[CertsError]] = {
    SubIndication.OUT_OF_BOUNDS_NO_POE: CertificateExpired,
    SubIndication.NOT_YET_VALID: CertificateNotYetValid,
    SubIndication.REVOKED_NO_POE: CertificateRevoked,
    SubIndication.REVOKED_CA_NO_POE: CertificateRevoked,
    SubIndication.CHAIN_CONSTRAINTS_FAILURE: CertificateNotForSigning,
    SubIndication.CRYPTO_CONSTRAINTS_FAILURE: AlgorithmRefused,
    SubIndication.TRY_LATER: RevocationUnknown,
}


class SigningCertificateView(Protocol):
    """What must be known of a kept certificate; certs.store.SigningCertificate has it."""

    certificate_der: bytes
    chain_der: list[str]
    role: str
    state: str
    hold_code: str | None


def chain_ders_of(certificate: SigningCertificateView) -> tuple[bytes, ...]:
    """Return the kept chain as DER."""
    return tuple(bytes.fromhex(text) for text in certificate.chain_der)


def check_may_sign(
    certificate: SigningCertificateView,
    anchors: Sequence[TrustAnchor],
    revocation_gatherer: RevocationGatherer,
    now: datetime,
    algorithms: AlgorithmTable | None = None,
) -> tuple[PathResult, RevocationEvidence]:
    """Let a certificate sign, or say why not; what needs no network is asked first.

    Args:
        anchors: Of any purpose; only those trusted for the certificate's role count.
        now: Aware time.
        algorithms: What may be relied on until which day; None takes the shipped table.
    Returns:
        The sound path, and the evidence it was judged by, for a signature that keeps its own evidence.
    Raises:
        KeySourceHeld, CertificateWithdrawn: The unit's own decision.
        CertificateNotYetValid, CertificateExpired, CertificateNotForSigning, CertificateNotTrusted: Final.
        AlgorithmRefused: Final; the message names the algorithm and its last day.
        CertificateRevoked: The CA says so, or revoked a CA above it.
        RevocationUnknown: Nobody could say; the request may be tried again.
    """
    check_in_use(certificate)
    result, evidence = judge(certificate, anchors, revocation_gatherer, now, algorithms)
    if not result.passed:
        sub = result.sub_indication or SubIndication.GENERIC
        raise FACTS.get(sub, CertificateNotTrusted)("; ".join([result.fact, *map(str, result.findings)]))
    return result, evidence


def judge(
    certificate: SigningCertificateView,
    anchors: Sequence[TrustAnchor],
    revocation_gatherer: RevocationGatherer,
    now: datetime,
    algorithms: AlgorithmTable | None = None,
) -> tuple[PathResult, RevocationEvidence]:
    """Judge a certificate's path and status, whatever its unit decided; what needs no network is asked first.

    Args:
        anchors: Of any purpose; only those trusted for the certificate's role count.
        now: Aware time.
        algorithms: What may be relied on until which day; None takes the shipped table.
    Returns:
        The finding, and the evidence that it was judged by: none where the path alone is unsound.
    """
    chain = chain_ders_of(certificate)
    purpose = Purpose.OFFICIAL if certificate.role == CertificateRole.PERSON else Purpose.ORGANISATION
    anchors = [anchor for anchor in anchors if anchor.purpose is purpose]
    der = certificate.certificate_der
    result = check_path(der, chain, anchors, None, now, purpose, algorithms=algorithms)
    if not result.passed:
        return result, RevocationEvidence()
    trusted = [anchor.certificate_der for anchor in anchors if anchor.trusted_at(now)]
    evidence = revocation_gatherer.gather_for(der, chain, trusted, now)
    pool = (*chain, *evidence.certificates_der)
    return check_path(der, pool, anchors, evidence, now, purpose, algorithms=algorithms), evidence


def check_in_use(certificate: SigningCertificateView) -> None:
    """Let a certificate through that its unit has neither put on hold nor withdrawn.

    Raises:
        KeySourceHeld, CertificateWithdrawn: As they say.
    """
    if certificate.state == CertificateState.HELD:
        raise KeySourceHeld(f"the key is on hold: {certificate.hold_code}")
    if certificate.state != CertificateState.ACTIVE:
        raise CertificateWithdrawn("the unit withdrew this certificate from use")


def check_for_profile(allowed_profiles: Sequence[str] | None, profile_code: str) -> None:
    """Let a certificate through that may be used for a signing profile.

    Args:
        allowed_profiles: As its unit decided; None or none: all of its role.
    Raises:
        CertificateNotForProfile: Its unit keeps it for others.
    """
    if allowed_profiles and profile_code not in allowed_profiles:
        raise CertificateNotForProfile(f"the certificate is kept for {', '.join(sorted(allowed_profiles))}")
