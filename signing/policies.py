"""Which algorithm a certificate's key signs with."""

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from signing.errors import AlgorithmNotAllowed
from signing.model import SignatureAlgorithm

# ETSI TS 119 312 leaves RSA below 3000 bits for a few more years; 2048 is what officials' tokens hold today.
MINIMUM_RSA_BITS = 2048
_OF_CURVE = {
    "secp256r1": SignatureAlgorithm.ECDSA_SHA256,
    "secp384r1": SignatureAlgorithm.ECDSA_SHA384,
    "secp521r1": SignatureAlgorithm.ECDSA_SHA512,
}


def signature_algorithm(certificate_der: bytes) -> SignatureAlgorithm:
    """Return how the key of this certificate signs.

    Raises:
        AlgorithmNotAllowed: Neither RSA from 2048 bits nor ECDSA on P-256, P-384 or P-521; or no certificate at all.
    """
    try:
        key = x509.load_der_x509_certificate(certificate_der).public_key()
    except (ValueError, x509.InvalidVersion):
        raise AlgorithmNotAllowed("the signing certificate cannot be read") from None
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < MINIMUM_RSA_BITS:
            raise AlgorithmNotAllowed(f"an RSA key of {key.key_size} bits is too short to sign with")
        return SignatureAlgorithm.RSA_SHA256
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _OF_CURVE:
        return _OF_CURVE[key.curve.name]
    raise AlgorithmNotAllowed("the certificate's key is neither RSA nor on an allowed elliptic curve")
