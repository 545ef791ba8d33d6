"""The shapes that certs gives to its callers; no I/O."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from certs.algorithms import AlgorithmRefusal


class Purpose(StrEnum):
    """What a trust anchor is trusted for."""

    OFFICIAL = "official"
    ORGANISATION = "organisation"
    CITIZEN = "citizen"
    TSA = "tsa"
    REMOTE_SERVICE = "remote-service"
    """TLS to remote signing services."""
    PSP = "psp"
    """TLS to payment providers."""
    TLS = "tls"
    """TLS to all other partners: time-stamping authorities, receivers of webhooks."""


SIGNING_PURPOSES = (Purpose.OFFICIAL, Purpose.ORGANISATION, Purpose.CITIZEN)
PARTNER_PURPOSES = (Purpose.REMOTE_SERVICE, Purpose.PSP, Purpose.TLS)


class CertificateRole(StrEnum):
    """Whether a signing certificate is an official's own or the unit's seal."""

    PERSON = "person"
    ORGANISATION = "organisation"


class CertificateState(StrEnum):
    """What may be done with a signing certificate's key."""

    ACTIVE = "active"
    HELD = "held"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class TrustAnchor:
    """A CA certificate that an operator installed, with the time for which it is trusted.

    Times are aware; trusted_until None means until further notice. The certificate's own validity period does not
    count: the operator decides. Source: RFC 5280, 6.1.1 (d); ETSI EN 319 102-1, 5.2.6.
    """

    certificate_der: bytes
    purpose: Purpose
    trusted_from: datetime
    trusted_until: datetime | None = None

    def trusted_at(self, at: datetime) -> bool:
        """Say whether the operator trusts this anchor at a time."""
        return self.trusted_from <= at and (self.trusted_until is None or at < self.trusted_until)


class Indication(StrEnum):
    """The three answers of a validation. Source: ETSI EN 319 102-1 V1.3.1, 5.1.3."""

    PASSED = "TOTAL_PASSED"
    FAILED = "TOTAL_FAILED"
    INDETERMINATE = "INDETERMINATE"


class SubIndication(StrEnum):
    """Why a validation did not pass. Source: ETSI EN 319 102-1 V1.3.1, tables 5 and 6."""

    FORMAT_FAILURE = "FORMAT_FAILURE"
    HASH_FAILURE = "HASH_FAILURE"
    SIG_CRYPTO_FAILURE = "SIG_CRYPTO_FAILURE"
    SIGNED_DATA_NOT_FOUND = "SIGNED_DATA_NOT_FOUND"
    NOT_YET_VALID = "NOT_YET_VALID"
    SIG_CONSTRAINTS_FAILURE = "SIG_CONSTRAINTS_FAILURE"
    CHAIN_CONSTRAINTS_FAILURE = "CHAIN_CONSTRAINTS_FAILURE"
    CERTIFICATE_CHAIN_GENERAL_FAILURE = "CERTIFICATE_CHAIN_GENERAL_FAILURE"
    CRYPTO_CONSTRAINTS_FAILURE = "CRYPTO_CONSTRAINTS_FAILURE"
    NO_SIGNING_CERTIFICATE_FOUND = "NO_SIGNING_CERTIFICATE_FOUND"
    NO_CERTIFICATE_CHAIN_FOUND = "NO_CERTIFICATE_CHAIN_FOUND"
    REVOKED_NO_POE = "REVOKED_NO_POE"
    REVOKED_CA_NO_POE = "REVOKED_CA_NO_POE"
    OUT_OF_BOUNDS_NO_POE = "OUT_OF_BOUNDS_NO_POE"
    TRY_LATER = "TRY_LATER"
    GENERIC = "GENERIC"


@dataclass(frozen=True)
class RevocationStatus:
    """What the evidence says about one certificate, and how fresh the evidence is. Times are aware and UTC."""

    status: str
    """good, revoked, or unknown."""
    source: str | None = None
    """ocsp or crl; None where nothing was found."""
    this_update: datetime | None = None
    next_update: datetime | None = None
    revoked_at: datetime | None = None
    revocation_reason: str | None = None


@dataclass(frozen=True)
class Finding:
    """Why an answer about revocation did not count or an address gave none, or what is odd about a certificate."""

    code: str
    """As in certs.revocation.silence and certs.oddities, or as in certs.revocation.model.FetchFailure."""
    place: str
    """The address it came from, or where in a file or in the path it stood."""

    def __str__(self) -> str:
        """Return it for a log or a terminal."""
        return f"{self.place}: {self.code}"


@dataclass(frozen=True)
class PathResult:
    """The answer about a certificate's path at one time."""

    indication: Indication
    sub_indication: SubIndication | None
    path_der: tuple[bytes, ...]
    """From the end-entity certificate to the anchor; empty where none was found."""
    revocation: RevocationStatus
    fact: str
    """One plain English sentence without personal data, for logs and detailed reports."""
    checked_at: datetime
    algorithm: AlgorithmRefusal | None = None
    """What is no longer acceptable, where that is the reason."""
    revocation_waived: bool = False
    """Whether it passed although nobody could say about revocation, because the rules for its purpose allow that."""
    findings: tuple[Finding, ...] = ()
    """Where nobody could say about revocation: what is wrong with each answer that there is. And what is odd about the
    path's certificates."""

    @property
    def passed(self) -> bool:
        """Say whether the path is sound, for its purpose, and nothing on it is revoked."""
        return self.indication is Indication.PASSED
