"""Raises the signatures in an XML file, whoever made them: properties are put in, no other byte changes.

A counter-signature is raised by what it countersigns, whose archive time-stamp covers it; a property of its own would
take that time-stamp's ground away. Source: ETSI EN 319 132-1 V1.2.1, 5.3 to 5.5 and 6.3.
"""

from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from certs.model import Indication, SubIndication
from signing.augmentation.base import AugmentationTools
from signing.augmentation.cades import check_raised
from signing.augmentation.subjects import timestamp_subject
from signing.augmentation.xades_subjects import XmlSigner, read_xml_signers
from signing.errors.evidence import AlreadyAtLevel, SignatureBroken
from signing.errors.files import SignedContentMissing
from signing.errors.xml import XmlTooLarge
from signing.formats.material import EvidenceSubject
from signing.formats.xml.addition import find_property_place, plan_archive_stamp, plan_signature_stamp
from signing.formats.xml.parsing import MAX_SIZE_BYTES
from signing.formats.xml.positions import Place, splice
from signing.formats.xml.references import ExternalFile, no_external_file
from signing.formats.xml.text import in_document
from signing.formats.xml.unsigned import (
    archive_timestamp,
    further_material,
    material_properties,
    signature_timestamp,
)
from signing.model import Level
from signing.timestamps.base import TimestampToken
from signing.validation.policy import ValidationPolicy
from signing.validation.report import SignatureReport, ValidationReport
from signing.validation.xml_document import collect_xml_needs, validate_xml

DIGEST_ALGORITHM = "sha256"


def augment_xades(source: Path, target: Path, level: Level, tools: AugmentationTools) -> None:
    """Raise every signature in an XML file; see Augmenter.

    Raises:
        SignedContentMissing: A detached signature; its files are not here.
    """
    if source.stat().st_size > MAX_SIZE_BYTES:
        raise XmlTooLarge(f"the XML is larger than {MAX_SIZE_BYTES} bytes")
    target.write_bytes(raise_xml(source.read_bytes(), no_external_file, level, tools))


def raise_xml(data: bytes, external_file: ExternalFile, level: Level, tools: AugmentationTools) -> bytes:
    """Return an XML file with every signature in it raised. Errors as augment_xades.

    Args:
        external_file: Gives the files that detached signatures refer to; it crosses into the child.
    """
    signers = tools.confined.run(read_xml_signers, data)
    before = _judged(data, external_file, tools)
    _check_raisable(before)
    raising = _Raising(data, external_file, before, signers, tools)
    raising.stamp()
    if level.has_material:
        raising.make_provable()
    if level is Level.B_LTA:
        raising.archive()
    elif raising.data == data:
        raise AlreadyAtLevel("every signature in the XML has this level")
    check_raised(partial(_judged, raising.data, external_file, tools), level, before)
    return raising.data


class _Raising:
    """The file on its way up; every step leaves data as a whole file."""

    def __init__(
        self,
        data: bytes,
        external_file: ExternalFile,
        report: ValidationReport,
        signers: tuple[XmlSigner, ...],
        tools: AugmentationTools,
    ) -> None:
        self.data = data
        self._external_file = external_file
        self._reports = report.signatures
        self._signers = signers
        self._tools = tools
        self._tokens: dict[int, TimestampToken] = {}

    @property
    def _raised(self) -> list[XmlSigner]:
        return [one for one in self._signers if one.under is None]

    def stamp(self) -> None:
        """Give a time-stamp to every signature that has none that is trusted."""
        for one in self._raised:
            if self._reports[one.index].timestamp_by is None:
                plan = self._tools.confined.run(plan_signature_stamp, self.data, one.signature_id, DIGEST_ALGORITHM)
                token = self._tools.tsa.timestamp(plan.imprint, DIGEST_ALGORITHM)
                self._tokens[one.index] = token
                self._put(plan.place, signature_timestamp(token.der))

    def make_provable(self) -> None:
        """Give to every signature the material that it does not hold yet."""
        for one in self._raised:
            material = self._tools.materials.material_for(self._subjects(one), self._tools.clock())
            properties = further_material(material) if one.holds_material else material_properties(material)
            if properties:
                place = self._tools.confined.run(find_property_place, self.data, one.signature_id)
                self._put(place, *properties)

    def archive(self) -> None:
        """Give one more archive time-stamp to every signature."""
        for one in self._raised:
            plan = self._tools.confined.run(
                plan_archive_stamp, self.data, one.signature_id, DIGEST_ALGORITHM, self._external_file
            )
            token = self._tools.tsa.timestamp(plan.imprint, DIGEST_ALGORITHM)
            self._put(plan.place, archive_timestamp(token.der))

    def _put(self, place: Place, *properties: str) -> None:
        self.data = splice(self.data, [place.insertion(in_document("".join(properties)))])

    def _subjects(self, one: XmlSigner) -> list[EvidenceSubject]:
        """Return everyone whose certificate a signature and its counter-signatures rest on, and since when proved."""
        token = self._tokens.get(one.index)
        above = token.gen_time if token is not None else None
        subjects = self._of(one, above)
        for counter in self._signers:
            if counter.under is not None and self._top(counter) == one.index:
                subjects += self._of(counter, _archived_at(self._reports[one.index]))
        return subjects if token is None else [*subjects, timestamp_subject(token.der)]

    def _of(self, one: XmlSigner, otherwise: datetime | None) -> list[EvidenceSubject]:
        report = self._reports[one.index]
        used_at = report.best_signature_time if report.timestamp_by is not None else otherwise
        subjects = [replace(one.signer, proved_at=used_at)]
        for number, authority in enumerate(one.authorities):
            subjects.append(replace(authority, proved_at=_archived_at(report, number)))
        return subjects

    def _top(self, counter: XmlSigner) -> int:
        at = counter
        while at.under is not None:
            at = self._signers[at.under]
        return at.index


def _archived_at(report: SignatureReport, behind: int = -1) -> datetime | None:
    """Return the earliest trusted archive time among those behind a time-stamp of the signature."""
    times = [
        stamp.time
        for number, stamp in enumerate(report.timestamps)
        if number > behind and stamp.place == "archive" and stamp.trusted and stamp.time is not None
    ]
    return min(times, default=None)


def _check_raisable(report: ValidationReport) -> None:
    for found in report.signatures:
        if found.indication is Indication.FAILED:
            raise SignatureBroken(f"the signature {found.field_name} does not hold")
        if found.sub_indication is SubIndication.SIGNED_DATA_NOT_FOUND:
            raise SignedContentMissing(f"the files that the signature {found.field_name} signs are not here")


def _judged(
    data: bytes, external_file: ExternalFile, tools: AugmentationTools, *, offline: bool = False
) -> ValidationReport:
    anchors, at = tuple(tools.anchors()), tools.clock()
    policy = ValidationPolicy(anchors, algorithms=tools.algorithms)
    if not offline:
        ders = tuple(anchor.certificate_der for anchor in anchors)
        needs = tools.confined.run(collect_xml_needs, data, ders)
        policy = replace(policy, evidence=tools.gatherer.gather(needs.queries, at))
    return tools.confined.run(validate_xml, data, external_file, policy, at)
