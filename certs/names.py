"""What a certificate says about its holder, made safe to show to a person."""

import unicodedata
from dataclasses import dataclass

from asn1crypto import x509

from certs.errors import CertificateUnreadable
from certs.received_bytes import ExactCertificate
from certs.revocation.der import SEQUENCE, DerUnsound, read_whole

MAX_SHOWN_CHARACTERS = 200
MAX_CERTIFICATE_BYTES = 64 * 1024
VERSION = 0xA0
# The decoder raises what it happens to meet.
READING_ERRORS = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)

ORGANISATION_IDENTIFIER_OID = "2.5.4.97"
PERSONAL_ATTRIBUTES = frozenset({"given_name", "surname", "title", "generation_qualifier", "initials"})


@dataclass(frozen=True)
class CertificateNames:
    """The parts of a certificate that people ask for; empty text where the certificate is silent."""

    display_name: str
    organisation: str
    issuer_name: str
    serial_hex: str
    kind: str | None
    """person, organisation, or None where the certificate does not tell."""


def parse_certificate(certificate_der: bytes) -> x509.Certificate:
    """Return the certificate with every field decoded, so that later reads cannot fail.

    Raises:
        CertificateUnreadable: Not exactly one DER certificate, one with a malformed field, or a gigantic one.
    """
    if len(certificate_der) > MAX_CERTIFICATE_BYTES:
        raise CertificateUnreadable(f"a certificate is larger than {MAX_CERTIFICATE_BYTES} bytes")
    try:
        _check_frame(certificate_der)
        # Decoding everything can change how the object encodes itself again, so a copy is decoded.
        _ = x509.Certificate.load(certificate_der, strict=True).native
        certificate = ExactCertificate.load(certificate_der, strict=True)
        _ = certificate.critical_extensions, certificate.not_valid_before, certificate.not_valid_after
        _ = certificate.public_key.algorithm
    except READING_ERRORS as error:
        raise CertificateUnreadable("not one readable DER certificate") from error
    return certificate


def _check_frame(certificate_der: bytes) -> None:
    """Make sure that what stands outside the signed part is nothing but its algorithm, once more, and the signature.

    Else the same certificate could be had in any number of bytes. Source: RFC 5280, 4.1.1.2.
    Raises:
        DerUnsound: It is not so.
    """
    parts = list(read_whole(certificate_der, SEQUENCE).children())
    if len(parts) != 3:
        raise DerUnsound("a certificate of too few or too many parts")
    fields = [field for field in parts[0].expect(SEQUENCE).children() if field.tag != VERSION]
    if len(fields) < 2 or fields[1].encoded != parts[1].encoded:
        raise DerUnsound("a certificate of two algorithms")


def display_name(certificate_der: bytes) -> str:
    """Return the name to show for a certificate: common name, else organisation, else the whole subject.

    Raises:
        CertificateUnreadable: See parse_certificate.
    """
    return names_of(parse_certificate(certificate_der)).display_name


def get_names(certificate_der: bytes) -> CertificateNames:
    """Return the names in a certificate.

    Raises:
        CertificateUnreadable: See parse_certificate.
    """
    return names_of(parse_certificate(certificate_der))


def names_of(certificate: x509.Certificate) -> CertificateNames:
    """Return the names in a certificate that has been parsed."""
    subject = _attributes(certificate.subject)
    common_name, organisation = _first(subject, "common_name"), _first(subject, "organization_name")
    return CertificateNames(
        display_name=common_name or organisation or shown(certificate.subject.human_friendly),
        organisation=organisation,
        issuer_name=_name_shown(certificate.issuer),
        serial_hex=f"{certificate.serial_number:x}",
        kind=_kind(subject, common_name, organisation),
    )


def shown(text: str) -> str:
    """Return text that cannot mislead on a page: NFC, no control or direction-changing characters, bounded length.

    Names come from whoever issued the certificate. A right-to-left override in one would reverse what follows it.
    """
    kept = "".join(c if unicodedata.category(c) not in {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"} else " " for c in text)
    flat = " ".join(unicodedata.normalize("NFC", kept).split())
    return flat if len(flat) <= MAX_SHOWN_CHARACTERS else flat[: MAX_SHOWN_CHARACTERS - 1] + "…"


def _name_shown(name: x509.Name) -> str:
    attributes = _attributes(name)
    return _first(attributes, "common_name") or _first(attributes, "organization_name") or shown(name.human_friendly)


def _attributes(name: x509.Name) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for relative_name in name.chosen:
        for pair in relative_name:
            value = pair["value"].native
            found.setdefault(pair["type"].native, []).append(value if isinstance(value, str) else str(value))
    return found


def _first(attributes: dict[str, list[str]], name: str) -> str:
    return shown(attributes[name][0]) if name in attributes else ""


def _kind(subject: dict[str, list[str]], common_name: str, organisation: str) -> str | None:
    """Tell a person's certificate from an organisation's by the subject alone.

    Source: ETSI EN 319 412-2 (natural persons: given name, surname), 412-3 (legal persons: organizationIdentifier).
    """
    if not PERSONAL_ATTRIBUTES.isdisjoint(subject):
        return "person"
    if ORGANISATION_IDENTIFIER_OID in subject or "organization_identifier" in subject:
        return "organisation"
    if common_name and common_name == organisation:
        return "organisation"
    return None
