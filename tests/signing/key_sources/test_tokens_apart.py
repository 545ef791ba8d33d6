"""Several processes with one token, and one token that is gone beside another: SoftHSM2 stands for the hardware."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.secrets import LocalSecrets
from signing.errors.keys import TokenAbsent
from signing.formats.cms import check_signature_value
from signing.key_sources.registry import KeySources
from signing.model import SignatureAlgorithm
from tests.signing.softhsm import PIN, add_token, make_token

DATA = b"signed attributes"
RSA = SignatureAlgorithm.RSA_SHA256
ROUNDS = 40
ANOTHER_PROCESS = """
import sys
from pathlib import Path
from config.secrets import LocalSecrets
from signing.key_sources.registry import KeySources
from signing.model import SignatureAlgorithm
if __name__ == "__main__":
    module, uri, rounds = sys.argv[1:]
    keys = KeySources(LocalSecrets(), pkcs11_module=Path(module), timeout_seconds=30)
    source = keys.open_key_source(uri)
    for _ in range(int(rounds)):
        print(source.sign(b"signed attributes", SignatureAlgorithm.RSA_SHA256).hex(), flush=True)
    keys.close_all()
"""


@pytest.fixture
def token(pki, tmp_path, monkeypatch):
    return make_token(tmp_path / "hsm", monkeypatch, "desk", {"official": pki.official})


@pytest.fixture
def key_sources(token):
    opened = KeySources(LocalSecrets(), pkcs11_module=token.module, timeout_seconds=30)
    yield opened
    opened.close_all()


@pytest.fixture
def uri(tmp_path) -> str:
    (tmp_path / "pin").write_text(PIN)
    return f"pkcs11:token=desk;object=official?pin-source=file:{tmp_path}/pin"


def assert_signs(source, holder) -> None:
    check_signature_value(DATA, source.sign(DATA, RSA), holder.der, RSA)


def test_two_processes_sign_with_one_token_at_the_same_time(token, key_sources, uri, pki, tmp_path):
    # A file, because the token's own child starts from the module that was run.
    (tmp_path / "another.py").write_text(ANOTHER_PROCESS)
    command = [sys.executable, str(tmp_path / "another.py"), str(token.module), uri, str(ROUNDS)]
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=root) as other:
        assert other.stdout is not None
        values = [bytes.fromhex(other.stdout.readline())]
        # The other one is logged in by now, and goes on.
        for _ in range(ROUNDS):
            assert_signs(key_sources.open_key_source(uri), pki.official)
        values += [bytes.fromhex(line) for line in other.stdout]

    assert (other.returncode, len(values)) == (0, ROUNDS)
    for value in values:
        check_signature_value(DATA, value, pki.official.der, RSA)


def test_a_token_that_is_pulled_out_leaves_the_other_one_signing(token, key_sources, uri, pki, tmp_path):
    before = set(token.tokens.iterdir())
    add_token(tmp_path / "hsm", "second", {"seal": pki.seal})
    (place,) = set(token.tokens.iterdir()) - before
    pulled = key_sources.open_key_source(f"pkcs11:token=second;object=seal?pin-source=file:{tmp_path}/pin")
    staying = key_sources.open_key_source(uri)
    assert_signs(pulled, pki.seal)
    assert_signs(staying, pki.official)

    place.rename(tmp_path / "pulled")
    with pytest.raises(TokenAbsent):
        pulled.sign(DATA, RSA)
    assert_signs(staying, pki.official)

    (tmp_path / "pulled").rename(place)
    assert_signs(pulled, pki.seal)
