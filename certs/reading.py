"""Certificates out of a file as people hand it in: PEM with a chain, or one DER. Pure; runs in the confined child."""

import base64
import binascii
import re

from certs.errors import CertificateUnreadable
from certs.names import parse_certificate

MAX_CERTIFICATES = 16
_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")


def read_certificate_file(content: bytes) -> tuple[bytes, ...]:
    """Return the certificates of a file as DER, in their order; the first is the one that the file is about.

    Args:
        content: PEM (RFC 7468), where text between the blocks does not count, or one DER certificate.
    Raises:
        CertificateUnreadable: None is in it, too many are, or one of them is malformed or too large.
    """
    blocks = _BLOCK.findall(content)
    if len(blocks) > MAX_CERTIFICATES or content.count(b"-----BEGIN CERTIFICATE-----") != len(blocks):
        raise CertificateUnreadable(f"a file holds at most {MAX_CERTIFICATES} certificates, each of them whole")
    try:
        ders = tuple(base64.b64decode(b"".join(block.split()), validate=True) for block in blocks) or (content,)
    except binascii.Error:
        raise CertificateUnreadable("a certificate's base64 is malformed") from None
    for der in ders:
        parse_certificate(der)
    return ders
