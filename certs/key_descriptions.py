"""What a signature was made with, as a table of algorithms can be asked about it."""

import re
from dataclasses import dataclass

from asn1crypto import algos, keys

READING_ERRORS = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError)
_FAMILIES = {"rsa": "rsa", "rsassa_pss": "rsa", "dsa": "dsa"}
# These mechanisms leave the digest to whatever surrounds the signature.
_DIGEST_ELSEWHERE = frozenset({"rsassa_pkcs1v15", "rsa", "ecdsa", "dsa"})
_FIXED_BITS = {"ed25519": 256, "ed448": 456}
_CURVE_BITS = re.compile(r"\d{3}")


@dataclass(frozen=True)
class UsedKey:
    """A public key's family and size; bits is 0 where it cannot be told."""

    family: str
    bits: int
    shown: str


@dataclass(frozen=True)
class UsedAlgorithms:
    """Digests by their ASN.1 names (sha256, sha3_256), and the key that signed."""

    digests: tuple[str, ...] = ()
    key: UsedKey | None = None


def describe_key(public_key: keys.PublicKeyInfo) -> UsedKey:
    """Return a key's family and size; one that is malformed or odd has no bits, so that no table accepts it."""
    try:
        return _described(public_key)
    except READING_ERRORS:
        return UsedKey("malformed", 0, "a malformed key")


def algorithms_of(
    mechanism: algos.SignedDigestAlgorithm, public_key: keys.PublicKeyInfo | None, *digests: str
) -> UsedAlgorithms:
    """Return what a signature uses: the mechanism's own digest, the others given, and the key."""
    own = _own_digest(mechanism)
    named = tuple(dict.fromkeys((*(() if own is None else (own,)), *digests)))
    return UsedAlgorithms(named, None if public_key is None else describe_key(public_key))


def shown_digest(name: str) -> str:
    """Return a digest's name as people write it: SHA-1, SHA-256, SHA3-256, MD5."""
    plain = re.sub(r"^sha(?=[125])", "SHA-", name.removesuffix("_len"))
    return plain.upper().replace("SHA-512_", "SHA-512/").replace("_", "-")


def _own_digest(mechanism: algos.SignedDigestAlgorithm) -> str | None:
    try:
        name = str(mechanism["algorithm"].native)
        if name in _DIGEST_ELSEWHERE:
            return None
        if name.startswith("sha3_"):
            return name.rsplit("_", 1)[0]
        return str(mechanism.hash_algo)
    except READING_ERRORS:
        return "an unknown algorithm"


def _described(public_key: keys.PublicKeyInfo) -> UsedKey:
    algorithm = str(public_key.algorithm)
    if algorithm == "ec":
        kind, curve = public_key.curve
        # Parameters written out may describe a curve made for a forgery (CVE-2020-0601).
        bits = _CURVE_BITS.search(str(curve)) if kind == "named" else None
        return UsedKey("ec", int(bits.group()) if bits else 0, f"EC {curve if kind == 'named' else kind}")
    if algorithm in _FIXED_BITS:
        return UsedKey(algorithm, _FIXED_BITS[algorithm], algorithm.capitalize())
    family = _FAMILIES.get(algorithm)
    if family is None:
        return UsedKey(algorithm, 0, f"the key algorithm {algorithm}")
    size_bits = _rsa_bits(public_key) if family == "rsa" else _dsa_bits(public_key)
    return UsedKey(family, size_bits, f"{family.upper()} {size_bits}")


def _rsa_bits(public_key: keys.PublicKeyInfo) -> int:
    # A modulus that was written without its leading zero byte is meant all the same: see signing.validation.keys.
    return int.from_bytes(public_key["public_key"].parsed["modulus"].contents, "big").bit_length()


def _dsa_bits(public_key: keys.PublicKeyInfo) -> int:
    parameters = public_key["algorithm"]["parameters"]
    if parameters.native is not None:
        return int(parameters["p"].native.bit_length())
    # Inherited from the issuer (RFC 3279, 2.3.2): the public value is at most a few bits shorter than the prime.
    return -(-int(public_key["public_key"].parsed.native).bit_length() // 64) * 64
