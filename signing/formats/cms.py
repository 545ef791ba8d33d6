"""Detached CMS signatures as PAdES and CAdES baseline want them, spliced from DER parts.

Building through an ASN.1 library costs more than the signature itself, so a certificate's parts are encoded once.
Sources: RFC 5652; RFC 5035 (ESS signing-certificate-v2); RFC 3161, appendix A; RFC 4056 (RSASSA-PSS); RFC 8419
(Ed25519); ETSI EN 319 142-1, table 1.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from signing.errors.keys import SignatureValueWrong
from signing.formats import der
from signing.model import SignatureAlgorithm, SignatureScheme

_CONTEXT_0 = 0xA0
_CONTEXT_1 = 0xA1


def _oid(dotted: str) -> bytes:
    encoded: bytes = core.ObjectIdentifier(dotted).dump()
    return encoded


_DATA = _oid("1.2.840.113549.1.7.1")
_SIGNED_DATA = _oid("1.2.840.113549.1.7.2")
_CONTENT_TYPE = _oid("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST = _oid("1.2.840.113549.1.9.4")
_SIGNING_CERTIFICATE_V2 = _oid("1.2.840.113549.1.9.16.2.47")
_SIGNATURE_TIME_STAMP = _oid("1.2.840.113549.1.9.16.2.14")
_VERSION_1 = b"\x02\x01\x01"
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


def _attribute(kind: bytes, value: bytes) -> bytes:
    return der.sequence(kind, der.tagged(der.SET, value))


@lru_cache(maxsize=16)
def _digest_algorithm(name: str) -> bytes:
    encoded: bytes = algos.DigestAlgorithm({"algorithm": name}).dump()
    return encoded


@lru_cache(maxsize=16)
def _signature_algorithm(algorithm: SignatureAlgorithm) -> bytes:
    digest = {"algorithm": algorithm.digest_algorithm}
    wanted: dict[SignatureScheme, dict[str, object]] = {
        SignatureScheme.RSASSA_PKCS1: {"algorithm": f"{algorithm.digest_algorithm}_rsa"},
        SignatureScheme.ECDSA: {"algorithm": f"{algorithm.digest_algorithm}_ecdsa"},
        SignatureScheme.EDDSA: {"algorithm": algorithm.value},
        SignatureScheme.RSASSA_PSS: {
            "algorithm": "rsassa_pss",
            "parameters": {
                "hash_algorithm": digest,
                "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": digest},
                "salt_length": _HASHES[algorithm.digest_algorithm].digest_size,
            },
        },
    }
    encoded: bytes = algos.SignedDigestAlgorithm(wanted[algorithm.scheme]).dump()
    return encoded


@lru_cache(maxsize=1024)
def _signer_identifier(certificate_der: bytes) -> bytes:
    certificate = asn1_x509.Certificate.load(certificate_der)
    identifier = cms.IssuerAndSerialNumber(
        {"issuer": certificate.issuer, "serial_number": certificate["tbs_certificate"]["serial_number"]}
    )
    encoded: bytes = identifier.dump()
    return encoded


@lru_cache(maxsize=1024)
def _signing_certificate_attribute(certificate_der: bytes) -> bytes:
    # SHA-256 is ESSCertIDv2's default and so left out; issuerSerial says nothing that the hash does not.
    certificate_id = der.sequence(der.octet_string(hashlib.sha256(certificate_der).digest()))
    return _attribute(_SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(certificate_id)))


def signed_attributes(document_digest: bytes, certificate_der: bytes) -> bytes:
    """Return the signed attributes as the DER SET OF over which the key signs.

    PAdES takes the claimed time from the dictionary's /M, so there is no signing-time attribute.
    Source: RFC 5652, 5.4; ETSI EN 319 142-1, 5.3 and table 1.
    """
    return der.set_of(
        (
            _attribute(_CONTENT_TYPE, _DATA),
            _attribute(_MESSAGE_DIGEST, der.octet_string(document_digest)),
            _signing_certificate_attribute(certificate_der),
        )
    )


def assemble_signed_data(
    *,
    attributes: bytes,
    signature_value: bytes,
    algorithm: SignatureAlgorithm,
    certificate_der: bytes,
    chain_ders: Sequence[bytes] = (),
    timestamp_token: bytes | None = None,
) -> bytes:
    """Return a detached CMS SignedData (ContentInfo, DER).

    Args:
        attributes: What signed_attributes returned.
        signature_value: The key's answer over those bytes.
        chain_ders: Certificates above the signer's; twins are written once.
        timestamp_token: A time-stamp token over signature_value, if any.
    """
    digest_algorithm = _digest_algorithm(algorithm.digest_algorithm)
    signer_info = [
        _VERSION_1,
        _signer_identifier(certificate_der),
        digest_algorithm,
        # RFC 5652, 5.4: signed as SET OF, sent as [0] IMPLICIT.
        bytes((_CONTEXT_0,)) + attributes[1:],
        _signature_algorithm(algorithm),
        der.octet_string(signature_value),
    ]
    if timestamp_token is not None:
        signer_info.append(der.tagged(_CONTEXT_1, _attribute(_SIGNATURE_TIME_STAMP, timestamp_token)))
    signed_data = der.sequence(
        _VERSION_1,
        der.tagged(der.SET, digest_algorithm),
        der.sequence(_DATA),
        der.set_of({certificate_der, *chain_ders}, tag=_CONTEXT_0),
        der.tagged(der.SET, der.sequence(*signer_info)),
    )
    return der.sequence(_SIGNED_DATA, der.tagged(_CONTEXT_0, signed_data))


@dataclass(frozen=True)
class SignerFields:
    """What a certificate and an algorithm put into a SignerInfo, each an encoded element."""

    sid: bytes
    digest_algorithm: bytes
    signature_algorithm: bytes
    signing_certificate: bytes
    """The attribute signing-certificate-v2."""


def signer_fields(certificate_der: bytes, algorithm: SignatureAlgorithm) -> SignerFields:
    """Return the parts of a SignerInfo that do not depend on what is signed."""
    return SignerFields(
        _signer_identifier(certificate_der),
        _digest_algorithm(algorithm.digest_algorithm),
        _signature_algorithm(algorithm),
        _signing_certificate_attribute(certificate_der),
    )


def reserved_size_bytes(certificate_der: bytes, chain_ders: Sequence[bytes], *, timestamp_bytes: int) -> int:
    """Return how many bytes to leave for the CMS: certificates, one signature value and the rest, a time-stamp.

    Args:
        timestamp_bytes: The most that a time-stamp token may take; 0 for none.
    """
    return len(certificate_der) + sum(map(len, chain_ders)) + 2048 + timestamp_bytes


@lru_cache(maxsize=1024)
def _public_key(certificate_der: bytes) -> object:
    return x509.load_der_x509_certificate(certificate_der).public_key()


def check_signature_value(data: bytes, value: bytes, certificate_der: bytes, algorithm: SignatureAlgorithm) -> None:
    """Verify what a key source returned before it goes anywhere.

    Raises:
        SignatureValueWrong: It does not verify with the certificate's key.
    """
    key = _public_key(certificate_der)
    digest = _HASHES[algorithm.digest_algorithm]
    try:
        if algorithm.scheme is SignatureScheme.RSASSA_PKCS1 and isinstance(key, rsa.RSAPublicKey):
            key.verify(value, data, padding.PKCS1v15(), digest)
        elif algorithm.scheme is SignatureScheme.RSASSA_PSS and isinstance(key, rsa.RSAPublicKey):
            key.verify(value, data, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
        elif algorithm.scheme is SignatureScheme.ECDSA and isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(value, data, ec.ECDSA(digest))
        elif algorithm.scheme is SignatureScheme.EDDSA and isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(value, data)
        else:
            raise SignatureValueWrong("the certificate's key is of another kind than the algorithm")
    except InvalidSignature:
        raise SignatureValueWrong("the value returned does not verify against the signing certificate") from None
