"""A private key in a PKCS#12 file: read once and kept, because parsing it costs more than a signature."""

import threading
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import pkcs12

from config.secrets import Secret, SecretProvider, SecretUnavailable
from signing.errors.keys import KeyNotFound, KeySourceUnavailable, PinIncorrect, TokenAbsent
from signing.key_sources.pins import RefusedPins
from signing.key_sources.software import SoftwareKey, sign_in_software
from signing.key_sources.uri import Pkcs12Address
from signing.model import SignatureAlgorithm

# A key with its chain takes a few KiB.
MAXIMUM_BYTES = 1024 * 1024


class Pkcs12KeySource:
    """Signs with the key of one file. A file that is replaced is read anew; one that is taken away ends the signing."""

    def __init__(self, address: Pkcs12Address, secrets: SecretProvider) -> None:
        self._address = address
        self._secrets = secrets
        self._lock = threading.Lock()
        self._key: SoftwareKey | None = None
        self._read_from: tuple[int, int, int] | None = None
        self._pins = RefusedPins()
        self._refused_file: tuple[int, int, int] | None = None

    def sign(self, data: bytes, algorithm: SignatureAlgorithm) -> bytes:
        return sign_in_software(self._current_key(), data, algorithm)

    def close(self) -> None:
        with self._lock:
            self._key = self._read_from = None

    def _current_key(self) -> SoftwareKey:
        with self._lock:
            version = _version(self._address.path)
            if self._key is None or version != self._read_from:
                self._key = None
                if version != self._refused_file:
                    # Another file may well have the pass phrase that the last one refused.
                    self._pins.accept()
                self._key = self._read(version)
                self._read_from = version
            return self._key

    def _read(self, version: tuple[int, int, int]) -> SoftwareKey:
        try:
            secret = self._secrets.open(self._address.pin_source)
        except SecretUnavailable as error:
            raise KeySourceUnavailable(str(error)) from None
        with secret:
            key = self._load(secret, version)
        if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
            raise KeyNotFound("the key file holds no RSA, ECDSA or Ed25519 key")
        self._pins.accept()
        return key

    def _load(self, passphrase: Secret, version: tuple[int, int, int]) -> PrivateKeyTypes | None:
        self._pins.check(passphrase.content)
        try:
            content = self._address.path.read_bytes()
            return pkcs12.load_key_and_certificates(content, passphrase.content)[0]
        except OSError as error:
            raise TokenAbsent(f"the key file cannot be read: {type(error).__name__}") from None
        except (ValueError, TypeError) as error:
            # The library tells a wrong pass phrase from a damaged file by its message alone.
            if "password" in str(error).lower():
                self._pins.refuse(passphrase.content)
                self._refused_file = version
                raise PinIncorrect("the key file refused its pass phrase") from None
            raise KeySourceUnavailable("the key file is damaged or of a kind that cannot be read") from None


def _version(path: Path) -> tuple[int, int, int]:
    try:
        status = path.stat()
    except OSError:
        raise TokenAbsent("the key file is not there") from None
    if status.st_size > MAXIMUM_BYTES:
        raise KeySourceUnavailable("the key file is too large to be one")
    return status.st_mtime_ns, status.st_ino, status.st_size
