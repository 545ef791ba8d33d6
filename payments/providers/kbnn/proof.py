"""What proves a treasury's notice: a keyed hash of its bytes, or a signature by a certificate that is configured."""

import base64
import hmac
from datetime import datetime
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from config.secrets import SecretProvider
from payments.errors import ProviderDescriptionUnusable


class NoticeProof(Protocol):
    """Says whether a header proves the bytes of a notice."""

    def proves(self, content: bytes, given: str, received_at: datetime | None) -> bool:
        """Whether `given` is the proof of content; a missing one is a wrong one."""
        ...


class KeyedHash:
    """HMAC-SHA256 of the body, as lower-case hex; the key is read at each use."""

    def __init__(self, key_reference: str, secrets: SecretProvider) -> None:
        self._key_reference = key_reference
        self._secrets = secrets

    def proves(self, content: bytes, given: str, received_at: datetime | None) -> bool:
        with self._secrets.open(self._key_reference) as key:
            expected = hmac.digest(bytes(key.content), content, "sha256").hex()
        return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


class DetachedSignature:
    """RSA (PKCS #1, version 1.5) or ECDSA with SHA-256 over the body, as base64, by one of the pinned certificates.

    Several may be pinned while the partner changes over; each counts only between its own dates.
    """

    def __init__(self, certificates: tuple[x509.Certificate, ...]) -> None:
        self._certificates = certificates

    def proves(self, content: bytes, given: str, received_at: datetime | None) -> bool:
        try:
            signature = base64.b64decode(given, validate=True)
        except ValueError:
            return False
        return any(_signed(certificate, content, signature, received_at) for certificate in self._certificates)


def _signed(certificate: x509.Certificate, content: bytes, signature: bytes, received_at: datetime | None) -> bool:
    if received_at is None or not certificate.not_valid_before_utc <= received_at <= certificate.not_valid_after_utc:
        return False
    key = certificate.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, content, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, content, ec.ECDSA(hashes.SHA256()))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def pinned_certificates(paths: tuple[Path, ...]) -> tuple[x509.Certificate, ...]:
    """Return the certificates in PEM files.

    Raises:
        ProviderDescriptionUnusable: A file cannot be read, or holds no certificate with an RSA or EC key.
    """
    found = []
    for path in paths:
        try:
            certificate = x509.load_pem_x509_certificate(path.read_bytes())
        except OSError as error:
            raise ProviderDescriptionUnusable(f"cannot read {path}: {error.strerror}") from None
        except ValueError:
            raise ProviderDescriptionUnusable(f"{path} holds no certificate in PEM") from None
        if not isinstance(certificate.public_key(), rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
            raise ProviderDescriptionUnusable(f"{path}: the key is neither RSA nor EC")
        found.append(certificate)
    return tuple(found)
