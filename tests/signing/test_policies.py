"""Which keys we sign with."""

import subprocess
from datetime import timedelta

import pytest

from signing import policies
from signing.errors.signatures import AlgorithmNotAllowed
from signing.model import SignatureAlgorithm
from signing.policies import check_acceptable, signature_algorithm


def test_each_allowed_key_has_its_algorithm(pki):
    assert signature_algorithm(pki.official.der) is SignatureAlgorithm.RSA_SHA256
    assert signature_algorithm(pki.official_p256.der) is SignatureAlgorithm.ECDSA_SHA256
    assert signature_algorithm(pki.official_p384.der) is SignatureAlgorithm.ECDSA_SHA384
    assert signature_algorithm(pki.official_ed25519.der) is SignatureAlgorithm.ED25519


def test_pss_is_taken_by_rsa_keys_alone_where_it_is_preferred(pki):
    assert signature_algorithm(pki.official.der, prefer_pss=True) is SignatureAlgorithm.RSASSA_PSS_SHA256
    assert signature_algorithm(pki.official_p256.der, prefer_pss=True) is SignatureAlgorithm.ECDSA_SHA256
    assert signature_algorithm(pki.official_ed25519.der, prefer_pss=True) is SignatureAlgorithm.ED25519


def test_a_certificate_is_decoded_once_and_judged_each_time(pki, monkeypatch, now):
    check_acceptable(SignatureAlgorithm.RSA_SHA256, pki.seal.der, now)
    monkeypatch.setattr(policies, "parse_certificate", None)

    check_acceptable(SignatureAlgorithm.RSA_SHA256, pki.seal.der, now)
    with pytest.raises(AlgorithmNotAllowed):
        check_acceptable(SignatureAlgorithm.RSA_SHA256, pki.seal.der, now + timedelta(days=100 * 365))


def pss_certificate(folder, *options: str) -> bytes:
    """Let openssl make a certificate whose key is bound to RSASSA-PSS."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa-pss", "-nodes", "-subj", "/CN=x", "-outform", "DER"]
    for option in ("rsa_keygen_bits:2048", *options):
        command += ["-pkeyopt", option]
    return subprocess.run([*command, "-keyout", str(folder / "key")], check=True, capture_output=True).stdout


def test_a_certificate_that_names_pss_binds_its_key_to_it_and_to_its_digest(tmp_path):
    free = pss_certificate(tmp_path)
    bound = pss_certificate(
        tmp_path, "rsa_pss_keygen_md:sha384", "rsa_pss_keygen_mgf1_md:sha384", "rsa_pss_keygen_saltlen:48"
    )

    assert signature_algorithm(free) is SignatureAlgorithm.RSASSA_PSS_SHA256
    assert signature_algorithm(bound) is SignatureAlgorithm.RSASSA_PSS_SHA384


@pytest.mark.parametrize(
    "options",
    [
        ("rsa_pss_keygen_md:sha1",),
        ("rsa_pss_keygen_md:sha256", "rsa_pss_keygen_mgf1_md:sha384"),
        ("rsa_pss_keygen_md:sha256", "rsa_pss_keygen_mgf1_md:sha256", "rsa_pss_keygen_saltlen:64"),
    ],
    ids=["an old digest", "a mask of another digest", "a longer salt"],
)
def test_pss_parameters_that_we_do_not_sign_with_are_refused(options, tmp_path):
    with pytest.raises(AlgorithmNotAllowed, match="PSS"):
        signature_algorithm(pss_certificate(tmp_path, *options))


def test_a_short_rsa_key_and_what_is_no_certificate_are_refused(pki):
    with pytest.raises(AlgorithmNotAllowed, match="1024"):
        signature_algorithm(pki.short.der)
    with pytest.raises(AlgorithmNotAllowed):
        signature_algorithm(b"no certificate")
