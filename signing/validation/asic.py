"""Validation of a container with CAdES or XAdES signatures or a time-stamp: offline, in the child process."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial
from pathlib import Path

from certs.model import Indication, SubIndication
from certs.revocation.model import RevocationEvidence, StatusQuery
from signing.errors.files import ContainerNameUnusable, ContainerUnsafe, SignatureFileUnreadable
from signing.formats.asic.container import Container, open_container
from signing.formats.asic.layout import Layout, read_layout
from signing.formats.asic.manifest import Manifest
from signing.formats.cades.structure import read_signed_data
from signing.formats.mapped import map_file
from signing.validation.asic_xades import container_xml_queries, judge_xml_files
from signing.validation.cades import overall_of, signed_data_queries
from signing.validation.cms import parse_signed_data
from signing.validation.hostile import attempt
from signing.validation.policy import ValidationPolicy
from signing.validation.report import (
    EvidenceNeeds,
    Modifications,
    Reason,
    SignatureReport,
    TimestampReport,
    ValidationReport,
)
from signing.validation.signature import earliest
from signing.validation.signers import SignerContext, embedded_evidence, judge_signers
from signing.validation.timestamps import TokenContext, judge_token
from signing.validation.wording import reason

MAX_QUERIES = 40
MAX_FILES_WITH_EVIDENCE = 64
REFUSALS = (SignatureFileUnreadable, ContainerUnsafe, ContainerNameUnusable)


@dataclass(frozen=True)
class _Opened:
    """One container with what it is judged by."""

    container: Container
    layout: Layout
    policy: ValidationPolicy
    at: datetime

    def digest(self, name: str, algorithm: str) -> bytes | None:
        """Return a file's digest, or None where the file is missing or damaged or the algorithm is none."""
        return attempt(lambda: self.container.digest(name, algorithm), None)


def validate_asic(path: Path, policy: ValidationPolicy, at: datetime) -> ValidationReport:
    """Validate every signature and time-stamp in a container.

    Args:
        path: A file of any content; hostile content gives findings, not exceptions.
        policy: Anchors and evidence. Nothing is fetched.
        at: Validation time, aware.
    Returns:
        The report; a signature is named by its file and its number there, "META-INF/signature.p7s#1".
    Raises:
        OSError: The file cannot be read from disk.
    Source: ETSI EN 319 102-1 V1.3.1, 5; ETSI EN 319 162-1 V1.1.1.
    """
    data = map_file(path)
    signatures: tuple[SignatureReport, ...] = ()
    stamps: tuple[TimestampReport, ...] = ()
    reasons: tuple[Reason, ...]
    try:
        with open_container(path) as container:
            layout = read_layout(container)
            # What one signature or time-stamp brings along may speak about the authority behind another.
            known = policy.evidence.joined(_embedded(container, layout))
            opened = _Opened(container, layout, replace(policy, evidence=known), at)
            archives = _judge_archives(opened)
            signatures = _judge_signatures(opened, archives)
            signatures += judge_xml_files(container, layout, path, opened.policy, at)
            stamps = (*(report for _, report in archives), *_judge_simple_stamps(opened))
            reasons = _container_reasons(opened, signatures)
    except REFUSALS:
        reasons = (reason("container-unusable"),)
    sound = not {one.code for one in reasons} & {"container-unusable"}
    return ValidationReport(
        document_sha256=hashlib.sha256(data).hexdigest(),
        document_size_bytes=len(data),
        validated_at=at,
        overall=overall_of(signatures, readable=sound),
        signatures=signatures,
        document_timestamps=stamps,
        document_reasons=reasons,
    )


def collect_asic_needs(path: Path, anchor_ders: tuple[bytes, ...] = ()) -> EvidenceNeeds:
    """Return whose status must be asked before validate_asic can judge by it. Offline, for the child process."""
    queries: dict[bytes, StatusQuery] = {}
    try:
        with open_container(path) as container:
            layout = read_layout(container)
            for name in (*layout.signatures, *layout.timestamps):
                parts = read_signed_data(container.read(name))
                queries.update({one.certificate_der: one for one in signed_data_queries(parts, anchor_ders)})
            xml_queries = container_xml_queries(container, layout, anchor_ders)
            queries.update({one.certificate_der: one for one in xml_queries})
    except REFUSALS:
        return EvidenceNeeds(())
    return EvidenceNeeds(tuple(queries.values())[:MAX_QUERIES])


def _embedded(container: Container, layout: Layout) -> RevocationEvidence:
    known = RevocationEvidence()
    for name in (*layout.signatures, *layout.timestamps)[:MAX_FILES_WITH_EVIDENCE]:
        found = attempt(lambda one=name: embedded_evidence(read_signed_data(container.read(one))), None)  # type: ignore[misc]
        known = known if found is None else known.joined(found)
    return known


def _judge_signatures(
    opened: _Opened, archives: list[tuple[frozenset[str], TimestampReport]]
) -> tuple[SignatureReport, ...]:
    reports: list[SignatureReport] = []
    for name in opened.layout.signatures:
        covering = tuple(stamp for covered, stamp in archives if name in covered)
        reports += _judge_file(opened, name, covering)
    return tuple(reports)


