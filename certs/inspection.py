"""What a certificate says, field by field, as an operator reads it. Pure; nothing here judges."""

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from asn1crypto import x509

from certs.errors import CertificateUnreadable
from certs.names import READING_ERRORS, parse_certificate, shown
from certs.oddities import certificate_oddities
from certs.revocation.addresses import build_status_queries
from certs.revocation.model import StatusQuery


@dataclass(frozen=True)
class CertificateDescription:
    """The fields that decide what a certificate may do. Texts are safe to show; times are aware and UTC."""

    subject: str
    issuer: str
    serial: str
    """Hexadecimal."""
    valid_from: datetime
    valid_until: datetime
    key: str
    """Such as `RSA 2048` or `EC secp256r1`."""
    signed_with: str
    is_ca: bool
    key_usage: tuple[str, ...]
    extended_key_usage: tuple[str, ...]
    sha256: str
    sha1: str
    ocsp_addresses: tuple[str, ...]
    crl_addresses: tuple[str, ...]
    issuer_addresses: tuple[str, ...]
    oddities: tuple[str, ...] = ()
    """What departs from the standard without making it unusable, as in certs.oddities."""

    def to_dict(self) -> dict[str, Any]:
        """Return it JSON-ready."""
        times = {"valid_from": self.valid_from.isoformat(), "valid_until": self.valid_until.isoformat()}
        return {**asdict(self), **times}


def describe_certificate(certificate_der: bytes) -> CertificateDescription:
    """Return what a certificate says.

    Raises:
        CertificateUnreadable: See certs.names.parse_certificate; also where a field says what cannot be.
    """
    try:
        return _describe(certificate_der)
    except READING_ERRORS as error:
        raise CertificateUnreadable("a field of the certificate says what cannot be") from error


def _describe(certificate_der: bytes) -> CertificateDescription:
    certificate = parse_certificate(certificate_der)
    addresses = next(iter(build_status_queries(certificate_der, ())), StatusQuery(certificate_der, None))
    constraints, usage = certificate.basic_constraints_value, certificate.key_usage_value
    extended = certificate.extended_key_usage_value
    return CertificateDescription(
        subject=shown(certificate.subject.human_friendly),
        issuer=shown(certificate.issuer.human_friendly),
        serial=f"{certificate.serial_number:x}",
        valid_from=certificate.not_valid_before,
        valid_until=certificate.not_valid_after,
        key=_key(certificate),
        signed_with=str(certificate["signature_algorithm"]["algorithm"].native),
        is_ca=constraints is not None and bool(constraints["ca"].native),
        key_usage=() if usage is None else tuple(sorted(usage.native)),
        extended_key_usage=() if extended is None else tuple(extended.native),
        sha256=hashlib.sha256(certificate_der).hexdigest(),
        # Shown because other people's lists still name certificates by it; nothing is decided by it.
        sha1=hashlib.sha1(certificate_der, usedforsecurity=False).hexdigest(),
        ocsp_addresses=addresses.ocsp_addresses,
        crl_addresses=addresses.crl_addresses,
        issuer_addresses=addresses.issuer_addresses,
        oddities=certificate_oddities(certificate_der),
    )


def _key(certificate: x509.Certificate) -> str:
    key = certificate.public_key
    if key.algorithm == "ec":
        kind, curve = key.curve
        return f"EC {curve if kind == 'named' else kind}"
    return f"{key.algorithm.upper()} {key.bit_size}" if key.algorithm in {"rsa", "dsa"} else str(key.algorithm)
