"""Revocation evidence and the questions that lead to it. Plain picklable data: both cross the child process."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from certs.model import Purpose

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far two honest clocks may be apart."""


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

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the bytes, hexadecimal: what is known about them is kept under it."""
        return hashlib.sha256(self.der).hexdigest()


@dataclass(frozen=True)
class RevocationRules:
    """How recent evidence must be, and what happens where there is none. Source: ETSI TS 119 172-4, 4.2.4."""

    max_age: timedelta | None = None
    """Older evidence does not count, however long it says that it lasts."""
    next_update_required: bool = False
    """Evidence that does not say when it ends counts for no longer than UNSTATED_LIFETIME, or not at all."""
    soft_fail: frozenset[Purpose] = frozenset()
    """The purposes for which a path passes although nobody could say; the finding then says so."""
    nonce_required: bool = False
    """An OCSP answer to our own request without our nonce does not count; one with another nonce never does."""

    def is_fresh(self, at: datetime, this_update: datetime, next_update: datetime | None) -> bool:
        """Say whether evidence is recent enough at a time; newer than that time is recent enough."""
        if next_update is None and self.next_update_required:
            return False
        ends = [this_update + UNSTATED_LIFETIME if next_update is None else next_update]
        ends += [this_update + self.max_age] if self.max_age is not None else []
        return at <= min(ends) + CLOCK_TOLERANCE


UNSTATED_LIFETIME = timedelta(minutes=30)


@dataclass(frozen=True)
class FetchFailure:
    """An address that did not help, and why, in our words."""

    address: str
    code: str
    """address-not-allowed, time-limit, size-limit, unreachable, http-status, resting (it was silent a moment ago),
    nonce-differs; or what is wrong with the answer, as in certs.revocation.silence."""


@dataclass(frozen=True)
class RevocationEvidence:
    """All that was gathered: evidence, issuer certificates found on the way, and what failed."""

    items: tuple[EvidenceItem, ...] = ()
    certificates_der: tuple[bytes, ...] = ()
    failures: tuple[FetchFailure, ...] = ()
    gathered_at: datetime | None = None
    """When it was gathered; evidence that claims to be from later does not count. None where nobody noted it."""
    rules: RevocationRules = RevocationRules()
    """They travel with the evidence, so that whoever judges by it judges by the same rules."""

    @property
    def crls(self) -> tuple[bytes, ...]:
        """The CRLs, DER."""
        return tuple(item.der for item in self.items if item.kind == "crl")

    @property
    def ocsps(self) -> tuple[bytes, ...]:
        """The OCSP responses, DER."""
        return tuple(item.der for item in self.items if item.kind == "ocsp")

    def joined(self, other: "RevocationEvidence") -> "RevocationEvidence":
        """Return both together, by the rules of this one."""
        return replace(
            self,
            items=self.items + other.items,
            certificates_der=self.certificates_der + other.certificates_der,
            failures=self.failures + other.failures,
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
    delta_addresses: tuple[str, ...] = ()
    issuer_addresses: tuple[str, ...] = ()
