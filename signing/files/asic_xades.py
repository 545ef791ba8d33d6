"""Signing files together in one container with XAdES: ASiC-S for one file, ASiC-E for any number."""

import dataclasses
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from signing.files.asic import ContainerKind, check_files
from signing.files.model import FileSigner, Means
from signing.files.signature import all_or_nothing, check_result, measured, needed_tsa
from signing.files.xades import xades_signer
from signing.files.xades_completion import PreparedXades, SignedXml, complete_xades
from signing.formats.asic.container import ASIC_E, ASIC_S, Member, write_container
from signing.formats.asic.unpacking import repack
from signing.formats.asic.xml_signatures import (
    CONTENTS,
    EMPTY,
    END,
    FIRST_SIGNATURES,
    PLACE,
    SIMPLE_SIGNATURES,
    ContainerFiles,
    contents,
    mime_type_of,
    plan_xml_signature,
)
from signing.formats.xml.build import begin_signature
from signing.formats.xml.model import DataReference
from signing.formats.xml.references import FilesBeside
from signing.formats.xml.standalone import detached_references, file_reference
from signing.model import Level
from signing.validation.asic import validate_asic
from signing.validation.xml_document import name_of_signature


def sign_asic_xades(
    files: Sequence[tuple[str, Path]],
    target: Path,
    signer: FileSigner,
    kind: ContainerKind,
    level: Level,
    means: Means,
    now: datetime,
) -> SignedXml:
    """Pack files into a new container and sign them together. Whatever fails, there is no target.

    Args:
        files: Each with its name in the container, "/" between folders. They are hashed and copied, never parsed.
        now: Aware; the time that the signer claims.
    Raises:
        ContainerFilesUnfit, ContainerNameUnusable: See sign_asic.
        AlgorithmNotAllowed, KeySourceError, TimestampError, MaterialError, ResultUnsound: See sign_xades_detached.
    Source: ETSI EN 319 162-1 V1.1.1, 4.3.3.2 and 4.4.3.2.
    """
    check_files(files, kind)
    simple = kind is ContainerKind.SIMPLE
    mimetype, name = (ASIC_S, SIMPLE_SIGNATURES) if simple else (ASIC_E, FIRST_SIGNATURES)
    beside = dict(files)
    types = {file: mime_type_of(file) for file in beside}
    references = detached_references(beside, signer.algorithm.digest_algorithm, types)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch, all_or_nothing(target):
        prepared = _prepared(EMPTY + END, references, signer, means, now)
        prepared = dataclasses.replace(prepared, external_file=FilesBeside(beside))
        signature = Path(scratch) / "signatures.xml"
        signed = _sign(prepared, signature, signer, level, means, now)
        # An ASiC-S lists nothing: its one file is what there is.
        listed: list[Member] = [] if simple else [(CONTENTS, contents(mimetype, list(beside)))]
        write_container(target, mimetype, [*files, *listed, (name, signature)])
        return _finish(target, name, signature, signer, signed, means, now)


def sign_in_container_xades(
    container: Path, target: Path, signer: FileSigner, level: Level, means: Means, now: datetime
) -> SignedXml:
    """Add one more signature over the same files; the signatures that are there keep every byte.

    Args:
        container: An ASiC-S or ASiC-E with XAdES, whoever made it; an ASiC-E may also have CAdES.
    Raises:
        SignatureFileUnreadable, ContainerUnsafe, ContainerNameUnusable: The key was not used.
        The rest as for sign_asic_xades.
    """
    planned = means.confined.run(plan_xml_signature, container, signer.algorithm.digest_algorithm)
    references = [file_reference(file, digest, mime_type_of(file)) for file, digest in planned.digests]
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch, all_or_nothing(target):
        prepared = _prepared(planned.data, references, signer, means, now)
        prepared = dataclasses.replace(prepared, place=planned.place, external_file=ContainerFiles(container))
        signature = Path(scratch) / "signatures.xml"
        signed = _sign(prepared, signature, signer, level, means, now)
        means.confined.run(repack, container, target, {planned.name: signature})
        return _finish(target, planned.name, signature, signer, signed, means, now)


def _prepared(
    data: bytes, references: list[DataReference], signer: FileSigner, means: Means, now: datetime
) -> PreparedXades:
    return PreparedXades(data, PLACE, begin_signature(xades_signer(signer, means, now), references))


def _sign(
    prepared: PreparedXades, signature: Path, signer: FileSigner, level: Level, means: Means, now: datetime
) -> SignedXml:
    needed_tsa(level, means)
    value = signer.key.sign(prepared.unfinished.signed_info, signer.algorithm)
    return complete_xades(prepared, value, signature, level, means, now)


def _finish(
    target: Path, name: str, signature: Path, signer: FileSigner, signed: SignedXml, means: Means, now: datetime
) -> SignedXml:
    number = means.confined.run(name_of_signature, signature.read_bytes(), signed.signature_id)
    report = means.confined.run(validate_asic, target, means.policy, means.checking_time(now))
    check_result(report, f"{name}{number}", signer.certificate_der, f"XAdES-{signed.level}")
    made = measured(target, signed.level, signed.signed_at)
    return dataclasses.replace(signed, sha256=made.sha256, size_bytes=made.size_bytes)
