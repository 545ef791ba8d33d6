"""Certificates that give back the very bytes that they were read from.

asn1crypto takes a length whose last octet is 0x80 (896 bytes, say) for an indefinite one and then writes the whole
anew, in its own way: of each 256 certificates about one, and where that one is no perfect DER, its signature is broken.
"""

from typing import Any, ClassVar

from asn1crypto import core, x509


class _ExactTbsCertificate(x509.TbsCertificate):  # type: ignore[misc]
    def dump(self, force: bool = False) -> bytes:
        """Return the bytes as received."""
        return received_der(self)


class ExactCertificate(x509.Certificate):  # type: ignore[misc]
    """A certificate for reading only: whatever was decoded of it, it encodes as it came."""

    _fields: ClassVar[list[tuple[Any, ...]]] = [
        ("tbs_certificate", _ExactTbsCertificate),
        *x509.Certificate._fields[1:],
    ]

    def dump(self, force: bool = False) -> bytes:
        """Return the bytes as received."""
        return received_der(self)


def received_der(value: core.Asn1Value) -> bytes:
    """Return the bytes that a value was read from, as long as nobody changed it."""
    encoded: bytes = core.Asn1Value.dump(value)
    return encoded
