"""Key files that are wrong, gone or replaced."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ed448
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from config.secrets import LocalSecrets
from signing.errors.keys import KeyNotFound, KeySourceUnavailable, PinIncorrect, TokenAbsent
from signing.formats.cms import check_signature_value
from signing.key_sources.registry import KeySources
from signing.model import SignatureAlgorithm

DATA = b"signed attributes"
RSA = SignatureAlgorithm.RSA_SHA256


@pytest.fixture
def files(tmp_path, pki):
    (tmp_path / "key.p12").write_bytes(pki.official.p12("đúng"))
    (tmp_path / "pin").write_text("đúng")
    return tmp_path


@pytest.fixture
def source(files):
    opened = KeySources(LocalSecrets(), pkcs11_module=None, timeout_seconds=8)
    return opened.open_key_source(f"pkcs12:{files}/key.p12?pin-source=file:{files}/pin")


def assert_signs(source, holder) -> None:
    check_signature_value(DATA, source.sign(DATA, RSA), holder.der, RSA)


def test_a_wrong_pass_phrase_is_tried_once_until_another_one_is_set(source, files, pki):
    (files / "pin").write_text("sai-bí-mật")
    with pytest.raises(PinIncorrect) as first:
        source.sign(DATA, RSA)
    with pytest.raises(PinIncorrect, match="not tried again"):
        source.sign(DATA, RSA)
    assert "sai-bí-mật" not in repr(first.value) + repr(vars(source)) + str(first.value)

    (files / "pin").write_text("đúng")
    assert_signs(source, pki.official)


def test_a_file_that_is_taken_away_ends_the_signing_and_a_new_one_is_read(source, files, pki):
    assert_signs(source, pki.official)
    (files / "key.p12").rename(files / "away")
    with pytest.raises(TokenAbsent):
        source.sign(DATA, RSA)

    (files / "key.p12").write_bytes(pki.seal.p12("đúng"))
    assert_signs(source, pki.seal)


def test_damaged_and_foreign_files_are_facts(source, files):
    (files / "key.p12").write_bytes(b"no key at all")
    with pytest.raises(KeySourceUnavailable):
        source.sign(DATA, RSA)

    key = ed448.Ed448PrivateKey.generate()
    foreign = pkcs12.serialize_key_and_certificates(b"k", key, None, None, BestAvailableEncryption("đúng".encode()))
    (files / "key.p12").write_bytes(foreign)
    with pytest.raises(KeyNotFound):
        source.sign(DATA, RSA)

    (files / "key.p12").write_bytes(b"0" * 2_000_000)
    with pytest.raises(KeySourceUnavailable):
        source.sign(DATA, RSA)


def test_the_same_address_gives_the_same_key_source(files):
    opened = KeySources(LocalSecrets(), pkcs11_module=None, timeout_seconds=8)
    uri = f"pkcs12:{files}/key.p12?pin-source=file:{files}/pin"

    assert opened.open_key_source(uri) is opened.open_key_source(uri)
