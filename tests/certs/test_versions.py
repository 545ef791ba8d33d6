"""A version number that does not exist makes evidence and certificates unusable, and raises nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from certs.errors import CertificateUnreadable
from certs.revocation.answers import evidence_times
from certs.revocation.gather import _one_certificate

NOW = datetime(2026, 11, 24, tzinfo=UTC)
NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test")])
KEY = ec.generate_private_key(ec.SECP256R1())


def _crl() -> bytes:
    builder = x509.CertificateRevocationListBuilder(NAME, NOW, NOW + timedelta(days=1))
    return builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.DER)


def _certificate() -> bytes:
    builder = x509.CertificateBuilder(NAME, NAME, KEY.public_key(), 1, NOW, NOW + timedelta(days=1))
    return builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.DER)


@pytest.mark.parametrize("version", [2, 9, 127])
def test_a_revocation_list_of_an_unknown_version_is_not_evidence(version: int) -> None:
    der = _crl()
    # INTEGER 1 (version 2) is the first INTEGER of the tbsCertList.
    wrong = der.replace(b"\x02\x01\x01", bytes([2, 1, version]), 1)
    assert wrong != der

    assert evidence_times("crl", der) is not None
    assert evidence_times("crl", wrong) is None


@pytest.mark.parametrize("version", [3, 9, 127])
def test_an_issuer_of_an_unknown_version_is_not_taken_from_its_address(version: int) -> None:
    der = _certificate()
    wrong = der.replace(b"\xa0\x03\x02\x01\x02", bytes([0xA0, 3, 2, 1, version]), 1)

    with pytest.raises(CertificateUnreadable):
        _one_certificate(wrong)
