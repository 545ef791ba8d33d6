"""What every key source must do, whatever it is made of."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config.secrets import LocalSecrets
from signing.errors.keys import KeySourceUnavailable, SignatureValueWrong
from signing.formats.cms import check_signature_value
from signing.key_sources.fake import FakeKeySource
from signing.key_sources.registry import KeySources
from signing.model import SignatureAlgorithm
from tests.signing.softhsm import PIN, make_token

DATA = b"signed attributes"


def holders_of(pki):
    return {"rsa": pki.official, "ec": pki.official_p256, "ed": pki.official_ed25519}


@pytest.fixture(params=["fake", "pkcs12", "pkcs11"])
def sources(request, pki, tmp_path: Path, monkeypatch):
    """The official's RSA, P-256 and Ed25519 keys in one kind of key source."""
    holders = holders_of(pki)
    if request.param == "fake":
        yield {name: FakeKeySource(holder.key) for name, holder in holders.items()}
        return
    (tmp_path / "pin").write_text(PIN)
    module = None
    if request.param == "pkcs11":
        module = make_token(tmp_path / "hsm", monkeypatch, "Thử nghiệm", holders).module
        uris = {
            name: f"pkcs11:token=Th%E1%BB%AD%20nghi%E1%BB%87m;object={name}?pin-source=file:{tmp_path}/pin"
            for name in holders
        }
    else:
        uris = {name: f"pkcs12:{tmp_path}/{name}.p12?pin-source=file:{tmp_path}/pin" for name in holders}
        for name, holder in holders.items():
            (tmp_path / f"{name}.p12").write_bytes(holder.p12(PIN))
    opened = KeySources(LocalSecrets(), pkcs11_module=module, timeout_seconds=10)
    yield {name: opened.open_key_source(uri) for name, uri in uris.items()}
    opened.close_all()


@pytest.mark.parametrize(
    ("name", "algorithm"),
    [
        ("rsa", SignatureAlgorithm.RSA_SHA256),
        ("rsa", SignatureAlgorithm.RSA_SHA384),
        ("rsa", SignatureAlgorithm.RSA_SHA512),
        ("rsa", SignatureAlgorithm.RSASSA_PSS_SHA256),
        ("rsa", SignatureAlgorithm.RSASSA_PSS_SHA384),
        ("rsa", SignatureAlgorithm.RSASSA_PSS_SHA512),
        ("ec", SignatureAlgorithm.ECDSA_SHA256),
        ("ec", SignatureAlgorithm.ECDSA_SHA384),
        ("ed", SignatureAlgorithm.ED25519),
    ],
)
def test_a_value_verifies_with_the_certificate_and_with_no_other(sources, pki, name, algorithm):
    value = sources[name].sign(DATA, algorithm)

    right = holders_of(pki)[name]
    check_signature_value(DATA, value, right.der, algorithm)
    with pytest.raises(SignatureValueWrong):
        check_signature_value(DATA + b"!", value, right.der, algorithm)
    with pytest.raises(SignatureValueWrong):
        check_signature_value(DATA, value, pki.seal.der, algorithm)


def test_a_key_refuses_an_algorithm_of_another_kind_and_goes_on_working(sources, pki):
    for name, algorithm in (
        ("rsa", SignatureAlgorithm.ECDSA_SHA256),
        ("rsa", SignatureAlgorithm.ED25519),
        ("ec", SignatureAlgorithm.RSASSA_PSS_SHA256),
        ("ed", SignatureAlgorithm.ECDSA_SHA256),
    ):
        with pytest.raises(KeySourceUnavailable):
            sources[name].sign(DATA, algorithm)

    value = sources["rsa"].sign(DATA, SignatureAlgorithm.RSA_SHA256)
    check_signature_value(DATA, value, pki.official.der, SignatureAlgorithm.RSA_SHA256)


def test_many_threads_may_sign_at_once(sources, pki):
    messages = [b"document %d" % number for number in range(40)]

    with ThreadPoolExecutor(8) as pool:
        values = list(pool.map(lambda m: sources["rsa"].sign(m, SignatureAlgorithm.RSA_SHA256), messages))

    for message, value in zip(messages, values, strict=True):
        check_signature_value(message, value, pki.official.der, SignatureAlgorithm.RSA_SHA256)


def test_a_closed_key_source_opens_again_when_it_is_used(sources, pki):
    sources["rsa"].sign(DATA, SignatureAlgorithm.RSA_SHA256)
    sources["rsa"].close()

    value = sources["rsa"].sign(DATA, SignatureAlgorithm.RSA_SHA256)

    check_signature_value(DATA, value, pki.official.der, SignatureAlgorithm.RSA_SHA256)
