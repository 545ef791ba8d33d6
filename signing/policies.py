"""Which algorithm a certificate's key signs with, and whether that may still be relied on."""

from datetime import datetime
from functools import lru_cache

from asn1crypto import algos
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import PublicKeyAlgorithmOID

from certs.algorithms import AlgorithmTable, AlgorithmUse, shipped_algorithms
from certs.errors import CertificateUnreadable
from certs.key_descriptions import UsedAlgorithms, UsedKey, describe_key
from certs.names import parse_certificate
from signing.errors.signatures import AlgorithmNotAllowed
from signing.model import SignatureAlgorithm

# ETSI TS 119 312 leaves RSA below 3000 bits for a few more years; 2048 is what officials' tokens hold today.
MINIMUM_RSA_BITS = 2048
_OF_CURVE = {
    "secp256r1": SignatureAlgorithm.ECDSA_SHA256,
    "secp384r1": SignatureAlgorithm.ECDSA_SHA384,
    "secp521r1": SignatureAlgorithm.ECDSA_SHA512,
}
_PSS_OF_DIGEST = {
    "sha256": SignatureAlgorithm.RSASSA_PSS_SHA256,
    "sha384": SignatureAlgorithm.RSASSA_PSS_SHA384,
    "sha512": SignatureAlgorithm.RSASSA_PSS_SHA512,
}
_DIGEST_SIZES = {"sha256": 32, "sha384": 48, "sha512": 64}


@lru_cache(maxsize=1024)
def signature_algorithm(certificate_der: bytes, *, prefer_pss: bool = False) -> SignatureAlgorithm:
    """Return how the key of this certificate signs.

    Args:
        prefer_pss: An RSA key that may sign either way does so with RSASSA-PSS. A certificate that names
            id-RSASSA-PSS binds its key to that scheme, whatever is preferred (RFC 4055, 1.2).
    Raises:
        AlgorithmNotAllowed: Neither RSA from 2048 bits, ECDSA on P-256, P-384 or P-521, nor Ed25519; bound to
            parameters that we do not sign with; or no certificate at all.
    """
    try:
        certificate = x509.load_der_x509_certificate(certificate_der)
        key = certificate.public_key()
    except (ValueError, x509.InvalidVersion, UnsupportedAlgorithm):
        raise AlgorithmNotAllowed("the signing certificate or its key cannot be read") from None
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < MINIMUM_RSA_BITS:
            raise AlgorithmNotAllowed(f"an RSA key of {key.key_size} bits is too short to sign with")
        if certificate.public_key_algorithm_oid == PublicKeyAlgorithmOID.RSASSA_PSS:
            return _bound_pss(certificate_der)
        return SignatureAlgorithm.RSASSA_PSS_SHA256 if prefer_pss else SignatureAlgorithm.RSA_SHA256
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _OF_CURVE:
        return _OF_CURVE[key.curve.name]
    if isinstance(key, ed25519.Ed25519PublicKey):
        return SignatureAlgorithm.ED25519
    raise AlgorithmNotAllowed("the certificate's key is neither RSA, nor on an allowed elliptic curve, nor Ed25519")


def check_acceptable(
    algorithm: SignatureAlgorithm, certificate_der: bytes, now: datetime, algorithms: AlgorithmTable | None = None
) -> None:
    """Let digest and key through that are acceptable for documents today; ask before the key is used.

    Args:
        algorithms: What may be relied on until which day; None takes the shipped table.
    Raises:
        AlgorithmNotAllowed: Names the algorithm and its last day.
    """
    used = UsedAlgorithms((algorithm.digest_algorithm,), _described_key(certificate_der))
    refused = (algorithms or shipped_algorithms()).refusal(used, AlgorithmUse.DOCUMENT, now)
    if refused is not None:
        raise AlgorithmNotAllowed(refused.fact)


@lru_cache(maxsize=1024)
def _described_key(certificate_der: bytes) -> UsedKey:
    """Return the certificate's key; decoding a certificate takes several times as long as signing with its key."""
    try:
        return describe_key(parse_certificate(certificate_der).public_key)
    except CertificateUnreadable:
        raise AlgorithmNotAllowed("the signing certificate cannot be read") from None


def _bound_pss(certificate_der: bytes) -> SignatureAlgorithm:
    """Return the algorithm that a key's own RSASSA-PSS parameters allow. Source: RFC 4055, 3.1 and 3.3."""
    try:
        parameters = asn1_x509.Certificate.load(certificate_der).public_key["algorithm"]["parameters"]
        if not isinstance(parameters, algos.RSASSAPSSParams):
            return SignatureAlgorithm.RSASSA_PSS_SHA256
        digest = parameters["hash_algorithm"]["algorithm"].native
        mask = parameters["mask_gen_algorithm"]
        same = mask["algorithm"].native == "mgf1" and mask["parameters"]["algorithm"].native == digest
        shortest_salt = parameters["salt_length"].native
    except (ValueError, TypeError, KeyError):
        raise AlgorithmNotAllowed("the certificate's RSASSA-PSS parameters cannot be read") from None
    if digest not in _PSS_OF_DIGEST or not same or shortest_salt > _DIGEST_SIZES[digest]:
        raise AlgorithmNotAllowed(
            "the certificate binds its key to RSASSA-PSS parameters that are not signed with here"
        )
    return _PSS_OF_DIGEST[digest]
