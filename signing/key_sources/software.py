"""Signs with a private key that is held in this process's memory."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from signing.errors.keys import KeySourceUnavailable
from signing.model import SignatureAlgorithm, SignatureScheme

SoftwareKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


def sign_in_software(key: SoftwareKey, data: bytes, algorithm: SignatureAlgorithm) -> bytes:
    """Return the signature value over data.

    Raises:
        KeySourceUnavailable: The key is of another kind than the algorithm.
    """
    digest = _HASHES[algorithm.digest_algorithm]
    if algorithm.scheme is SignatureScheme.RSASSA_PKCS1 and isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), digest)
    if algorithm.scheme is SignatureScheme.RSASSA_PSS and isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
    if algorithm.scheme is SignatureScheme.ECDSA and isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(digest))
    if algorithm.scheme is SignatureScheme.EDDSA and isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    raise KeySourceUnavailable(f"the key cannot sign with {algorithm}")
