"""Signing files together in one container: ASiC-S for one file, ASiC-E for any number, with CAdES inside."""

import dataclasses
import tempfile
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from signing.augmentation.asic import archive_in_place
from signing.errors.files import ContainerFilesUnfit
from signing.files.cades import sign_cades, sign_in_parallel
from signing.files.model import FileSigner, Means, Packaging, SignedFile
from signing.files.signature import all_or_nothing, check_result, measured
from signing.formats.asic.container import ASIC_E, ASIC_S, Member, write_container
from signing.formats.asic.layout import SIMPLE_SIGNATURE
from signing.formats.asic.names import check_distinct, check_name
from signing.formats.asic.unpacking import (
    NewSignature,
    new_signature,
    plan_signature,
    repack,
    unpack_signatures,
)
from signing.formats.cades.sign import digest_file
from signing.model import Level
from signing.validation.asic import validate_asic

DIGEST_ALGORITHM = "sha256"
MAX_FILES = 1_000
_RESERVED = ("mimetype", "META-INF")


class ContainerKind(StrEnum):
    """The two kinds of containers."""

    SIMPLE = "asic-s"
    EXTENDED = "asic-e"


def sign_asic(
    files: Sequence[tuple[str, Path]],
    target: Path,
    signer: FileSigner,
    kind: ContainerKind,
    level: Level,
    means: Means,
    now: datetime,
) -> SignedFile:
    """Pack files into a new container and sign them together. Whatever fails, there is no target.

    Args:
        files: Each with its name in the container, "/" between folders. They are hashed and copied, never parsed.
        now: Aware; the time that the signer claims.
    Raises:
        ContainerFilesUnfit: No file, too many, or several in an ASiC-S.
        ContainerNameUnusable: A name would mean different places on different systems, or is the container's own.
        AlgorithmNotAllowed, KeySourceError, TimestampError, MaterialError, ResultUnsound: See sign_cades.
    Source: ETSI EN 319 162-1 V1.1.1, 4.3.3.2 and 4.4.3.2.
    """
    check_files(files, kind)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch, all_or_nothing(target):
        signature = Path(scratch) / "signature.p7s"
        if kind is ContainerKind.SIMPLE:
            signed = sign_cades(files[0][1], signature, signer, level, Packaging.DETACHED, means, now)
            write_container(target, ASIC_S, [*files, (SIMPLE_SIGNATURE, signature)])
            return _finish(target, f"{SIMPLE_SIGNATURE}#1", signer, signed, level, means, now)
        digests = [(name, digest_file(path, DIGEST_ALGORITHM)) for name, path in files]
        planned = new_signature(digests, DIGEST_ALGORITHM)
        signed = _sign_manifest(planned, signature, signer, level, means, now)
        members: list[Member] = [*files, (planned.manifest_name, planned.manifest)]
        write_container(target, ASIC_E, [*members, (planned.signature_name, signature)])
        return _finish(target, f"{planned.signature_name}#1", signer, signed, level, means, now, archive=True)


def sign_in_container(
    container: Path, target: Path, signer: FileSigner, level: Level, means: Means, now: datetime
) -> SignedFile:
    """Add one more signature over the same files; the signatures that are there keep every byte.

    Args:
        container: An ASiC-S or ASiC-E with CAdES, whoever made it.
    Raises:
        SignatureFileUnreadable, ContainerUnsafe, ContainerNameUnusable, SignedContentDiffers: The key was not used.
        The rest as for sign_asic.
    """
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch, all_or_nothing(target):
        folder = Path(scratch)
        signature = folder / "signature.p7s"
        planned = means.confined.run(plan_signature, container, DIGEST_ALGORITHM)
        if planned is None:
            (there,) = means.confined.run(unpack_signatures, container, folder).signatures
            signed = sign_in_parallel(there.signature, there.content, signature, signer, level, means, now)
            means.confined.run(repack, container, target, {there.name: signature})
            name = f"{there.name}#{signed.number}"
            return _finish(target, name, signer, signed, level, means, now)
        manifest = folder / "manifest.xml"
        signed = _sign_manifest(planned, signature, signer, level, means, now)
        manifest.write_bytes(planned.manifest)
        added = {planned.manifest_name: manifest, planned.signature_name: signature}
        means.confined.run(repack, container, target, added)
        return _finish(target, f"{planned.signature_name}#1", signer, signed, level, means, now, archive=True)


def _sign_manifest(
    planned: NewSignature, signature: Path, signer: FileSigner, level: Level, means: Means, now: datetime
) -> SignedFile:
    manifest = signature.with_name("signed-manifest.xml")
    manifest.write_bytes(planned.manifest)
    # At B-LTA the container's archive time-stamp covers the signature, which itself stays at B-LT.
    inner = Level.B_LT if level is Level.B_LTA else level
    return sign_cades(manifest, signature, signer, inner, Packaging.DETACHED, means, now)


def _finish(
    target: Path,
    name: str,
    signer: FileSigner,
    signed: SignedFile,
    level: Level,
    means: Means,
    now: datetime,
    *,
    archive: bool = False,
) -> SignedFile:
    if archive and level is Level.B_LTA and means.raising is not None:
        archive_in_place(target, means.raising)
    report = means.confined.run(validate_asic, target, means.policy, means.checking_time(now))
    check_result(report, name, signer.certificate_der, f"CAdES-{level}")
    return dataclasses.replace(measured(target, level, signed.signed_at), number=signed.number)


def check_files(files: Sequence[tuple[str, Path]], kind: ContainerKind) -> None:
    """See that files fit into one container; errors as sign_asic."""
    if not 1 <= len(files) <= MAX_FILES:
        raise ContainerFilesUnfit(f"a container takes from 1 to {MAX_FILES} files")
    if kind is ContainerKind.SIMPLE and len(files) != 1:
        raise ContainerFilesUnfit("an ASiC-S holds one file; several go into an ASiC-E")
    for name, _ in files:
        check_name(name)
    check_distinct([*(name for name, _ in files), *_RESERVED])
