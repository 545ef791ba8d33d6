"""Proves that a key source still signs for its certificate, without a document."""

import secrets

from signing.formats.cms import check_signature_value
from signing.key_sources.base import KeySource
from signing.policies import signature_algorithm

# What we sign otherwise are signed attributes, which begin with a DER SET (0x31): this can never be taken for them.
_PREFIX = b"key self-check, no document: "


def check_key(key: KeySource, certificate_der: bytes) -> None:
    """Sign a fresh nonce and verify it against the certificate.

    Raises:
        AlgorithmNotAllowed: The certificate's key is one that we do not sign with.
        SignatureValueWrong: The key is another one than the certificate's.
        KeySourceError: As the key source says; a wrong PIN was tried once.
    """
    algorithm = signature_algorithm(certificate_der)
    data = _PREFIX + secrets.token_bytes(32)
    check_signature_value(data, key.sign(data, algorithm), certificate_der, algorithm)
