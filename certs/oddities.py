"""What about a certificate departs from the standard without making it unusable: told, and left to the reader."""

from collections.abc import Sequence

from certs.model import Finding
from certs.revocation.certificate_facts import certificate_facts

SERIAL_NOT_POSITIVE, SERIAL_TOO_LONG, GIGANTIC_EXTENSION = (
    "serial-not-positive",
    "serial-too-long",
    "gigantic-extension",
)
ODDITIES = frozenset({SERIAL_NOT_POSITIVE, SERIAL_TOO_LONG, GIGANTIC_EXTENSION})
MAX_SERIAL_BYTES = 20
# Logotypes and long policies take some kilobytes.
LARGE_EXTENSION_BYTES = 16 * 1024


def certificate_oddities(certificate_der: bytes) -> tuple[str, ...]:
    """Return a code for each oddity.

    Raises:
        DerUnsound: It is no certificate.
    Source: RFC 5280, 4.1.2.2: serial numbers are positive and of at most 20 octets; others are to be taken gracefully.
    """
    facts = certificate_facts(certificate_der)
    found = {
        SERIAL_NOT_POSITIVE: facts.serial <= 0,
        SERIAL_TOO_LONG: facts.serial.bit_length() >= 8 * MAX_SERIAL_BYTES,
        GIGANTIC_EXTENSION: facts.largest_extension_bytes > LARGE_EXTENSION_BYTES,
    }
    return tuple(code for code, there in found.items() if there)


def path_oddities(path_ders: Sequence[bytes]) -> tuple[Finding, ...]:
    """Return the oddities of a path's certificates; each names the place of its certificate, the signer's being 1."""
    return tuple(
        Finding(code, f"certificate {place}")
        for place, der in enumerate(path_ders, start=1)
        for code in certificate_oddities(der)
    )
