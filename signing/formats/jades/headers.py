"""The header parameters that make a JWS a JAdES signature. Source: ETSI TS 119 182-1 V1.2.1, 5 and 6.3; RFC 7518, 3."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from signing.errors.files import SignatureFileUnreadable
from signing.formats.jades.encoding import b64url, file_as_b64url, from_b64url, write_json
from signing.model import SignatureAlgorithm

JOSE_NAMES = {
    SignatureAlgorithm.RSA_SHA256: "RS256",
    SignatureAlgorithm.RSA_SHA384: "RS384",
    SignatureAlgorithm.RSA_SHA512: "RS512",
    SignatureAlgorithm.RSASSA_PSS_SHA256: "PS256",
    SignatureAlgorithm.RSASSA_PSS_SHA384: "PS384",
    SignatureAlgorithm.RSASSA_PSS_SHA512: "PS512",
    SignatureAlgorithm.ECDSA_SHA256: "ES256",
    SignatureAlgorithm.ECDSA_SHA384: "ES384",
    SignatureAlgorithm.ECDSA_SHA512: "ES512",
    SignatureAlgorithm.ED25519: "EdDSA",
}
# RFC 9864 gives EdDSA over this curve a name of its own; readers of today know the older one.
ALGORITHMS = {name: algorithm for algorithm, name in JOSE_NAMES.items()} | {"Ed25519": SignatureAlgorithm.ED25519}
BY_URI_HASH = "http://uri.etsi.org/19182/ObjectIdByURIHash"
HASHES = {"S256": "sha256", "S384": "sha384", "S512": "sha512"}
# What a reader here understands when crit demands it.
UNDERSTOOD = frozenset({"b64", "sigD", "sigT"})
SIG_D = "sigD"


@dataclass(frozen=True)
class DetachedObject:
    """One file that is signed by its hash, under a name that means something to whoever verifies."""

    uri: str
    path: Path


def protected_header(
    algorithm: SignatureAlgorithm,
    certificate_der: bytes,
    chain_ders: Sequence[bytes],
    claimed_at: datetime,
    *,
    media_type: str | None = None,
    detached: Sequence[DetachedObject] = (),
) -> str:
    """Return the protected header as base64url.

    The claimed time is iat, which replaces sigT since V1.2.1, so that libraries for plain JWS need not understand it.

    Args:
        media_type: The payload's; None where it is detached.
        detached: The files signed by their hashes; the payload is then empty.
    """
    header: dict[str, Any] = {"alg": JOSE_NAMES[algorithm]}
    if media_type is not None:
        # RFC 7515, 4.1.10: without the prefix, where nothing but the prefix has a slash.
        header["cty"] = media_type.removeprefix("application/")
    header["iat"] = int(claimed_at.timestamp())
    header["x5t#S256"] = b64url(hashlib.sha256(certificate_der).digest())
    header["x5c"] = [base64.b64encode(der).decode("ascii") for der in dict.fromkeys((certificate_der, *chain_ders))]
    if detached:
        header[SIG_D] = _sig_d(detached)
        header["crit"] = [SIG_D]
    return b64url(write_json(header))


def certificates_in(header: dict[str, Any]) -> list[bytes]:
    """Return the certificates of x5c, the signer's first.

    Raises:
        SignatureFileUnreadable: x5c is not what it must be.
    """
    chain = header.get("x5c", [])
    if not isinstance(chain, list) or len(chain) > 16:
        raise SignatureFileUnreadable("x5c is no list of certificates")
    try:
        return [base64.b64decode(one, validate=True) for one in chain]
    except (ValueError, TypeError):
        raise SignatureFileUnreadable("x5c holds something that is no certificate") from None


def names_certificate(header: dict[str, Any], certificate_der: bytes) -> bool:
    """Say whether a header names this certificate by its digest, as a baseline signature must."""
    if "x5t#S256" in header:
        return from_b64url(header["x5t#S256"]) == hashlib.sha256(certificate_der).digest()
    other = header.get("x5t#o")
    if isinstance(other, dict):
        algorithm = HASHES.get(str(other.get("digAlg")))
        return (
            algorithm is not None
            and from_b64url(other.get("digVal")) == hashlib.new(algorithm, certificate_der).digest()
        )
    return False


def claimed_time(header: dict[str, Any]) -> datetime | None:
    """Return the time that the signer claims: iat, or sigT as V1.1.1 had it; None where it makes no sense."""
    issued, stated = header.get("iat"), header.get("sigT")
    try:
        if isinstance(issued, int | float) and not isinstance(issued, bool):
            return datetime.fromtimestamp(issued, UTC)
        if isinstance(stated, str):
            time = datetime.fromisoformat(stated)
            return time if time.tzinfo is not None else None
    except (ValueError, OverflowError, OSError):
        return None
    return None


def signature_stamp(token: bytes) -> dict[str, Any]:
    """Return the entry of etsiU that holds a time-stamp over the signature value. Source: TS 119 182-1, 5.3.4."""
    return {"sigTst": {"tstTokens": [{"val": base64.b64encode(token).decode("ascii")}]}}


def object_hash(path: Path, digest_algorithm: str) -> bytes:
    """Return the digest of a detached file, which is over its base64url. Source: TS 119 182-1 V1.2.1, 5.2.8.3.3."""
    digest = hashlib.new(digest_algorithm)
    for piece in file_as_b64url(path):
        digest.update(piece)
    return digest.digest()


def _sig_d(detached: Sequence[DetachedObject]) -> dict[str, Any]:
    return {
        "mId": BY_URI_HASH,
        "pars": [one.uri for one in detached],
        "hashM": "S256",
        "hashV": [b64url(object_hash(one.path, "sha256")) for one in detached],
    }
