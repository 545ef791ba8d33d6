"""The nonce of an OCSP request: an answer that repeats it was made for this request, and cannot be an old one.

Source: RFC 9654, 2.1.
"""

import secrets

from certs.revocation.certificate_facts import encode
from certs.revocation.der import OCTET_STRING, OID, SEQUENCE, read_whole
from certs.revocation.ocsp import NONCE

NONCE_BYTES = 32
EXTENSIONS = 0xA2


def make_nonce() -> bytes:
    """Return a fresh one."""
    return secrets.token_bytes(NONCE_BYTES)


def add_nonce(request_der: bytes, nonce: bytes) -> bytes:
    """Return an OCSP request that has no extensions yet, with a nonce.

    Raises:
        DerUnsound: It is no request.
    """
    (to_be_signed,) = read_whole(request_der, SEQUENCE).children()
    extension = encode(SEQUENCE, encode(OID, NONCE) + encode(OCTET_STRING, encode(OCTET_STRING, nonce)))
    extensions = encode(EXTENSIONS, encode(SEQUENCE, extension))
    return encode(SEQUENCE, encode(SEQUENCE, to_be_signed.expect(SEQUENCE).content + extensions))
