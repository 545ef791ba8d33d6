"""Makes the development PKI: keys, certificates, PKCS#12 files and the images of signature and seal."""

import hashlib
import json
import os
import secrets
import shutil
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from gateway.devpki.images import draw_images
from gateway.devpki.model import SIGNERS, DevPki, description_file, load_pki
from gateway.devpki.plan import (
    ARCHITECTURE,
    ENTITIES,
    GOOD_LIFETIME,
    SERVICE_KEYS,
    WEAK_KEY_BITS,
    certomancer_configuration,
)

DEFAULT_ADDRESS = "http://127.0.0.1:8093"
DEFAULT_FONTS_FOLDER = Path("/usr/share/fonts/truetype/liberation2")
_KEY_BITS = 2048
_PARTS = ("keys", "certificates", "signers", "images", "softhsm")


def build_pki(
    folder: Path,
    now: datetime,
    *,
    address: str = DEFAULT_ADDRESS,
    fonts_folder: Path = DEFAULT_FONTS_FOLDER,
) -> DevPki:
    """Return the development PKI in folder; make it if there is none that still holds.

    A PKI is used again as long as its certificates are valid, its address is the one wanted and its plan is this
    version's; else all of it is replaced, tokens included, for a PKI of two generations would prove nothing.

    Args:
        folder: Where it lives; made if absent, closed to everybody else. Outside any repository: it holds keys.
        now: Aware; the moment validity periods are laid around.
        address: Where `python -m gateway.devpki.serve` will answer.
        fonts_folder: Liberation 2 fonts, for the text on the seal.
    """
    folder = folder.resolve()
    known = _find_usable(folder, now, address)
    if known is not None:
        return known
    _clear(folder)
    pki = DevPki(folder, address, now + GOOD_LIFETIME)
    now = now.replace(microsecond=0)
    pki.configuration_file.write_text(json.dumps(certomancer_configuration(now, address), indent=1), encoding="utf-8")
    keys = {name: rsa.generate_private_key(65537, WEAK_KEY_BITS.get(name, _KEY_BITS)) for name in ENTITIES}
    _write_keys(folder, keys)
    _write_certificates(pki)
    for signer in SIGNERS:
        _write_pkcs12(pki, signer, keys[signer])
    draw_images(pki.handwriting_png, pki.seal_png, fonts_folder)
    _write_description(pki)
    return pki


def _find_usable(folder: Path, now: datetime, address: str) -> DevPki | None:
    try:
        pki = load_pki(folder)
        plan = json.loads(description_file(folder).read_text(encoding="utf-8"))["plan"]
    except (OSError, ValueError, KeyError):
        return None
    # An hour's margin: a run that starts now must also end before the certificates do.
    usable = pki.address == address and plan == _plan_version() and now + timedelta(hours=1) < pki.valid_until
    return pki if usable else None


def _plan_version() -> str:
    """A change of what the PKI consists of makes older ones unusable."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    wanted = [path.read_bytes() for path in sources if path.stem in {"plan", "images", "build", "tokens", "fill_token"}]
    return hashlib.sha256(b"".join(wanted)).hexdigest()


def _clear(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    description_file(folder).unlink(missing_ok=True)
    for part in _PARTS:
        shutil.rmtree(folder / part, ignore_errors=True)
    for part in _PARTS[:-1]:
        (folder / part).mkdir(mode=0o700)


def _write_keys(folder: Path, keys: dict[str, rsa.RSAPrivateKey]) -> None:
    for name, key in keys.items():
        path = folder / "keys" / f"{name}.pem"
        if name in SERVICE_KEYS:
            # Without pass phrase: the server must read them, and they open nothing but this test PKI.
            write_secret(path, _private_pem(key))
        else:
            path.write_bytes(_public_pem(key))


def _private_pem(key: rsa.RSAPrivateKey) -> bytes:
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(pem, pkcs8, serialization.NoEncryption())


def _public_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _write_certificates(pki: DevPki) -> None:
    # Here, because a PKI that is used again needs none of certomancer (0.5 s to load).
    from certomancer.registry import ArchLabel, CertLabel, CertomancerConfig

    configuration = CertomancerConfig.from_file(str(pki.configuration_file), key_search_dir=str(pki.folder))
    architecture = configuration.get_pki_arch(ArchLabel(ARCHITECTURE))
    for name in ENTITIES:
        pki.certificate_file(name).write_bytes(architecture.get_cert(CertLabel(name)).dump())


def _write_pkcs12(pki: DevPki, signer: str, key: rsa.RSAPrivateKey) -> None:
    pass_phrase = secrets.token_urlsafe(24)
    certificate = x509.load_der_x509_certificate(pki.certificate_der(signer))
    chain = [x509.load_der_x509_certificate(der) for der in pki.chain_der(signer)]
    encryption = serialization.BestAvailableEncryption(pass_phrase.encode())
    bundle = pkcs12.serialize_key_and_certificates(signer.encode(), key, certificate, chain, encryption)
    write_secret(pki.pkcs12_file(signer), bundle)
    write_secret(pki.pass_phrase_file(signer), pass_phrase.encode())


def write_secret(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read from its first moment on."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _write_description(pki: DevPki) -> None:
    values = {"address": pki.address, "valid_until": pki.valid_until.isoformat(), "plan": _plan_version()}
    description_file(pki.folder).write_text(json.dumps(values, indent=1), encoding="utf-8")
