"""Raises the signatures in a CAdES file, whoever made them. Source: ETSI EN 319 122-1 V1.3.1, 6.3."""

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from certs.model import Indication
from signing.augmentation.base import AugmentationTools
from signing.augmentation.cades_subjects import Party, read_parties
from signing.errors.evidence import AlreadyAtLevel, AugmentationNotGood, SignatureBroken
from signing.formats.cades.raising import (
    add_archive_stamps,
    add_material,
    add_signature_stamps,
    archive_orders,
    signature_values,
)
from signing.formats.material import EvidenceSubject
from signing.model import Level
from signing.validation.cades import collect_cades_needs, validate_cades
from signing.validation.policy import ValidationPolicy
from signing.validation.report import SignatureReport, TimestampReport, ValidationReport
from signing.validation.signers import is_counter_signature

DIGEST_ALGORITHM = "sha256"


def augment_cades(
    source: Path, target: Path, level: Level, tools: AugmentationTools, content: Path | None = None
) -> None:
    """Raise every signature in a CAdES file; see Augmenter.

    Args:
        content: The signed file of a detached signature. B-LTA cannot be reached without it; below, the signature's
            relation to the file is then left to whoever has it.
    Raises:
        SignedContentMissing: For B-LTA, the signature is detached and content is None.
    """
    tools.confined.run(read_parties, source)
    before = judge_file(source, content, tools)
    broken = next((found for found in before.signatures if found.indication is Indication.FAILED), None)
    if broken is not None:
        raise SignatureBroken(f"the signature {broken.field_name} does not hold")
    shutil.copyfile(source, target)
    try:
        raise_in_place(target, content, level, tools, before)
        check_raised(partial(judge_file, target, content, tools), level, before)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def raise_in_place(
    path: Path, content: Path | None, level: Level, tools: AugmentationTools, before: ValidationReport
) -> None:
    """Raise a file of ours, or a copy, at its place. Errors as Augmenter's; the file is then not to be used."""
    unstamped = [
        number
        for number, found in enumerate(one for one in before.signatures if not is_counter_signature(one.field_name))
        if found.timestamp_by is None
    ]
    if unstamped:
        _stamp(path, unstamped, tools)
    elif level is Level.B_T:
        raise AlreadyAtLevel("every signature has a time-stamp that is trusted")
    if not level.has_material:
        return
    report = judge_file(path, content, tools) if unstamped else before
    subjects = _subjects(tools.confined.run(read_parties, path), report)
    material = tools.materials.material_for(subjects, tools.clock())
    with _beside(path) as raised:
        changed = tools.confined.run(add_material, path, raised, material)
        raised.replace(path)
    if level is Level.B_LTA:
        _archive(path, content, tools)
    elif not changed and not unstamped:
        raise AlreadyAtLevel("the file holds all that proves its signatures")


def judge_file(
    path: Path, content: Path | None, tools: AugmentationTools, *, offline: bool = False
) -> ValidationReport:
    """Validate with the anchors in force; offline asks nobody, so that only what the file holds counts."""
    anchors, at = tuple(tools.anchors()), tools.clock()
    policy = ValidationPolicy(anchors, algorithms=tools.algorithms)
    if not offline:
        needs = tools.confined.run(collect_cades_needs, path, tuple(anchor.certificate_der for anchor in anchors))
        policy = ValidationPolicy(anchors, tools.gatherer.gather(needs.queries, at), tools.algorithms)
    return tools.confined.run(validate_cades, path, content, policy, at)


def check_raised(judge: Callable[..., ValidationReport], level: Level, before: ValidationReport) -> None:
    """Let the result pass only if no signature is worse off and each has its level, from B-LT on by the file alone.

    Only the newest archive time-stamp may need an answer from outside: its authority may be another than that of
    the stamps before, and nothing can be put under a time-stamp once it is made.
    Counter-signatures are made provable, but raising them is their own signers' business.

    Args:
        judge: Validates the result; takes offline.
    Raises:
        AugmentationNotGood: Anything else.
    """
    after = judge(offline=level.has_material)
    signers = [one for one in after.signatures if not is_counter_signature(one.field_name)]
    if level is Level.B_LTA and not all(reaches(one, level) for one in signers):
        after = judge(offline=False)
    for old, new in zip(before.signatures, after.signatures, strict=True):
        if is_counter_signature(new.field_name):
            continue
        worse = new.indication is not Indication.PASSED and (level.has_material or old.indication is Indication.PASSED)
        unread = new.intact is None and old.intact is None and new.sub_indication == old.sub_indication
        if (worse and not unread) or new.indication is Indication.FAILED or not reaches(new, level):
            words = f"{new.indication}/{new.sub_indication} at {new.level}"
            raise AugmentationNotGood(f"the signature {new.field_name} is {words}, not good at {level}")


def reaches(found: SignatureReport, level: Level) -> bool:
    """Say whether a signature has a level or a higher one."""
    reached = (found.level or "").partition("-B-")[2]
    levels = tuple(Level)
    return any(reached == one.value.removeprefix("B-") for one in levels[levels.index(level) :])


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    raised = path.with_name(f"{path.name}.raised")
    try:
        yield raised
    finally:
        raised.unlink(missing_ok=True)


def _stamp(path: Path, unstamped: Sequence[int], tools: AugmentationTools) -> None:
    values = tools.confined.run(signature_values, path)
    tokens = {
        number: tools.tsa.timestamp(hashlib.sha256(values[number]).digest(), DIGEST_ALGORITHM).der
        for number in unstamped
    }
    with _beside(path) as raised:
        tools.confined.run(add_signature_stamps, path, raised, tokens)
        raised.replace(path)


def _archive(path: Path, content: Path | None, tools: AugmentationTools) -> None:
    orders = tools.confined.run(archive_orders, path, content, DIGEST_ALGORITHM)
    stamps = tuple((order, tools.tsa.timestamp(order.imprint, DIGEST_ALGORITHM).der) for order in orders)
    with _beside(path) as raised:
        tools.confined.run(add_archive_stamps, path, raised, stamps)
        raised.replace(path)


def _subjects(parties: Sequence[Party], report: ValidationReport) -> list[EvidenceSubject]:
    """Return everyone whose certificate must be provable, with the time at which a time-stamp proves its use."""
    found: list[EvidenceSubject] = []
    reports = {one.field_name: one for one in report.signatures}
    for party in parties:
        judged = reports.get(party.name)
        if judged is None:
            continue
        used_at = judged.best_signature_time if judged.timestamp_by else None
        found.append(replace(party.signer, proved_at=used_at))
        stamps = judged.timestamps
        found += [
            replace(authority, proved_at=_proved_later(stamps, number))
            for number, authority in enumerate(party.authorities[: len(stamps)])
        ]
    return found


def _proved_later(stamps: Sequence[TimestampReport], number: int) -> datetime | None:
    """Return when a trusted archive time-stamp that came later covers this one."""
    later = [stamp for stamp in stamps[number + 1 :] if stamp.place == "archive" and stamp.trusted]
    return min((stamp.time for stamp in later if stamp.time is not None), default=None)
