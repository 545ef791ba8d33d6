"""Signing any file with CAdES: alone, beside signatures that are there, or over one of them."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from signing.augmentation.cades import judge_file, raise_in_place
from signing.files.model import FileSigner, Means, Packaging, SignedFile
from signing.files.signature import all_or_nothing, check_result, measured, needed_tsa, sign_value
from signing.formats.cades.addition import add_counter_signature, add_signer, countersigned_value, parallel_digest
from signing.formats.cades.sign import complete_signer, digest_file, new_signed_data, prepare_signer
from signing.formats.cades.structure import write_signed_data
from signing.formats.mapped import map_file, write_pieces
from signing.model import Level
from signing.validation.cades import validate_cades


def sign_cades(
    source: Path, target: Path, signer: FileSigner, level: Level, packaging: Packaging, means: Means, now: datetime
) -> SignedFile:
    """Write the signature of a file of any kind and size to target.

    The signer's right to sign is the caller's to check before. Whatever fails, there is no target; the key is used
    at most once. The source is hashed and copied, never parsed.

    Args:
        target: A CMS file (DER) with the content inside or not, by packaging.
        now: Aware; the time that the signer claims.
    Raises:
        AlgorithmNotAllowed, TimestampUnavailable, MaterialUnavailable: The key was not used.
        KeySourceError, TimestampError: See sign_value.
        MaterialError: Signed, but not provable; nothing is kept.
        ResultUnsound: What was made does not pass our own check.
    Source: ETSI EN 319 122-1 V1.3.1, 6.3.
    """
    tsa = needed_tsa(level, means)
    algorithm = signer.algorithm
    digest = digest_file(source, algorithm.digest_algorithm)
    prepared = prepare_signer(digest, signer.certificate_der, algorithm, now)
    value = sign_value(prepared.data_to_be_signed, signer, tsa)
    parts = complete_signer(prepared, value.value, value.token_der)
    content = map_file(source) if packaging is Packaging.ATTACHED else None
    data = new_signed_data(content, parts, (signer.certificate_der, *signer.chain_ders))
    with all_or_nothing(target):
        write_pieces(target, write_signed_data(data))
        _finish(target, source, "#1", signer, level, means, now)
        return measured(target, level, value.signed_at(now))


def sign_in_parallel(
    signature: Path,
    content: Path | None,
    target: Path,
    signer: FileSigner,
    level: Level,
    means: Means,
    now: datetime,
) -> SignedFile:
    """Add one more signer over the same content; every signature that is there keeps its bytes.

    Args:
        signature: A CAdES or CMS file, whoever made it. content: The signed file, where it is detached.
    Raises:
        SignatureFileUnreadable, SignedContentMissing, SignedContentDiffers: The key was not used.
        AlgorithmNotAllowed, TimestampError, KeySourceError, ResultUnsound, ConfinementError: See sign_cades.
    """
    tsa = needed_tsa(level, means)
    algorithm = signer.algorithm
    stated = means.confined.run(parallel_digest, signature, content, algorithm.digest_algorithm)
    prepared = prepare_signer(stated.digest, signer.certificate_der, algorithm, now, content_type=stated.content_type)
    value = sign_value(prepared.data_to_be_signed, signer, tsa)
    parts = complete_signer(prepared, value.value, value.token_der)
    certificates = (signer.certificate_der, *signer.chain_ders)
    with all_or_nothing(target):
        name = means.confined.run(add_signer, signature, target, parts, certificates)
        _finish(target, content, name, signer, level, means, now)
        signed = measured(target, level, value.signed_at(now))
        return replace(signed, number=int(name.removeprefix("#")))


def countersign(
    signature: Path,
    content: Path | None,
    target: Path,
    signer: FileSigner,
    level: Level,
    means: Means,
    now: datetime,
    *,
    signer_index: int = 0,
) -> SignedFile:
    """Sign the value of a signature that is there, without changing what it signs.

    Args:
        signer_index: Which signer of the file is signed, from 0.
    Raises:
        SignatureNotFound: There is no such signer. For the rest see sign_in_parallel.
    Source: RFC 5652, 11.4.
    """
    tsa = needed_tsa(level, means)
    algorithm = signer.algorithm
    countersigned = means.confined.run(countersigned_value, signature, signer_index, algorithm.digest_algorithm)
    prepared = prepare_signer(countersigned, signer.certificate_der, algorithm, now, content_type=None)
    value = sign_value(prepared.data_to_be_signed, signer, tsa)
    parts = complete_signer(prepared, value.value, value.token_der)
    certificates = (signer.certificate_der, *signer.chain_ders)
    with all_or_nothing(target):
        name = means.confined.run(add_counter_signature, signature, target, signer_index, parts, certificates)
        _finish(target, content, name, signer, level, means, now)
        return measured(target, level, value.signed_at(now))


def _finish(
    target: Path, content: Path | None, name: str, signer: FileSigner, level: Level, means: Means, now: datetime
) -> None:
    """Make the file provable where the level says so, and let it pass only if our own check finds what was asked."""
    if level.has_material and means.raising is not None:
        raise_in_place(target, content, level, means.raising, judge_file(target, content, means.raising))
    report = means.confined.run(validate_cades, target, content, means.policy, means.checking_time(now))
    check_result(report, name, signer.certificate_der, f"CAdES-{level}")
