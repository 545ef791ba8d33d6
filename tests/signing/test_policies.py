"""Which keys we sign with."""

import pytest

from signing.errors import AlgorithmNotAllowed
from signing.model import SignatureAlgorithm
from signing.policies import signature_algorithm


def test_each_allowed_key_has_its_algorithm(pki):
    assert signature_algorithm(pki.official.der) is SignatureAlgorithm.RSA_SHA256
    assert signature_algorithm(pki.official_p256.der) is SignatureAlgorithm.ECDSA_SHA256
    assert signature_algorithm(pki.official_p384.der) is SignatureAlgorithm.ECDSA_SHA384


def test_a_short_rsa_key_and_what_is_no_certificate_are_refused(pki):
    with pytest.raises(AlgorithmNotAllowed, match="1024"):
        signature_algorithm(pki.short.der)
    with pytest.raises(AlgorithmNotAllowed):
        signature_algorithm(b"no certificate")
