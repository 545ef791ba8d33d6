"""The judgement of one signature: format, bytes, later changes, certificate, time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from certs.algorithms import AlgorithmRefusal, AlgorithmUse
from certs.model import Indication, PathResult, Purpose, RevocationStatus, SubIndication
from certs.names import get_names
from certs.oddities import ODDITIES
from certs.revocation.answers import read_status
from certs.revocation.model import RevocationEvidence
from signing.validation.byte_range import RawSignature, digest_of, gap_problem
from signing.validation.cms import (
    MALFORMED,
    CmsFindings,
    check_sha1_inside,
    check_signed_data,
    hash_of,
    parse_signed_data,
)
from signing.validation.evidence_words import evidence_reasons
from signing.validation.hostile import attempt
from signing.validation.modifications import judge_modifications
from signing.validation.pdf_source import FoundSignature, PdfSource
from signing.validation.policy import ValidationPolicy
from signing.validation.report import Modifications, Reason, RevocationReport, SignatureReport, TimestampReport
from signing.validation.timestamps import TokenContext, judge_token
from signing.validation.trust import judge_certificate
from signing.validation.wording import REASON_OF_SUB_INDICATION, reason

PADES_SUBFILTER = "/ETSI.CAdES.detached"
SHA1_SUBFILTER = "/adbe.pkcs7.sha1"
KNOWN_SUBFILTERS = frozenset({PADES_SUBFILTER, "/adbe.pkcs7.detached", SHA1_SUBFILTER})
CLAIM_TOLERANCE = timedelta(hours=24)
CLOCK_TOLERANCE = timedelta(minutes=10)

Verdict = tuple[Indication, SubIndication | None, str]


@dataclass(frozen=True)
class SignatureContext:
    """What a signature is judged by besides itself."""

    policy: ValidationPolicy
    embedded: RevocationEvidence
    document_timestamps: list[tuple[int, TimestampReport]]
    """Each with the offset after the last byte it covers."""
    at: datetime


@dataclass(frozen=True)
class _Bytes:
    """What the bytes alone say."""

    findings: CmsFindings
    gap_problem: str | None
    modifications: Modifications
    covers_whole_document: bool


def judge_signature(source: PdfSource, found: FoundSignature, context: SignatureContext) -> SignatureReport:
    """Judge one signature; whatever the file does, there is a report."""
    broken = SignatureReport(
        field_name=found.field_name,
        indication=Indication.INDETERMINATE,
        sub_indication=SubIndication.GENERIC,
        reasons=(reason("validation-failed"),),
        intact=None,
        covers_whole_document=False,
        modifications_after=Modifications.UNCLEAR,
    )
    return attempt(lambda: _judge(source, found, context), broken)


def _judge(source: PdfSource, found: FoundSignature, context: SignatureContext) -> SignatureReport:
    seen = _look_at_bytes(source, found)
    findings = seen.findings
    evidence = RevocationEvidence(findings.evidence).joined(context.embedded)
    stamps = _judge_timestamps(found, findings, evidence, context)
    proof = earliest([*stamps, *_covering(found.raw, context)])
    best_time = proof.time if proof is not None and proof.time is not None else context.at
    path = _judge_signer(findings, evidence, context, best_time, proof is not None)
    weak = context.policy.algorithms.refusal(findings.algorithms, AlgorithmUse.DOCUMENT, best_time)
    indication, sub, code = _verdict(found, seen, path, weak)
    claimed = findings.claimed_time or found.claimed_time
    report = SignatureReport(
        field_name=found.field_name,
        indication=indication,
        sub_indication=sub,
        reasons=(),
        intact=findings.intact,
        covers_whole_document=seen.covers_whole_document,
        modifications_after=seen.modifications,
        claimed_time=claimed,
        best_signature_time=best_time,
        timestamp_by=None if proof is None else proof.authority_name,
        timestamps=stamps,
        level=_level(found, findings, path, evidence, stamps, context),
        signer_certificate_der=findings.signer_der,
    )
    notes = notes_on(report, proof, context.at)
    refused = weak or (path.algorithm if path is not None else None)
    main = reason(code, time=path.revocation.revoked_at if path is not None else None, refused=refused)
    return with_signer(replace(report, reasons=(main, *notes)), path)


def _look_at_bytes(source: PdfSource, found: FoundSignature) -> _Bytes:
    raw = found.raw
    if raw is None:
        return _Bytes(MALFORMED, "there is no byte range", Modifications.UNCLEAR, False)
    signed_data = parse_signed_data(raw.contents)
    check = check_sha1_inside if found.subfilter == SHA1_SUBFILTER else check_signed_data
    digest = partial(digest_of, source.data, raw.byte_range)
    findings = MALFORMED if signed_data is None else check(signed_data, digest)
    problem = gap_problem(source.data, raw)
    if problem is not None:
        return _Bytes(findings, problem, Modifications.NOT_PERMITTED, False)
    return _Bytes(findings, None, *judge_modifications(source.data, raw, found.embedded))


def _judge_timestamps(
    found: FoundSignature, findings: CmsFindings, evidence: RevocationEvidence, context: SignatureContext
) -> tuple[TimestampReport, ...]:
    covering = earliest(_covering(found.raw, context))
    given = context.policy.evidence
    token_context = TokenContext(
        context.policy,
        given.joined(evidence),
        (*findings.other_ders, *evidence.certificates_der, *given.certificates_der),
        context.at,
        covering.time if covering is not None else None,
    )
    return tuple(
        judge_token(token, lambda algorithm: hash_of(algorithm, findings.signature_value), "signature", token_context)
        for token in findings.tokens
    )


def _covering(raw: RawSignature | None, context: SignatureContext) -> list[TimestampReport]:
    end = raw.end if raw is not None else 0
    return [report for covered_until, report in context.document_timestamps if 0 < end < covered_until]


def earliest(reports: Sequence[TimestampReport]) -> TimestampReport | None:
    """Return the trusted time-stamp that proves the most; None where there is none."""
    trusted = [
        (report.time, index) for index, report in enumerate(reports) if report.trusted and report.time is not None
    ]
    return reports[min(trusted)[1]] if trusted else None


def _judge_signer(
    findings: CmsFindings, evidence: RevocationEvidence, context: SignatureContext, best_time: datetime, proved: bool
) -> PathResult | None:
    if findings.signer_der is None:
        return None
    given = context.policy.evidence
    return judge_certificate(
        findings.signer_der,
        (*findings.other_ders, *evidence.certificates_der, *given.certificates_der),
        context.policy.signer_anchors(),
        given.joined(evidence),
        Purpose.OFFICIAL,
        used_at=best_time,
        proved=proved,
        at=context.at,
        algorithms=context.policy.algorithms,
    )


def _verdict(found: FoundSignature, seen: _Bytes, path: PathResult | None, weak: AlgorithmRefusal | None) -> Verdict:
    """Take the gravest finding: what the bytes say comes before what the certificate says.

    Source: ETSI EN 319 102-1 V1.3.1, 5.3.4: format, certificate, integrity, then X.509 and constraints.
    """
    failed, unsure = Indication.FAILED, Indication.INDETERMINATE
    sub = seen.findings.sub_indication
    if found.raw is not None and found.in_form and found.subfilter not in KNOWN_SUBFILTERS:
        return unsure, SubIndication.GENERIC, "signature-format-unsupported"
    if sub is SubIndication.HASH_FAILURE:
        return failed, sub, "content-changed"
    if sub is SubIndication.SIG_CRYPTO_FAILURE:
        return failed, sub, "value-wrong"
    if sub is SubIndication.FORMAT_FAILURE:
        return failed, sub, "signature-malformed"
    if found.shared:
        return failed, SubIndication.FORMAT_FAILURE, "signature-shared-by-fields"
    if seen.gap_problem is not None:
        return failed, SubIndication.FORMAT_FAILURE, "coverage-unsound"
    if not found.in_form:
        return failed, SubIndication.FORMAT_FAILURE, "signature-not-in-form"
    if seen.modifications is Modifications.NOT_PERMITTED:
        return failed, SubIndication.FORMAT_FAILURE, "changed-after-signing"
    if seen.modifications is Modifications.UNCLEAR:
        return unsure, SubIndication.GENERIC, "changes-unclear"
    return trust_verdict(seen.findings, path, weak)


def trust_verdict(findings: CmsFindings, path: PathResult | None, weak: AlgorithmRefusal | None) -> Verdict:
    """Say what the certificate, and what is left of its algorithms' days, make of a signature whose bytes hold."""
    if findings.sub_indication is not None or path is None:
        missing = SubIndication.NO_SIGNING_CERTIFICATE_FOUND
        return Indication.INDETERMINATE, missing, "signer-certificate-missing"
    if weak is not None:
        return Indication.INDETERMINATE, SubIndication.CRYPTO_CONSTRAINTS_FAILURE, "algorithm-weak"
    if path.passed or path.sub_indication is None:
        return Indication.PASSED, None, "signature-passed"
    return path.indication, path.sub_indication, REASON_OF_SUB_INDICATION.get(path.sub_indication, "chain-unsound")


