"""Validation of a PDF: offline, in the child process, on bytes that nobody vouches for."""

from datetime import datetime
from functools import partial
from pathlib import Path

from certs.model import Indication
from certs.revocation.addresses import build_status_queries
from certs.revocation.model import RevocationEvidence, StatusQuery
from signing.validation.byte_range import digest_of, gap_problem
from signing.validation.cms import MALFORMED, CmsFindings, check_signed_data, check_token, parse_signed_data
from signing.validation.hostile import attempt
from signing.validation.pdf_source import FoundSignature, PdfSource, open_pdf, read_dss
from signing.validation.policy import ValidationPolicy
from signing.validation.report import EvidenceNeeds, Overall, SignatureReport, TimestampReport, ValidationReport
from signing.validation.signature import SignatureContext, judge_signature
from signing.validation.timestamps import TokenContext, judge_token
from signing.validation.wording import reason

MAX_QUERIES = 40


def validate_pdf(path: Path, policy: ValidationPolicy, at: datetime, password: str | None = None) -> ValidationReport:
    """Validate every signature in a file against a policy.

    Args:
        path: A file of any content; hostile content gives findings, not exceptions.
        policy: Anchors and evidence. Nothing is fetched.
        at: Validation time, aware.
        password: Opens the file, if it is encrypted.
    Returns:
        The report. NO_SIGNATURE for a readable file without one; a file that cannot be read is INDETERMINATE.
    Raises:
        OSError: The file cannot be read from disk.
        MemoryError: The limit of this process does not suffice for it.
    Source: ETSI EN 319 102-1 V1.3.1, 5; ETSI EN 319 142-1 V1.2.1.
    """
    with open_pdf(path, password) as source:
        embedded = read_dss(source.reader)
        timestamps = _judge_document_timestamps(source, policy, embedded, at)
        signatures = tuple(
            judge_signature(source, found, SignatureContext(policy, embedded, timestamps, at))
            for found in source.signatures
            if not found.is_timestamp
        )
        return ValidationReport(
            document_sha256=source.sha256,
            document_size_bytes=len(source.data),
            validated_at=at,
            overall=_overall(source, signatures),
            signatures=signatures,
            document_timestamps=tuple(report for _, report in sorted(timestamps, key=lambda pair: pair[0])),
            document_reasons=tuple(reason(code) for code in dict.fromkeys(source.reason_codes)),
        )


def collect_evidence_needs(
    path: Path, anchor_ders: tuple[bytes, ...] = (), password: str | None = None
) -> EvidenceNeeds:
    """Return whose status must be asked before validate_pdf can judge by it. Offline, for the child process.

    Args:
        anchor_ders: The installed anchors: issuers to ask about with, and where to stop.
        password: Opens the file, if it is encrypted.
    Raises:
        OSError, MemoryError: As validate_pdf.
    """
    queries: dict[bytes, StatusQuery] = {}
    with open_pdf(path, password) as source:
        pool = read_dss(source.reader).certificates_der
        for found in source.signatures:
            for findings in _signed_data_in(found):
                for query in _queries(findings, pool, anchor_ders):
                    known = queries.get(query.certificate_der)
                    if known is None or (known.issuer_der is None and query.issuer_der is not None):
                        queries[query.certificate_der] = query
    return EvidenceNeeds(tuple(queries.values())[:MAX_QUERIES])


def _queries(findings: CmsFindings, pool: tuple[bytes, ...], anchor_ders: tuple[bytes, ...]) -> tuple[StatusQuery, ...]:
    signer = findings.signer_der
    if signer is None:
        return ()
    return attempt(lambda: build_status_queries(signer, (*findings.other_ders, *pool), anchor_ders), ())


def _signed_data_in(found: FoundSignature) -> list[CmsFindings]:
    """Return who signed: the signature and the time-stamps inside it; whether they hold does not matter here."""
    signed_data = parse_signed_data(found.raw.contents) if found.raw is not None else None
    if signed_data is None:
        return []
    if found.is_timestamp:
        return [check_token(signed_data)[0]]
    findings = check_signed_data(signed_data, lambda _: b"")
    return [findings, *(check_token(token)[0] for token in findings.tokens)]


def _judge_document_timestamps(
    source: PdfSource, policy: ValidationPolicy, embedded: RevocationEvidence, at: datetime
) -> list[tuple[int, TimestampReport]]:
    """Judge the newest first: each that holds proves that what it covers existed at its time."""
    judged: list[tuple[int, TimestampReport]] = []
    proved_by: datetime | None = None
    stamps = [found for found in source.signatures if found.is_timestamp]
    for found in sorted(stamps, key=lambda f: f.raw.end if f.raw is not None else 0, reverse=True):
        context = TokenContext(
            policy,
            policy.evidence.joined(embedded),
            (*embedded.certificates_der, *policy.evidence.certificates_der),
            at,
            proved_by,
        )
        report = _judge_document_timestamp(source, found, context)
        judged.append((found.raw.end if found.raw is not None else 0, report))
        if report.trusted and report.time is not None:
            proved_by = min(report.time, proved_by or report.time)
    return judged


def _judge_document_timestamp(source: PdfSource, found: FoundSignature, context: TokenContext) -> TimestampReport:
    raw = found.raw
    signed_data = parse_signed_data(raw.contents) if raw is not None else None
    unsound = raw is None or not found.in_form or found.shared or gap_problem(source.data, raw) is not None
    if raw is None or signed_data is None or unsound:
        sub = MALFORMED.sub_indication
        return TimestampReport("document", "", None, False, sub, "the document time-stamp is malformed")
    return judge_token(signed_data, partial(digest_of, source.data, raw.byte_range), "document", context)


def _overall(source: PdfSource, signatures: tuple[SignatureReport, ...]) -> Overall:
    indications = {signature.indication for signature in signatures}
    if Indication.FAILED in indications:
        return Overall.FAILED
    if Indication.INDETERMINATE in indications or source.reader is None:
        return Overall.INDETERMINATE
    return Overall.PASSED if indications else Overall.NO_SIGNATURE
