"""Puts the official's and the seal's keys into SoftHSM2 tokens, as the Government CA puts them into USB tokens.

All PKCS#11 calls happen in a child process: SoftHSM2 reads SOFTHSM2_CONF once, when a process loads it.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

from gateway.devpki.model import TOKEN_LABELS, DevPki, load_pki

# Where Debian, Fedora and Homebrew put it.
_MODULE_PLACES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)
SOFTHSM_VARIABLE = "SOFTHSM2_CONF"
# Known to everybody, and therefore changed at once.
FIRST_PIN = "0000"
_TIMEOUT_SECONDS = 60


class TokenNotProvisioned(Exception):
    """SoftHSM2 could not be given the development keys; the message says what it answered."""

    code: ClassVar[str] = "token-not-provisioned"


def find_module() -> Path | None:
    """Return SoftHSM2's PKCS#11 module, if this machine has it together with softhsm2-util."""
    if shutil.which("softhsm2-util") is None:
        return None
    return next((Path(place) for place in _MODULE_PLACES if Path(place).is_file()), None)


def provision_token(folder: Path, module: Path) -> dict[str, str]:
    """Put the official's and the seal's key and certificate into a token each; nothing if they are there already.

    Whoever uses the tokens needs SOFTHSM2_CONF in the environment: DevPki.token_configuration_file.

    Args:
        folder: Of a PKI that build_pki made.
        module: SoftHSM2's PKCS#11 module; see find_module.
    Returns:
        {"official": uri, "seal": uri}, each `pkcs11:token=..;object=..?pin-source=file:..` (RFC 7512).
    Raises:
        TokenNotProvisioned: SoftHSM2 refused, or did not answer in a minute.
    """
    pki = load_pki(folder.resolve())
    ready = pki.token_configuration_file.with_name("ready")
    if not ready.exists():
        _provision(pki, module)
        ready.touch(mode=0o600)
    return {holder: pki.token_uri(holder) for holder in TOKEN_LABELS}


def _provision(pki: DevPki, module: Path) -> None:
    place = pki.token_configuration_file.parent
    shutil.rmtree(place, ignore_errors=True)
    (place / "tokens").mkdir(mode=0o700, parents=True)
    place.chmod(0o700)
    pki.token_configuration_file.write_text(
        f"directories.tokendir = {place / 'tokens'}\nobjectstore.backend = file\n"
        "log.level = ERROR\nslots.removable = false\n",
        encoding="utf-8",
    )
    environment = {**os.environ, SOFTHSM_VARIABLE: str(pki.token_configuration_file)}
    for holder, label in TOKEN_LABELS.items():
        # Other processes can read a command line: these first PINs are changed by the child below.
        first_pins = ["--so-pin", FIRST_PIN, "--pin", FIRST_PIN]
        _run(
            ["softhsm2-util", "--module", str(module), "--init-token", "--free", "--label", label, *first_pins],
            environment,
        )
        child = ["-m", "gateway.devpki.fill_token", "--folder", str(pki.folder), "--module", str(module)]
        _run([sys.executable, *child, "--holder", holder], environment)


def _run(command: list[str], environment: dict[str, str]) -> None:
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TokenNotProvisioned(f"{Path(command[0]).name}: {type(error).__name__}") from None
    if done.returncode != 0:
        last_line = (done.stderr.strip() or done.stdout.strip()).rpartition("\n")[2]
        raise TokenNotProvisioned(f"{Path(command[0]).name}: {last_line}")
