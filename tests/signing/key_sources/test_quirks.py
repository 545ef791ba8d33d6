"""What tokens want otherwise: SoftHSM2 plays most of it itself, a stub the rest."""

import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from config.secrets import LocalSecrets
from signing.errors.keys import KeySourceUnavailable, PinIncorrect
from signing.formats.cms import check_signature_value
from signing.key_sources.mechanisms import sign_in_token
from signing.key_sources.quirks import QuirksUnusable, QuirkTable, TokenQuirks, load_quirks, parse_quirks
from signing.key_sources.registry import KeySources
from signing.model import SignatureAlgorithm
from tests.signing.pki import Holder, issue
from tests.signing.softhsm import PIN, make_token

DATA = b"signed attributes"
RSA = SignatureAlgorithm.RSA_SHA256
SOFTHSM = "SoftHSM project"


class CountingSecrets(LocalSecrets):
    """Counts how often a PIN is read."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0

    def read(self, reference: str) -> str:
        self.reads += 1
        return super().read(reference)


@pytest.fixture
def token(pki, tmp_path, monkeypatch):
    (tmp_path / "pin").write_text(PIN)
    return make_token(tmp_path / "hsm", monkeypatch, "desk", {"rsa": pki.official, "ec": pki.official_p256})


@pytest.fixture
def opened(token, tmp_path):
    """Gives the key of a name in a token that has the given quirks, and what reads its PIN."""
    kept = []

    def make(name: str, **quirks) -> tuple:
        secrets = CountingSecrets()
        table = QuirkTable(tokens=(TokenQuirks(manufacturer=SOFTHSM, **quirks),))
        sources = KeySources(secrets, pkcs11_module=token.module, timeout_seconds=10, quirks=table)
        kept.append(sources)
        return sources.open_key_source(f"pkcs11:token=desk;object={name}?pin-source=file:{tmp_path}/pin"), secrets

    yield make
    for sources in kept:
        sources.close_all()


@pytest.mark.parametrize(
    ("name", "algorithm"),
    [
        ("rsa", SignatureAlgorithm.RSA_SHA256),
        ("rsa", SignatureAlgorithm.RSASSA_PSS_SHA384),
        ("ec", SignatureAlgorithm.ECDSA_SHA256),
    ],
)
def test_a_token_may_hash_by_itself(name, algorithm, opened, pki):
    key, _ = opened(name, hashing="token")
    try:
        value = key.sign(DATA, algorithm)
    except KeySourceUnavailable as error:
        # SoftHSM2 up to 2.6 knows no mechanism that hashes and then signs with ECDSA.
        assert (name, "MechanismInvalid" in str(error)) == ("ec", True)
        return

    check_signature_value(DATA, value, {"rsa": pki.official, "ec": pki.official_p256}[name].der, algorithm)


def test_a_login_serves_once_or_until_the_token_goes_away(opened, pki):
    for quirks, expected in (({}, 1), ({"login": "each-signature"}, 3)):
        key, secrets = opened("rsa", **quirks)
        for _ in range(3):
            check_signature_value(DATA, key.sign(DATA, RSA), pki.official.der, RSA)

        assert secrets.reads == expected


_MAKE_KEY = """
import sys, pkcs11
from pkcs11 import Attribute, KeyType
module, pin, target = sys.argv[1:]
with pkcs11.lib(module).get_token(token_label="desk").open(rw=True, user_pin=pin) as session:
    public, _ = session.generate_keypair(
        KeyType.RSA, 2048, store=True, label="careful", private_template={Attribute.ALWAYS_AUTHENTICATE: True}
    )
    from pkcs11.util.rsa import encode_rsa_public_key
    open(target, "wb").write(encode_rsa_public_key(public))
"""


class InToken:
    """A key of which only the public half ever left its token."""

    def __init__(self, public_der: bytes) -> None:
        self.public_der = public_der

    def public_key(self):
        return serialization.load_der_public_key(self.public_der)


@pytest.fixture
def careful(token, pki, tmp_path) -> Holder:
    """A key, made in the token, that wants its PIN before each use."""
    command = [sys.executable, "-c", _MAKE_KEY, str(token.module), PIN, str(tmp_path / "public.der")]
    subprocess.run(command, check=True)
    return issue("Cẩn thận", InToken((tmp_path / "public.der").read_bytes()), pki.issuing)


def test_a_key_that_wants_its_pin_before_each_use_is_given_it(careful, opened):
    key, secrets = opened("careful")
    for _ in range(3):
        check_signature_value(DATA, key.sign(DATA, RSA), careful.der, RSA)

    assert secrets.reads == 3


def test_a_wrong_pin_before_a_use_is_sent_once(careful, opened, tmp_path):
    key, _ = opened("careful")
    key.sign(DATA, RSA)
    (tmp_path / "pin").write_text("90817263")

    for message in ("refused the PIN", "not tried again"):
        with pytest.raises(PinIncorrect, match=message):
            key.sign(DATA, RSA)

    (tmp_path / "pin").write_text(PIN)
    check_signature_value(DATA, key.sign(DATA, RSA), careful.der, RSA)


def test_a_value_that_comes_as_der_already_is_left_as_it_is(pki):
    from pkcs11 import KeyType

    class EcKey:
        key_type = KeyType.EC

        def sign(self, data, mechanism):
            return b"\x30\x06\x02\x01\x01\x02\x01\x02"

    algorithm = SignatureAlgorithm.ECDSA_SHA256
    assert sign_in_token(EcKey(), algorithm, DATA, TokenQuirks(ecdsa_value="der"), None) == EcKey().sign(b"", None)
    assert sign_in_token(EcKey(), algorithm, DATA, TokenQuirks(), None) != EcKey().sign(b"", None)


def test_an_operators_table_goes_before_the_shipped_one(tmp_path):
    mine = tmp_path / "quirks.toml"
    mine.write_text(
        '[[module]]\nfile = "libcknfast.so"\nprocesses = 2\n[[token]]\nmodel = "X*"\nlogin = "each-signature"\n'
    )

    shipped, both = load_quirks(None), load_quirks(mine)

    assert shipped.of_module(Path("/opt/libcknfast.so")).processes == 4
    assert both.of_module(Path("/opt/libcknfast.so")).processes == 2
    assert both.of_module(Path("/usr/lib/softhsm/libsofthsm2.so")).processes == 1
    assert both.of_token("Anyone", "X1").login == "each-signature"
    assert both.of_token("Yubico (www.yubico.com)", "YubiKey NEO 3").authorise == "each-signature"
    assert both.of_token(SOFTHSM, "SoftHSM v2") == TokenQuirks()


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"\xff", "TOML"),
        (b"[[card]]", "card"),
        (b"token = 1", "token"),
        (b"[[token]]\npin = 1", "pin"),
        (b'[[token]]\nhashing = "there"', "here or token"),
        (b"[[token]]\nmodel = 1", "model"),
        (b"[[module]]\nprocesses = 0", "1 to 16"),
        (b"[[module]]\nprocesses = true", "processes"),
    ],
)
def test_a_table_with_a_fault_is_refused_by_name(content, named):
    with pytest.raises(QuirksUnusable, match=named):
        parse_quirks(content)


def test_a_table_that_is_not_there_is_named(tmp_path):
    with pytest.raises(QuirksUnusable, match=r"nothing\.toml"):
        load_quirks(tmp_path / "nothing.toml")
