"""Revocation evidence and the questions that lead to it. Plain picklable data: both cross the child process."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class EvidenceItem:
    """One CRL or OCSP response as received."""

    kind: str
    """crl or ocsp."""
    der: bytes
    source: str
    """The address it came from, or where in a file it stood."""
    this_update: datetime | None = None
    next_update: datetime | None = None


@dataclass(frozen=True)
class FetchFailure:
    """An address that did not help, and why, in our words."""

    address: str
    code: str
    """address-not-allowed, time-limit, size-limit, unreachable, http-status, answer-unusable."""


@dataclass(frozen=True)
class RevocationEvidence:
    """All that was gathered: evidence, issuer certificates found on the way, and what failed."""

    items: tuple[EvidenceItem, ...] = ()
    certificates_der: tuple[bytes, ...] = ()
    failures: tuple[FetchFailure, ...] = ()

    @property
    def crls(self) -> tuple[bytes, ...]:
        """The CRLs, DER."""
        return tuple(item.der for item in self.items if item.kind == "crl")

    @property
    def ocsps(self) -> tuple[bytes, ...]:
        """The OCSP responses, DER."""
        return tuple(item.der for item in self.items if item.kind == "ocsp")

    def joined(self, other: "RevocationEvidence") -> "RevocationEvidence":
        """Return both together."""
        return RevocationEvidence(
            self.items + other.items,
            self.certificates_der + other.certificates_der,
            self.failures + other.failures,
        )


@dataclass(frozen=True)
class StatusQuery:
    """Where one certificate's status can be asked, worked out of its extensions beforehand.

    It exists so that whoever does the asking need not take an untrusted certificate apart, except an issuer's that
    was fetched on the way.
    """

    certificate_der: bytes
    issuer_der: bytes | None
    """None where the issuer was not at hand; then only issuer_addresses help."""
    ocsp_addresses: tuple[str, ...] = ()
    ocsp_request_der: bytes | None = None
    crl_addresses: tuple[str, ...] = ()
    issuer_addresses: tuple[str, ...] = ()
