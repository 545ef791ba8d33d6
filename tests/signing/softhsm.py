"""SoftHSM2 tokens for tests, made with its own tool."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from tests.signing.pki import Holder

PLACES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
)
PIN = "73190426"
_CHANGE_PIN = """
import sys, pkcs11
module, label, old, new = sys.argv[1:]
with pkcs11.lib(module).get_token(token_label=label).open(rw=True, user_pin=old) as session:
    session.set_pin(old, new)
"""


@dataclass(frozen=True)
class SoftToken:
    """One token with keys; tokens is the folder in which SoftHSM2 keeps it."""

    module: Path
    tokens: Path
    label: str

    def change_pin(self, old: str, new: str) -> None:
        subprocess.run([sys.executable, "-c", _CHANGE_PIN, str(self.module), self.label, old, new], check=True)


def make_token(folder: Path, monkeypatch: pytest.MonkeyPatch, label: str, keys: dict[str, Holder]) -> SoftToken:
    """Make a token that holds the given keys under their labels; SOFTHSM2_CONF points at it."""
    module = next((Path(place) for place in PLACES if Path(place).is_file()), None)
    if module is None or shutil.which("softhsm2-util") is None:
        pytest.skip("SoftHSM2 is not installed")
    tokens = folder / "tokens"
    tokens.mkdir(parents=True)
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(configuration))
    add_token(folder, label, keys)
    return SoftToken(module, tokens, label)


def add_token(folder: Path, label: str, keys: dict[str, Holder]) -> None:
    """Make one more token in the folder of another."""
    _run("--init-token", "--free", "--label", label, "--so-pin", "1111", "--pin", PIN)
    for number, (name, holder) in enumerate(keys.items(), start=1):
        pem = folder / f"{name}.pem"
        pem.write_bytes(
            holder.key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        _run("--import", str(pem), "--token", label, "--label", name, "--id", f"{number:02x}", "--pin", PIN)


def _run(*arguments: str) -> None:
    subprocess.run(["softhsm2-util", *arguments], check=True, capture_output=True)
