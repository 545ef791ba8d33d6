"""Signature values and digests by the identifiers that XML gives their algorithms.

The weak ones are computed too: a reader must be told whether an old signature holds, and that it is weak.
Sources: RFC 9231; XML Signature 1.1, 6.
"""

import hashlib
from collections.abc import Iterable

from asn1crypto import x509 as x509_asn1
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from certs.key_descriptions import READING_ERRORS, UsedAlgorithms, describe_key
from signing.errors.xml import XmlTransformUnsupported
from signing.formats.xml.names import DIGEST_URIS, DS, SIGNATURE_URIS
from signing.formats.xml.values import der_of_ecdsa

_SHA3 = {f"http://www.w3.org/2007/05/xmldsig-more#sha3-{bits}": f"sha3_{bits}" for bits in (256, 384, 512)}
_DIGESTS = {f"{DS}sha1": "sha1", **{uri: name for name, uri in DIGEST_URIS.items()}, **_SHA3}
_HASHLIB = frozenset(_DIGESTS.values())
_METHODS = {
    f"{DS}rsa-sha1": "rsa-sha1",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1": "ecdsa-sha1",
    **{uri: name for name, uri in SIGNATURE_URIS.items()},
}
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),  # noqa: S303 - to check what is old, never to sign
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey


def digest_name(uri: str) -> str:
    """Return a digest as hashlib names it.

    Raises:
        XmlTransformUnsupported: Unknown here.
    """
    if uri not in _DIGESTS:
        raise XmlTransformUnsupported(f"the digest {uri[:100]} is not supported")
    return _DIGESTS[uri]


def digest_of(uri: str, octets: bytes) -> bytes:
    """Return a digest by its identifier. Errors as digest_name."""
    return hashlib.new(digest_name(uri), octets).digest()


def public_key_of(certificate_der: bytes) -> PublicKey | None:
    """Return a certificate's key; None where it is of another kind or cannot be read."""
    try:
        key = x509.load_der_x509_certificate(certificate_der).public_key()
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion):
        return None
    return key if isinstance(key, PublicKey) else None


def value_holds(method: str, key: PublicKey, octets: bytes, value: bytes) -> bool:
    """Say whether a signature value is this key's over the octets, by the method's identifier.

    Raises:
        XmlTransformUnsupported: The method is unknown here.
    """
    name = _METHODS.get(method)
    if name is None:
        raise XmlTransformUnsupported(f"the signature method {method[:100]} is not supported")
    try:
        return _verify(name, key, octets, value)
    except (InvalidSignature, ValueError):
        return False


def _verify(name: str, key: PublicKey, octets: bytes, value: bytes) -> bool:
    scheme, _, digest_algorithm = name.rpartition("-")
    digest = _HASHES.get(digest_algorithm)
    if scheme == "rsa" and isinstance(key, rsa.RSAPublicKey) and digest is not None:
        key.verify(value, octets, padding.PKCS1v15(), digest)
    elif scheme == "rsassa-pss" and isinstance(key, rsa.RSAPublicKey) and digest is not None:
        key.verify(value, octets, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
    elif scheme == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey) and digest is not None:
        plain = der_of_ecdsa(value, key)
        if plain is None:
            return False
        key.verify(plain, octets, ec.ECDSA(digest))
    elif name == "ed25519" and isinstance(key, ed25519.Ed25519PublicKey):
        key.verify(value, octets)
    else:
        return False
    return True


def used_algorithms(method: str, digest_uris: Iterable[str], certificate_der: bytes) -> UsedAlgorithms:
    """Return what a signature was made with, as the table of algorithms is asked about it."""
    of_method = _METHODS.get(method, "").rpartition("-")[2]
    digests = [name for name in (of_method, *(_DIGESTS.get(uri, "") for uri in digest_uris)) if name in _HASHLIB]
    try:
        key = describe_key(x509_asn1.Certificate.load(certificate_der).public_key)
    except READING_ERRORS:
        key = None
    return UsedAlgorithms(tuple(dict.fromkeys(digests)), key)