def _level(
    found: FoundSignature,
    findings: CmsFindings,
    path: PathResult | None,
    evidence: RevocationEvidence,
    stamps: tuple[TimestampReport, ...],
    context: SignatureContext,
) -> str:
    """Name the level by what is really there and holds. Source: ETSI EN 319 142-1 V1.2.1, 6."""
    family = "PAdES-B" if found.subfilter == PADES_SUBFILTER and findings.refers_to_signer else "PKCS7-B"
    covering = [report for report in _covering(found.raw, context) if report.trusted]
    if not covering and not any(stamp.trusted for stamp in stamps):
        return f"{family}-B"
    chain = path.path_der if path is not None else ()
    kept = len(chain) > 1 and any(read_status(item, chain[0], chain[1]) is not None for item in evidence.items)
    if not kept:
        return f"{family}-T"
    return f"{family}-LTA" if covering else f"{family}-LT"


def notes_on(report: SignatureReport, proof: TimestampReport | None, at: datetime) -> tuple[Reason, ...]:
    """Return what else a reader should know about a signature: later changes, and what proves its time."""
    notes = []
    if report.modifications_after is Modifications.PERMITTED:
        notes.append(reason("permitted-changes"))
    if proof is not None:
        notes.append(reason("timestamp-good", time=proof.time))
    elif report.timestamps:
        notes.append(reason("timestamp-unusable"))
    else:
        notes.append(reason("no-timestamp"))
    latest = (proof.time if proof is not None else None) or at
    if report.claimed_time is not None and _implausible(report.claimed_time, latest, proof is not None):
        notes.append(reason("claimed-time-implausible"))
    return tuple(notes)


def _implausible(claimed: datetime, latest: datetime, proved: bool) -> bool:
    return claimed > latest + CLOCK_TOLERANCE or (proved and claimed < latest - CLAIM_TOLERANCE)


def with_signer(report: SignatureReport, path: PathResult | None) -> SignatureReport:
    """Return the report with the names and the status of who signed."""
    der = report.signer_certificate_der
    names = attempt(lambda: get_names(der), None) if der is not None else None
    if names is None:
        return report
    status = path.revocation if path is not None else RevocationStatus("unknown")
    chain = path.path_der if path is not None else ()
    findings = evidence_reasons(path.findings if path is not None else ())
    waived = (reason("revocation-waived"),) if path is not None and path.revocation_waived else ()
    return replace(
        report,
        reasons=(*report.reasons, *waived, *(one for one in findings if one.code in ODDITIES)),
        signer_name=names.display_name,
        organisation=names.organisation,
        role=names.kind,
        chain_names=tuple(attempt(lambda d=d: get_names(d).display_name, "") for d in chain),  # type: ignore[misc]
        revocation=RevocationReport(
            status.status,
            status.source,
            status.this_update,
            status.next_update,
            status.revoked_at,
            tuple(one for one in findings if one.code not in ODDITIES),
        ),
    )
