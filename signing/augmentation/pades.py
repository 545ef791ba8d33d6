"""Raises the signatures in a PDF, whoever made them.

A signature without a time-stamp of its own is raised to B-T by a document time-stamp: nothing inside a signature that
others may have made is touched. Source: ETSI EN 319 142-1 V1.2.1, 5.4.3, 6.3 (signature-time-stamp or DocTimeStamp).
"""

import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from certs.model import Indication
from signing.augmentation.base import AugmentationTools
from signing.augmentation.pades_revisions import StampedRevision, add_document_timestamp, add_material
from signing.augmentation.pades_subjects import SignedPlace, read_signed_places
from signing.augmentation.subjects import timestamp_subject
from signing.errors.evidence import AlreadyAtLevel, AugmentationNotGood, SignatureBroken
from signing.formats.material import EvidenceSubject, ValidationMaterial
from signing.formats.pdf.long_term import SignatureMaterial
from signing.model import Level
from signing.validation.document import collect_evidence_needs, validate_pdf
from signing.validation.policy import ValidationPolicy
from signing.validation.report import SignatureReport, ValidationReport

_NOTHING = ValidationMaterial()
_FROM = {level: tuple(Level)[tuple(Level).index(level) :] for level in Level}


def augment_pdf(source: Path, target: Path, level: Level, tools: AugmentationTools) -> None:
    """Raise every signature in a PDF; see Augmenter."""
    places = tools.confined.run(read_signed_places, source, tools.password)
    before = _judged(source, tools)
    broken = next((found for found in before.signatures if found.indication is Indication.FAILED), None)
    if broken is not None:
        raise SignatureBroken(f"the signature in {broken.field_name or 'no field'} does not hold")
    shutil.copyfile(source, target)
    stamped = None
    if any(found.timestamp_by is None for found in before.signatures):
        stamped = add_document_timestamp(target, (), tools.tsa, tools.confined, tools.password)
    if level is Level.B_T:
        if stamped is None:
            raise AlreadyAtLevel("every signature has a time-stamp that is trusted")
    else:
        _make_provable(target, level, _Proofs(places, before, stamped), tools)
    _check_raised(target, level, before, tools)


class _Proofs:
    """Who stands behind each signature and time-stamp, and since when that is proved."""

    def __init__(
        self, places: tuple[SignedPlace, ...], report: ValidationReport, stamped: StampedRevision | None
    ) -> None:
        self._places = places
        self.stamped = stamped
        stamps = [place for place in places if place.is_timestamp]
        self._trusted = [
            (place.end, found.time)
            for place, found in zip(stamps, report.document_timestamps, strict=True)
            if found.trusted and found.time is not None
        ]
        self._best = {found.field_name: found.best_signature_time for found in report.signatures if found.timestamp_by}

    def subjects(self) -> list[tuple[str, tuple[EvidenceSubject, ...]]]:
        """Return field by field everyone whose certificate has to be provable."""
        found = [(place.field_name, self._of(place)) for place in self._places]
        if self.stamped is not None:
            found.append((self.stamped.field_name, (timestamp_subject(self.stamped.token.der),)))
        return found

    def _of(self, place: SignedPlace) -> tuple[EvidenceSubject, ...]:
        covered = self._covered_at(place.end)
        used_at = covered if place.is_timestamp else self._best.get(place.field_name) or covered
        signer = replace(place.signer, proved_at=used_at)
        return (signer, *(replace(authority, proved_at=covered) for authority in place.authorities))

    def _covered_at(self, end: int) -> datetime | None:
        times = [time for covered_until, time in self._trusted if covered_until > end]
        new = [] if self.stamped is None else [self.stamped.token.gen_time]
        return min([*times, *new], default=None)


def _make_provable(target: Path, level: Level, proofs: _Proofs, tools: AugmentationTools) -> None:
    gatherer, now = tools.materials, tools.clock()
    gathered = [(field_name, gatherer.material_for(subjects, now)) for field_name, subjects in proofs.subjects()]
    materials = [SignatureMaterial(field_name, found) for field_name, found in gathered if found != _NOTHING]
    if level is Level.B_LTA:
        add_document_timestamp(target, materials, tools.tsa, tools.confined, tools.password)
    elif materials or proofs.stamped is not None:
        add_material(target, materials, tools.confined, tools.password)
    else:
        raise AlreadyAtLevel("the document holds all that proves its signatures")


def _judged(path: Path, tools: AugmentationTools, *, offline: bool = False) -> ValidationReport:
    anchors, at = tuple(tools.anchors()), tools.clock()
    policy = ValidationPolicy(anchors, algorithms=tools.algorithms)
    if not offline:
        ders = tuple(anchor.certificate_der for anchor in anchors)
        needs = tools.confined.run(collect_evidence_needs, path, ders, tools.password)
        policy = replace(policy, evidence=tools.gatherer.gather(needs.queries, at))
    return tools.confined.run(validate_pdf, path, policy, at, tools.password)


def _check_raised(target: Path, level: Level, before: ValidationReport, tools: AugmentationTools) -> None:
    """Let the result pass only if no signature is worse off, and from B-LT on each proves itself by the file alone."""
    after = _judged(target, tools, offline=level.has_material)
    for old, new in zip(before.signatures, after.signatures, strict=True):
        worse = new.indication is not Indication.PASSED and (level.has_material or old.indication is Indication.PASSED)
        if worse or new.indication is Indication.FAILED or not _reaches(new, level):
            words = f"{new.indication}/{new.sub_indication} at {new.level}"
            raise AugmentationNotGood(f"the signature in {new.field_name} is {words}, not good at {level}")


def _reaches(found: SignatureReport, level: Level) -> bool:
    reached = (found.level or "").partition("-B-")[2]
    return any(reached == one.value.removeprefix("B-") for one in _FROM[level])
