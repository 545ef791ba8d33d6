"""The official's and the seal's keys in SoftHSM2 tokens, read back through PKCS#11 in a process of its own."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from gateway.devpki import SOFTHSM_VARIABLE, DevPki, TokenNotProvisioned, find_module, provision_token

MODULE = find_module()
pytestmark = pytest.mark.skipif(MODULE is None, reason="SoftHSM2 is not installed")

# Prints the signature over "x" and whether the key would leave; the PIN comes on standard input.
SIGN = """
import sys
import pkcs11
token = pkcs11.lib(sys.argv[1]).get_token(token_label=sys.argv[2])
with token.open(user_pin=sys.stdin.read()) as session:
    key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label="signing")
    certificate = next(iter(session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE})))
    print(key.sign(b"x", mechanism=pkcs11.Mechanism.SHA256_RSA_PKCS).hex())
    print(certificate[pkcs11.Attribute.VALUE].hex())
    print(key[pkcs11.Attribute.SENSITIVE], key[pkcs11.Attribute.EXTRACTABLE])
    try:
        print(key[pkcs11.Attribute.PRIVATE_EXPONENT])
    except pkcs11.PKCS11Error as error:
        print(type(error).__name__)
"""


@pytest.fixture(scope="module")
def token_uris(dev_pki: DevPki) -> dict[str, str]:
    assert MODULE is not None
    return provision_token(dev_pki.folder, MODULE)


def sign_in_child(pki: DevPki, token_label: str, pin: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, SOFTHSM_VARIABLE: str(pki.token_configuration_file)}
    command = [sys.executable, "-c", SIGN, str(MODULE), token_label]
    return subprocess.run(command, input=pin, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("holder", ["official", "seal"])
def test_the_token_signs_for_its_certificate_and_keeps_the_key(
    dev_pki: DevPki, token_uris: dict[str, str], holder: str
) -> None:
    pin = dev_pki.pin_file(holder).read_text(encoding="ascii")
    done = sign_in_child(dev_pki, f"THU NGHIEM {holder}", pin)
    assert done.returncode == 0, done.stderr
    signature, certificate, flags, exponent = done.stdout.split("\n")[:4]
    assert bytes.fromhex(certificate) == dev_pki.certificate_der(holder)
    public_key = x509.load_der_x509_certificate(bytes.fromhex(certificate)).public_key()
    assert isinstance(public_key, RSAPublicKey)
    public_key.verify(bytes.fromhex(signature), b"x", PKCS1v15(), SHA256())
    assert flags == "True False"
    assert exponent == "AttributeSensitive"


def test_uris_name_token_key_and_where_the_pin_is(dev_pki: DevPki, token_uris: dict[str, str]) -> None:
    assert token_uris == {
        holder: f"pkcs11:token=THU%20NGHIEM%20{holder};object=signing?pin-source=file:{dev_pki.pin_file(holder)}"
        for holder in ("official", "seal")
    }


@pytest.mark.parametrize("pin", ["0000", "00000000"])
def test_neither_the_first_pin_nor_a_guess_opens_a_token(dev_pki: DevPki, token_uris: dict[str, str], pin: str) -> None:
    done = sign_in_child(dev_pki, "THU NGHIEM official", pin)
    assert done.returncode != 0
    assert "PinIncorrect" in done.stderr


def test_pins_are_random_and_only_their_owner_reads_them(dev_pki: DevPki, token_uris: dict[str, str]) -> None:
    files = [dev_pki.pin_file(holder) for holder in token_uris]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    pins = {path.read_text(encoding="ascii") for path in files}
    assert len(pins) == 2
    assert all(len(pin) == 8 and pin.isdigit() for pin in pins)


def test_tokens_that_are_there_are_left_alone(dev_pki: DevPki, token_uris: dict[str, str]) -> None:
    assert MODULE is not None
    before = {path: path.stat().st_mtime_ns for path in (dev_pki.folder / "softhsm").rglob("*")}
    assert provision_token(dev_pki.folder, MODULE) == token_uris
    assert {path: path.stat().st_mtime_ns for path in (dev_pki.folder / "softhsm").rglob("*")} == before


def test_a_module_that_is_not_there_is_said_and_leaves_nothing_that_looks_ready(
    dev_pki: DevPki, tmp_path: Path
) -> None:
    spare = tmp_path / "pki"
    spare.mkdir()
    (spare / "pki.json").write_text((dev_pki.folder / "pki.json").read_text(encoding="utf-8"), encoding="utf-8")
    for _ in range(2):
        with pytest.raises(TokenNotProvisioned, match="softhsm2-util"):
            provision_token(spare, tmp_path / "absent.so")
