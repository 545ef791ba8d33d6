"""What a later validation needs besides the signature, as every format at B-LT and above embeds it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from certs.revocation.model import RevocationEvidence


@dataclass(frozen=True)
class ValidationMaterial:
    """Certificates and revocation answers, each DER and once.

    Attributes:
        certificates: Every certificate of the paths of signer, time-stamping authority and responders.
        crls: CertificateList of RFC 5280. ocsps: OCSPResponse of RFC 6960, the whole response.
    """

    certificates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()

    def joined(self, other: "ValidationMaterial") -> "ValidationMaterial":
        """Return both together, each piece once, in order of appearance."""
        return ValidationMaterial(
            tuple(dict.fromkeys((*self.certificates, *other.certificates))),
            tuple(dict.fromkeys((*self.crls, *other.crls))),
            tuple(dict.fromkeys((*self.ocsps, *other.ocsps))),
        )


@dataclass(frozen=True)
class EvidenceSubject:
    """A certificate whose soundness has to be provable later: a signer's or a time-stamping authority's.

    Attributes:
        pool_ders: Certificates that came with it, in any order.
        stamps: Whether it belongs to a time-stamping authority.
        proved_at: Aware time at which a trusted time-stamp proves its use; None where nothing does.
        known: Evidence that the signed file holds already.
    """

    certificate_der: bytes
    pool_ders: tuple[bytes, ...] = ()
    stamps: bool = False
    proved_at: datetime | None = None
    known: RevocationEvidence = field(default_factory=RevocationEvidence)


class MaterialGatherer(Protocol):
    """Finds what proves a certificate sound, asking whoever has to be asked."""

    def material_for(self, subjects: Sequence[EvidenceSubject], now: datetime) -> ValidationMaterial:
        """Return what a validation without a network needs for all subjects.

        Raises:
            MaterialUnavailable: Somebody's status could not be had; it may be tried again.
            MaterialNotSound: A certificate is not sound, so that no material would help.
        """
        ...
