"""Signing files with JAdES: the payload inside the JWS, or files beside it that are signed by their hashes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from signing.errors.files import ContainerFilesUnfit, PayloadTooLarge, SerialisationUnfit, SignedContentDiffers
from signing.files.model import FileSigner, Means, Packaging, SignedFile
from signing.files.signature import all_or_nothing, check_result, imprint_of, measured, needed_tsa, sign_value
from signing.formats.jades.encoding import b64url
from signing.formats.jades.headers import DetachedObject, protected_header, signature_stamp
from signing.formats.jades.structure import (
    Jws,
    JwsSignature,
    Serialisation,
    read_jws_file,
    signing_input,
    with_signatures,
    write_jws,
)
from signing.formats.xml.values import xml_signature_value
from signing.model import Level
from signing.timestamps.base import TimestampAuthority
from signing.validation.jades import validate_jades

# The payload is held in memory, a third larger; beyond this size files are signed by their hashes.
MAX_PAYLOAD_BYTES = 16 * 1024 * 1024


def sign_jades(
    files: Sequence[tuple[str, Path]],
    target: Path,
    signer: FileSigner,
    level: Level,
    packaging: Packaging,
    serialisation: Serialisation,
    means: Means,
    now: datetime,
    *,
    media_type: str = "application/octet-stream",
) -> SignedFile:
    """Write a JAdES signature to target. Whatever fails, there is no target; the key is used at most once.

    Args:
        files: Each with the name or URI under which it is signed; one where it is the payload.
        media_type: The payload's; not used where it is detached.
    Raises:
        SerialisationUnfit: B-T in the compact form, which has no place for a time-stamp; or a level above B-T.
        PayloadTooLarge: More than MAX_PAYLOAD_BYTES to be enclosed.
        ContainerFilesUnfit: No file, a name twice, or several to be enclosed.
        AlgorithmNotAllowed, KeySourceError, TimestampError, ResultUnsound: See signing.files.cades.sign_cades.
    Source: ETSI TS 119 182-1 V1.2.1, 6.3.
    """
    _check_order(files, level, packaging, serialisation)
    tsa = needed_tsa(level, means)
    attached = packaging is Packaging.ATTACHED
    header = _header(signer, now, media_type if attached else None, () if attached else files)
    payload = b64url(files[0][1].read_bytes()) if attached else None
    signature, signed_at = _sign(header, payload or "", signer, tsa, now)
    with all_or_nothing(target):
        target.write_bytes(write_jws(Jws(serialisation, payload, (signature,))))
        _check(target, files, "#1", signer, level, means, now)
        return measured(target, level, signed_at)


def sign_jades_in_parallel(
    jws_file: Path,
    files: Sequence[tuple[str, Path]],
    target: Path,
    signer: FileSigner,
    level: Level,
    means: Means,
    now: datetime,
) -> SignedFile:
    """Add one more signature over the same payload, or the same files; the JWS becomes a general one.

    Args:
        files: Those that are signed by their hashes; not looked at where the payload is in the JWS.
    Raises:
        SignatureFileUnreadable, SerialisationUnfit, SignedContentDiffers: The key was not used.
        AlgorithmNotAllowed, KeySourceError, TimestampError, ResultUnsound: See sign_jades.
    """
    jws = means.confined.run(read_jws_file, jws_file)
    if jws.serialisation is Serialisation.COMPACT or level.has_material:
        raise SerialisationUnfit("the compact form has one signature, and no form here goes above B-T")
    before = means.confined.run(validate_jades, jws_file, dict(files), means.policy, means.checking_time(now))
    if not all(one.intact for one in before.signatures):
        raise SignedContentDiffers("a signature there does not hold over what was given")
    tsa = needed_tsa(level, means)
    header = _header(signer, now, None, files if jws.payload is None else ())
    signature, signed_at = _sign(header, jws.payload or "", signer, tsa, now)
    raised = with_signatures(jws, [*jws.signatures, signature])
    with all_or_nothing(target):
        target.write_bytes(write_jws(raised))
        _check(target, files, f"#{len(raised.signatures)}", signer, level, means, now)
        return replace(measured(target, level, signed_at), number=len(raised.signatures))


def _header(signer: FileSigner, now: datetime, media_type: str | None, files: Sequence[tuple[str, Path]]) -> str:
    return protected_header(
        signer.algorithm,
        signer.certificate_der,
        signer.chain_ders,
        now,
        media_type=media_type,
        detached=[DetachedObject(name, path) for name, path in files],
    )


def _sign(
    header: str, payload: str, signer: FileSigner, tsa: TimestampAuthority | None, now: datetime
) -> tuple[JwsSignature, datetime]:
    """Return the signature and its time: the time-stamp's, or the one that the signer claims."""
    plain = sign_value(signing_input(header, payload), signer, None).value
    # JOSE and XML write ECDSA values the same way (RFC 7518, 3.4).
    signature = JwsSignature(header, xml_signature_value(plain, signer.certificate_der), {})
    if tsa is None:
        return signature, now
    token = tsa.timestamp(imprint_of(b64url(signature.value).encode("ascii")), "sha256")
    return signature.with_unsigned(signature_stamp(token.der)), token.gen_time


def _check_order(
    files: Sequence[tuple[str, Path]], level: Level, packaging: Packaging, serialisation: Serialisation
) -> None:
    if level.has_material:
        raise SerialisationUnfit("JAdES signatures are made at B-B and B-T")
    if level.has_timestamp and serialisation is Serialisation.COMPACT:
        raise SerialisationUnfit("the compact form has no place for a time-stamp; take flattened or general")
    names = [name for name, _ in files]
    if not files or len(set(names)) != len(names):
        raise ContainerFilesUnfit("each file to be signed needs a name of its own")
    if packaging is Packaging.ATTACHED:
        if len(files) != 1:
            raise ContainerFilesUnfit("one file can be the payload; several are signed detached")
        if files[0][1].stat().st_size > MAX_PAYLOAD_BYTES:
            raise PayloadTooLarge(f"a payload has at most {MAX_PAYLOAD_BYTES} bytes; sign larger files detached")


def _check(
    target: Path,
    files: Sequence[tuple[str, Path]],
    name: str,
    signer: FileSigner,
    level: Level,
    means: Means,
    now: datetime,
) -> None:
    report = means.confined.run(validate_jades, target, dict(files), means.policy, means.checking_time(now))
    check_result(report, name, signer.certificate_der, f"JAdES-{level}")
