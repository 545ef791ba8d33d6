"""Raises the CAdES signatures in a container, whoever made it. Source: ETSI EN 319 162-1 V1.1.1, 5.3 (table of levels).

In an ASiC-S the signature itself is archived; in an ASiC-E one archive manifest with its time-stamp covers all files.
"""

import tempfile
from functools import partial
from pathlib import Path

from certs.model import Indication
from signing.augmentation.base import AugmentationTools
from signing.augmentation.cades import DIGEST_ALGORITHM, check_raised, judge_file, raise_in_place
from signing.augmentation.subjects import timestamp_subject
from signing.errors.evidence import AlreadyAtLevel, SignatureBroken
from signing.formats.asic.archive import newest_stamp, plan_archive, write_archive
from signing.formats.asic.unpacking import Unpacked, extract_one, repack, unpack_signatures
from signing.formats.cades.raising import add_material
from signing.model import Level
from signing.validation.asic import collect_asic_needs, validate_asic
from signing.validation.policy import ValidationPolicy
from signing.validation.report import ValidationReport


def augment_asic(source: Path, target: Path, level: Level, tools: AugmentationTools) -> None:
    """Raise every CAdES signature in a container; see Augmenter."""
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        folder = Path(scratch)
        unpacked = tools.confined.run(unpack_signatures, source, folder)
        before = judge_container(source, tools)
        broken = next((found for found in before.signatures if found.indication is Indication.FAILED), None)
        if broken is not None:
            raise SignatureBroken(f"the signature {broken.field_name} does not hold")
        if unpacked.archived and level is not Level.B_LTA:
            raise AlreadyAtLevel("archive time-stamps cover all that is in the container")
        archives = level is Level.B_LTA and not unpacked.simple
        files = {} if unpacked.archived else _raised(unpacked, Level.B_LT if archives else level, tools)
        if not files and not archives:
            raise AlreadyAtLevel("every signature in the container has this level")
        try:
            tools.confined.run(repack, source, target, files)
            if archives:
                archive_in_place(target, tools)
            check_raised(partial(judge_container, target, tools), level, before)
        except BaseException:
            target.unlink(missing_ok=True)
            raise


def archive_in_place(path: Path, tools: AugmentationTools) -> None:
    """Give a container of ours, or a copy, one more archive time-stamp, with the material for the one before.

    Raises:
        MaterialError, TimestampError: What is needed from others was not had; the file is then not to be used.
    """
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        folder = Path(scratch)
        previous = tools.confined.run(newest_stamp, path)
        if previous is not None:
            _make_stamp_provable(path, previous, folder, tools)
        plan = tools.confined.run(plan_archive, path, DIGEST_ALGORITHM)
        token = tools.tsa.timestamp(plan.imprint, DIGEST_ALGORITHM)
        tools.confined.run(write_archive, path, folder / "archived", plan, token.der)
        (folder / "archived").replace(path)


def judge_container(path: Path, tools: AugmentationTools, *, offline: bool = False) -> ValidationReport:
    """Validate with the anchors in force; offline asks nobody, so that only what the container holds counts."""
    anchors, at = tuple(tools.anchors()), tools.clock()
    policy = ValidationPolicy(anchors, algorithms=tools.algorithms)
    if not offline:
        needs = tools.confined.run(collect_asic_needs, path, tuple(anchor.certificate_der for anchor in anchors))
        policy = ValidationPolicy(anchors, tools.gatherer.gather(needs.queries, at), tools.algorithms)
    return tools.confined.run(validate_asic, path, policy, at)


def _raised(unpacked: Unpacked, level: Level, tools: AugmentationTools) -> dict[str, Path]:
    """Raise each signature file by itself and return those that changed."""
    changed: dict[str, Path] = {}
    for one in unpacked.signatures:
        before = judge_file(one.signature, one.content, tools)
        try:
            raise_in_place(one.signature, one.content, level, tools, before)
        except AlreadyAtLevel:
            continue
        changed[one.name] = one.signature
    return changed


def _make_stamp_provable(path: Path, name: str, folder: Path, tools: AugmentationTools) -> None:
    """Put what proves a time-stamp into its own token, before the next time-stamp covers it."""
    token = folder / "token"
    tools.confined.run(extract_one, path, name, token)
    subject = tools.confined.run(timestamp_subject, token.read_bytes())
    material = tools.materials.material_for([subject], tools.clock())
    tools.confined.run(add_material, token, folder / "provable", material)
    tools.confined.run(repack, path, folder / "repacked", {name: folder / "provable"})
    (folder / "repacked").replace(path)
