"""A batch of documents signed with a key in a token (SoftHSM2): one PIN, one login, against the token's own speed."""

import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pkcs11
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pkcs11 import Mechanism, ObjectClass

from benchmarks.frame import Comparison, benchmark
from benchmarks.signers import DOCUMENT, SigningBench, make_bench
from config.confinement import InProcess
from config.secrets import LocalSecrets
from gateway.devpki.tokens import SOFTHSM_VARIABLE, find_module
from signing.journeys import sign_pdf
from signing.key_sources.registry import KeySources
from signing.model import Invisible, Level, SignatureStep, SignerRole, SigningProfile

BATCH = 500
PIN = "73190426"
LABEL = "benchmark"


class OnePin(LocalSecrets):
    """Gives the PIN once."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0

    def read(self, reference: str) -> str:
        self.reads += 1
        if self.reads > 1:
            raise ValueError("the batch needed a second login")
        return PIN


@benchmark("pkcs11-batch", unit="signatures")
def pkcs11_batch(folder: Path) -> Comparison:
    """Each of 500 documents read, signed in the token, verified and written, on one core."""
    bench = make_bench(folder)
    module = _make_token(bench, folder)
    sources = KeySources(OnePin(), pkcs11_module=module, timeout_seconds=30)
    key = sources.open_key_source(f"pkcs11:token={LABEL};object=official?pin-source=env:PIN")
    profile = SigningProfile("benchmark", SignerRole.PERSON, Level.B_B, Invisible(), None)
    step = SignatureStep(profile, "Nguyễn Văn Ví Dụ", bench.official.der, (bench.city.authority.issuing.der,))

    def sign() -> Path:
        target = bench.target()
        sign_pdf(DOCUMENT, target, step, key=key, tsa=None, confined=InProcess(), now=datetime.now(UTC))
        return target

    def ours() -> int:
        targets = [sign() for _ in range(BATCH)]
        done = sum(target.stat().st_size > 0 for target in targets)
        for target in targets:
            target.unlink()
        return done

    bench.assert_accepted(sign())
    return Comparison(BATCH, ours, "bare C_Sign, one session", _bare(module))


def _make_token(bench: SigningBench, folder: Path) -> Path:
    module = find_module()
    if module is None:
        raise ValueError("SoftHSM2 is not installed")
    (folder / "tokens").mkdir()
    configuration, pem = folder / "softhsm2.conf", folder / "key.pem"
    configuration.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
    os.environ[SOFTHSM_VARIABLE] = str(configuration)
    pem.write_bytes(bench.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    tool = ["softhsm2-util", "--module", str(module), "--pin", PIN]
    for rest in (
        ["--init-token", "--free", "--label", LABEL, "--so-pin", "1111"],
        ["--import", str(pem), "--token", LABEL, "--label", "official", "--id", "01"],
    ):
        subprocess.run([*tool, *rest], check=True, capture_output=True)
    return module


def _bare(module: Path) -> Callable[[], int]:
    session = pkcs11.lib(str(module)).get_token(token_label=LABEL).open(user_pin=PIN)
    key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label="official")
    signed = bytes(51)

    def theirs() -> int:
        return sum(len(key.sign(signed, mechanism=Mechanism.RSA_PKCS)) == 256 for _ in range(BATCH))

    return theirs
