"""Validation of a CAdES file, attached or detached: offline, in the child process."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

from certs.model import Indication
from certs.revocation.addresses import build_status_queries
from certs.revocation.model import StatusQuery
from signing.errors.files import SignatureFileUnreadable
from signing.formats.cades.archive import ARCHIVE_TIME_STAMP
from signing.formats.cades.sign import digest_pieces
from signing.formats.cades.structure import SignedDataParts, read_signed_data, values_of
from signing.formats.mapped import map_file
from signing.validation.cms import MAX_TIMESTAMPS, CmsFindings, DigestOf, check_token, parse_signed_data
from signing.validation.hostile import attempt
from signing.validation.policy import ValidationPolicy
from signing.validation.report import EvidenceNeeds, Overall, SignatureReport, ValidationReport
from signing.validation.signers import SignerContext, judge_signers, signer_findings
from signing.validation.wording import reason

MAX_QUERIES = 40


def validate_cades(path: Path, content: Path | None, policy: ValidationPolicy, at: datetime) -> ValidationReport:
    """Validate every signer of a CAdES file.

    Args:
        path: A file of any content; hostile content gives findings, not exceptions.
        content: The signed file, where the signature is detached; not looked at where it is attached.
        policy: Anchors and evidence. Nothing is fetched.
        at: Validation time, aware.
    Returns:
        The report; signers are named "#1", "#2" and so on, counter-signatures "#1.1".
    Raises:
        OSError: A file cannot be read from disk.
    Source: ETSI EN 319 102-1 V1.3.1, 5; ETSI EN 319 122-1 V1.3.1.
    """
    data = map_file(path)
    parts = _read(data)
    signatures: tuple[SignatureReport, ...] = ()
    if parts is not None:
        digest = content_digest_of(parts, None if content is None else map_file(content))
        signatures = judge_signers(SignerContext(parts, digest, policy, at))
    return ValidationReport(
        document_sha256=hashlib.sha256(data).hexdigest(),
        document_size_bytes=len(data),
        validated_at=at,
        overall=overall_of(signatures, readable=parts is not None),
        signatures=signatures,
        document_reasons=() if parts is not None else (reason("signature-malformed"),),
    )


def collect_cades_needs(path: Path, anchor_ders: tuple[bytes, ...] = ()) -> EvidenceNeeds:
    """Return whose status must be asked before validate_cades can judge by it. Offline, for the child process."""
    parts = _read(map_file(path))
    return EvidenceNeeds(()) if parts is None else EvidenceNeeds(signed_data_queries(parts, anchor_ders))


def signed_data_queries(parts: SignedDataParts, anchor_ders: tuple[bytes, ...]) -> tuple[StatusQuery, ...]:
    """Return whose status the signers and the time-stamps of a SignedData call for."""
    found: list[CmsFindings] = []
    for signer in parts.signers:
        findings = attempt(lambda one=signer: signer_findings(parts, one, None), None)  # type: ignore[misc]
        if findings is not None:
            archives = values_of(signer.unsigned_attributes, ARCHIVE_TIME_STAMP)[:MAX_TIMESTAMPS]
            tokens = (*findings.tokens, *(parse_signed_data(token) for token in archives))
            found += [findings, *(check_token(token)[0] for token in tokens if token is not None)]
    return queries_about(found, parts.certificates, anchor_ders)


def queries_about(
    found: Sequence[CmsFindings], pool: tuple[bytes, ...], anchor_ders: tuple[bytes, ...]
) -> tuple[StatusQuery, ...]:
    """Return the questions about those who signed, each certificate once."""
    queries: dict[bytes, StatusQuery] = {}
    for findings in found:
        for query in _queries(findings, pool, anchor_ders):
            queries.setdefault(query.certificate_der, query)
    return tuple(queries.values())[:MAX_QUERIES]


def content_digest_of(parts: SignedDataParts, content: memoryview | None) -> DigestOf | None:
    """Return how to hash what a SignedData signs, each algorithm once; None where it is not there."""
    if parts.detached and content is None:
        return None
    pieces = parts.content_pieces if content is None or not parts.detached else (content,)
    return cache(lambda algorithm: _digest(pieces, algorithm))


def overall_of(signatures: tuple[SignatureReport, ...], *, readable: bool) -> Overall:
    """Return the file's answer: the worst of its signatures."""
    indications = {signature.indication for signature in signatures}
    if Indication.FAILED in indications:
        return Overall.FAILED
    if Indication.INDETERMINATE in indications or not readable:
        return Overall.INDETERMINATE
    return Overall.PASSED if indications else Overall.NO_SIGNATURE


def _digest(pieces: tuple[bytes | memoryview, ...], algorithm: str) -> bytes | None:
    return digest_pieces(pieces, algorithm) if algorithm in hashlib.algorithms_guaranteed else None


def _read(data: memoryview) -> SignedDataParts | None:
    try:
        return read_signed_data(data)
    except SignatureFileUnreadable:
        return None


def _queries(findings: CmsFindings, pool: tuple[bytes, ...], anchor_ders: tuple[bytes, ...]) -> tuple[StatusQuery, ...]:
    signer = findings.signer_der
    if signer is None:
        return ()
    return attempt(lambda: build_status_queries(signer, (*findings.other_ders, *pool), anchor_ders), ())
