"""A key and its certificate request are made in the token; openssl and the signing itself judge them."""

import datetime as dt
import subprocess
import sys

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from config.secrets import LocalSecrets
from signing.errors.keys import KeySourceTimedOut, KeySourceUnavailable, PinIncorrect, SignatureValueWrong, TokenAbsent
from signing.key_sources.pkcs11_uri import TokenAddress
from signing.key_sources.registry import KeySources
from signing.key_sources.self_check import check_key
from signing.key_sources.token_setup import KeyAlreadyThere, TokenSetup
from tests.signing.softhsm import PIN, make_token

SUBJECT = {"country_name": "VN", "organization_name": "UBND phường Ví Dụ", "common_name": "Nguyễn Văn Ví Dụ"}


@pytest.fixture
def token(pki, tmp_path, monkeypatch):
    return make_token(tmp_path / "hsm", monkeypatch, "desk", {"seal": pki.seal})


@pytest.fixture
def pin_source(tmp_path) -> str:
    (tmp_path / "pin").write_text(PIN)
    return f"file:{tmp_path}/pin"


@pytest.fixture
def setup(token):
    return TokenSetup(token.module, TokenAddress("desk"), LocalSecrets(), timeout_seconds=20)


def issued(pki, request_der: bytes) -> bytes:
    """What the CA makes of a request."""
    request = x509.load_der_x509_csr(request_der)
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(request.subject)
        .issuer_name(pki.issuing.certificate.subject)
        .public_key(request.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=365))
    )
    for extension in request.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    return builder.sign(pki.issuing.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def test_a_request_from_the_token_is_good_and_its_certificate_signs(setup, token, pin_source, pki, tmp_path):
    made = setup.make_request(pin_source, "official-2026", SUBJECT, key_bits=2048)
    (tmp_path / "request.der").write_bytes(made.request_der)
    command = ["openssl", "req", "-inform", "DER", "-in", str(tmp_path / "request.der"), "-verify", "-noout", "-text"]
    judged = subprocess.run([*command, "-nameopt", "utf8"], capture_output=True, text=True, check=True)
    said = judged.stdout + judged.stderr
    assert "verify OK" in said
    assert "CN=Nguyễn Văn Ví Dụ" in said
    assert "2048 bit" in said
    assert "Digital Signature, Non Repudiation" in said

    certificate = issued(pki, made.request_der)
    keys = KeySources(LocalSecrets(), pkcs11_module=token.module, timeout_seconds=10)
    key = keys.open_key_source(f"pkcs11:token=desk;id=%{made.key_id.hex('%')}?pin-source={pin_source}")
    check_key(key, certificate)
    with pytest.raises(SignatureValueWrong):
        check_key(key, pki.seal.der)
    keys.close_all()


def test_a_name_that_is_taken_is_refused_and_nothing_is_made(setup, pin_source):
    with pytest.raises(KeyAlreadyThere):
        setup.make_request(pin_source, "seal", SUBJECT, key_bits=2048)


def test_a_wrong_pin_an_absent_token_and_an_odd_key_size_are_facts(setup, token, pin_source, tmp_path):
    with pytest.raises(KeySourceUnavailable, match="bits"):
        setup.make_request(pin_source, "x", SUBJECT, key_bits=1024)
    (tmp_path / "pin").write_text("90817263")
    with pytest.raises(PinIncorrect) as caught:
        setup.make_request(pin_source, "x", SUBJECT)
    assert "90817263" not in repr(caught.value)
    (tmp_path / "pin").unlink()
    with pytest.raises(KeySourceUnavailable, match="secret file"):
        setup.make_request(pin_source, "x", SUBJECT)
    with pytest.raises(TokenAbsent):
        TokenSetup(token.module, TokenAddress("other"), LocalSecrets(), 20).list_certificates()


def test_a_module_that_takes_too_long_costs_its_time(token):
    with pytest.raises(KeySourceTimedOut):
        TokenSetup(token.module, TokenAddress("desk"), LocalSecrets(), timeout_seconds=0.001).list_certificates()


def test_certificates_in_the_token_are_listed_without_a_pin(setup, token, pki, tmp_path):
    assert setup.list_certificates() == ()
    (tmp_path / "seal.der").write_bytes(pki.seal.der)
    fill = (
        "import sys, pkcs11; from pkcs11.util.x509 import decode_x509_certificate as d\n"
        "with pkcs11.lib(sys.argv[1]).get_token(token_label='desk').open(rw=True, user_pin=sys.argv[2]) as s:\n"
        "    s.create_object({**d(open(sys.argv[3],'rb').read()), pkcs11.Attribute.LABEL: 'con dấu',\n"
        "        pkcs11.Attribute.ID: b'\\x01', pkcs11.Attribute.TOKEN: True})\n"
    )
    subprocess.run([sys.executable, "-c", fill, str(token.module), PIN, str(tmp_path / "seal.der")], check=True)

    (found,) = setup.list_certificates()
    assert (found.label, found.key_id, found.certificate_der) == ("con dấu", b"\x01", pki.seal.der)
