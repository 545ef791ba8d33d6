"""Signs with a key in a token: which mechanism, over what, and in which shape the value comes back.

Source: PKCS#11 (OASIS) 2.40 and 3.0, current mechanisms; RFC 8017, 9.2; RFC 3279, 2.2.3.
"""

import hashlib
from typing import Any

import pkcs11
from pkcs11 import Mechanism
from pkcs11 import exceptions as p11
from pkcs11.util.ec import encode_ecdsa_signature

from signing.errors.keys import KeySourceUnavailable
from signing.key_sources.quirks import TokenQuirks
from signing.model import SignatureAlgorithm, SignatureScheme

# DigestInfo up to the digest itself. Source: RFC 8017, 9.2, note 1.
_DIGEST_INFO = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}
_PSS_PARTS = {
    "sha256": (Mechanism.SHA256, pkcs11.MGF.SHA256),
    "sha384": (Mechanism.SHA384, pkcs11.MGF.SHA384),
    "sha512": (Mechanism.SHA512, pkcs11.MGF.SHA512),
}
_BARE = {
    SignatureScheme.RSASSA_PKCS1: Mechanism.RSA_PKCS,
    SignatureScheme.RSASSA_PSS: Mechanism.RSA_PKCS_PSS,
    SignatureScheme.ECDSA: Mechanism.ECDSA,
}
# Those that hash in the token, by scheme and digest.
_HASHING = {
    (SignatureScheme.RSASSA_PKCS1, "sha256"): Mechanism.SHA256_RSA_PKCS,
    (SignatureScheme.RSASSA_PKCS1, "sha384"): Mechanism.SHA384_RSA_PKCS,
    (SignatureScheme.RSASSA_PKCS1, "sha512"): Mechanism.SHA512_RSA_PKCS,
    (SignatureScheme.RSASSA_PSS, "sha256"): Mechanism.SHA256_RSA_PKCS_PSS,
    (SignatureScheme.RSASSA_PSS, "sha384"): Mechanism.SHA384_RSA_PKCS_PSS,
    (SignatureScheme.RSASSA_PSS, "sha512"): Mechanism.SHA512_RSA_PKCS_PSS,
    (SignatureScheme.ECDSA, "sha256"): Mechanism.ECDSA_SHA256,
    (SignatureScheme.ECDSA, "sha384"): Mechanism.ECDSA_SHA384,
    (SignatureScheme.ECDSA, "sha512"): Mechanism.ECDSA_SHA512,
}
_KEY_TYPES = {
    SignatureScheme.RSASSA_PKCS1: pkcs11.KeyType.RSA,
    SignatureScheme.RSASSA_PSS: pkcs11.KeyType.RSA,
    SignatureScheme.ECDSA: pkcs11.KeyType.EC,
    SignatureScheme.EDDSA: pkcs11.KeyType.EC_EDWARDS,
}


def sign_in_token(key: Any, algorithm: SignatureAlgorithm, data: bytes, quirks: TokenQuirks, pin: str | None) -> bytes:
    """Return the signature value over data with C_Sign; ECDSA as DER.

    Args:
        key: A private key of python-pkcs11.
        pin: Goes to the token once more right before this use, where the key wants that.
    Raises:
        KeySourceUnavailable: The key is of another kind than the algorithm.
        PKCS11Error: What the token reports.
    """
    scheme, digest_name = algorithm.scheme, algorithm.digest_algorithm
    if key.key_type != _KEY_TYPES[scheme]:
        raise KeySourceUnavailable(f"the key cannot sign with {algorithm}")
    asked: dict[str, Any] = {} if pin is None else {"pin": pin}
    if scheme is SignatureScheme.EDDSA:
        return bytes(key.sign(data, mechanism=Mechanism.EDDSA, **asked))
    digest = hashlib.new(digest_name, data).digest()
    if scheme is SignatureScheme.RSASSA_PSS:
        asked["mechanism_param"] = (*_PSS_PARTS[digest_name], len(digest))
    if quirks.hashing == "token":
        value = bytes(key.sign(data, mechanism=_HASHING[scheme, digest_name], **asked))
    else:
        # Hashing here and not in the token: nearly every token knows the bare mechanisms.
        signed = _DIGEST_INFO[digest_name] + digest if scheme is SignatureScheme.RSASSA_PKCS1 else digest
        value = bytes(key.sign(signed, mechanism=_BARE[scheme], **asked))
    if scheme is SignatureScheme.ECDSA and quirks.ecdsa_value == "raw":
        return bytes(encode_ecdsa_signature(value))
    return value


def wants_authorising(key: Any) -> bool:
    """Say whether a key wants its PIN before each use; one that says nothing does not."""
    try:
        return bool(key[pkcs11.Attribute.ALWAYS_AUTHENTICATE])
    except (p11.AttributeTypeInvalid, p11.AttributeSensitive, p11.FunctionNotSupported, KeyError, TypeError):
        return False
