"""What a later validation needs besides the signature, as every format at B-LT and above embeds it."""

from dataclasses import dataclass


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