def _judge_file(opened: _Opened, name: str, covering: tuple[TimestampReport, ...]) -> tuple[SignatureReport, ...]:
    manifest_name = opened.layout.manifest_of(name)
    signed = _signed_name(opened, manifest_name)
    try:
        parts = read_signed_data(opened.container.read(name))
    except SignatureFileUnreadable:
        return (_unsound(name),)
    if signed is None or not parts.detached or not parts.signers:
        return (_unsound(name),)
    digest = cache(partial(opened.digest, signed))
    listed = opened.layout.manifests[manifest_name] if manifest_name else None
    whole = listed is None or frozenset(opened.container.data_names) <= {one.name for one in listed.references}
    context = SignerContext(
        parts, digest, opened.policy, opened.at, name, covers_whole_document=whole, covering=covering
    )
    reports = judge_signers(context)
    problem = _reference_problem(opened, listed) if listed is not None else None
    return reports if problem is None else tuple(_with_problem(one, *problem) for one in reports)


def _signed_name(opened: _Opened, manifest_name: str | None) -> str | None:
    """Return the file over whose bytes a signature must be; None where the container does not say it soundly."""
    layout, data = opened.layout, opened.container.data_names
    if not layout.simple:
        return manifest_name
    single = len(data) == 1 and len(layout.signatures) + len(layout.xml_signatures) == 1
    return data[0] if single and manifest_name is None else None


def _reference_problem(opened: _Opened, manifest: Manifest) -> tuple[Indication, SubIndication, str] | None:
    """Say what is wrong with the files that a manifest lists: another content weighs more than a missing file."""
    missing = False
    for reference in manifest.references:
        if reference.name not in opened.container.names:
            missing = True
        elif reference.digest_algorithm is None:
            return Indication.INDETERMINATE, SubIndication.CRYPTO_CONSTRAINTS_FAILURE, "algorithm-weak"
        elif opened.digest(reference.name, reference.digest_algorithm) != reference.digest:
            return Indication.FAILED, SubIndication.HASH_FAILURE, "content-changed"
    if missing or not manifest.references:
        return Indication.INDETERMINATE, SubIndication.SIGNED_DATA_NOT_FOUND, "signed-file-missing"
    return None


def _with_problem(report: SignatureReport, indication: Indication, sub: SubIndication, code: str) -> SignatureReport:
    if report.indication is Indication.FAILED:
        return report
    changed = sub is SubIndication.HASH_FAILURE
    reasons = (reason(code), *report.reasons[1:])
    intact = False if changed else None if sub is SubIndication.SIGNED_DATA_NOT_FOUND else report.intact
    return replace(report, indication=indication, sub_indication=sub, reasons=reasons, intact=intact)


def _unsound(name: str) -> SignatureReport:
    return SignatureReport(
        field_name=name,
        indication=Indication.FAILED,
        sub_indication=SubIndication.FORMAT_FAILURE,
        reasons=(reason("container-unsound"),),
        intact=None,
        covers_whole_document=False,
        modifications_after=Modifications.NONE,
    )


def _judge_archives(opened: _Opened) -> list[tuple[frozenset[str], TimestampReport]]:
    """Judge the archive time-stamps, newest first, each with the files that it proves to be unchanged since then."""
    judged: list[tuple[frozenset[str], TimestampReport]] = []
    for name in reversed(opened.layout.archives):
        manifest = opened.layout.manifests[name]
        covering = earliest([stamp for covered, stamp in judged if manifest.subject in covered])
        report = _judge_stamp(opened, manifest.subject, name, "archive", covering)
        problem = _reference_problem(opened, manifest)
        if problem is not None:
            report = replace(report, trusted=False, sub_indication=problem[1], fact="a file that it lists has changed")
        judged.append((frozenset({name, *(one.name for one in manifest.references)}), report))
    return judged


def _judge_simple_stamps(opened: _Opened) -> list[TimestampReport]:
    """Judge a time-stamp that stands in an ASiC-S instead of a signature, or over a manifest in an ASiC-E."""
    archived = {opened.layout.manifests[name].subject for name in opened.layout.archives}
    reports = []
    for name in opened.layout.timestamps:
        if name in archived:
            continue
        manifest_name = opened.layout.manifest_of(name)
        data = opened.container.data_names
        signed = manifest_name if not opened.layout.simple else data[0] if len(data) == 1 else None
        if signed is None:
            reports.append(_refused_stamp("container"))
            continue
        report = _judge_stamp(opened, name, signed, "container", None)
        problem = _reference_problem(opened, opened.layout.manifests[signed]) if manifest_name else None
        if problem is not None:
            report = replace(report, trusted=False, sub_indication=problem[1], fact="a file that it lists has changed")
        reports.append(report)
    return reports


def _judge_stamp(
    opened: _Opened, name: str, stamped: str, place: str, covering: TimestampReport | None
) -> TimestampReport:
    token = attempt(lambda: opened.container.read(name), b"")
    signed_data = parse_signed_data(token)
    if signed_data is None:
        return _refused_stamp(place)
    known = opened.policy.evidence
    proved_by = covering.time if covering is not None else None
    context = TokenContext(opened.policy, known, known.certificates_der, opened.at, proved_by)
    return judge_token(signed_data, partial(opened.digest, stamped), place, context)


def _refused_stamp(place: str) -> TimestampReport:
    return TimestampReport(
        place, "", None, False, SubIndication.FORMAT_FAILURE, "the token is malformed or about nothing"
    )


def _container_reasons(opened: _Opened, signatures: tuple[SignatureReport, ...]) -> tuple[Reason, ...]:
    codes = []
    if opened.layout.unreadable:
        codes.append("container-unsound")
    if signatures and not any(one.covers_whole_document for one in signatures):
        codes.append("unsigned-file-in-container")
    return tuple(reason(code) for code in codes)
