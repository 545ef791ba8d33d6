"""The judgement of each signer of a SignedData outside PDF: CAdES files, and the signatures inside containers."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from certs.algorithms import AlgorithmRefusal, AlgorithmUse
from certs.model import Indication, PathResult, Purpose, SubIndication
from certs.revocation.answers import evidence_times, read_status
from certs.revocation.model import EvidenceItem, RevocationEvidence
from signing.formats.ber import read_element
from signing.formats.cades.archive import ARCHIVE_TIME_STAMP, archive_imprint, index_holds, read_hash_index
from signing.formats.cades.attributes import COUNTER_SIGNATURE
from signing.formats.cades.material import read_material
from signing.formats.cades.structure import (
    SignedDataParts,
    SignerParts,
    read_signer,
    values_of,
    write_signed_data,
)
from signing.formats.material import ValidationMaterial
from signing.validation.cms import (
    MALFORMED,
    MAX_EVIDENCE_ITEMS,
    MAX_TIMESTAMPS,
    CmsFindings,
    DigestOf,
    check_counter_signature,
    check_signed_data,
    hash_of,
    parse_signed_data,
)
from signing.validation.hostile import attempt
from signing.validation.policy import ValidationPolicy
from signing.validation.report import Modifications, SignatureReport, TimestampReport
from signing.validation.signature import Verdict, earliest, notes_on, trust_verdict, with_signer
from signing.validation.timestamps import TokenContext, judge_token
from signing.validation.trust import judge_certificate
from signing.validation.wording import reason

MAX_COUNTERS = 16
MAX_COUNTER_DEPTH = 3


@dataclass(frozen=True)
class SignerContext:
    """What the signers of one SignedData are judged by.

    Attributes:
        digest_of: The digest of the signed content by algorithm; None where the content is not there.
        label: Names the SignedData in the report: the signature file's name in a container, else empty.
        covers_whole_document: Whether it signs all that there is to sign.
        covering: Time-stamps outside that cover this SignedData, such as a container's archive time-stamps.
    """

    parts: SignedDataParts
    digest_of: DigestOf | None
    policy: ValidationPolicy
    at: datetime
    label: str = ""
    covers_whole_document: bool = True
    covering: tuple[TimestampReport, ...] = ()


@dataclass(frozen=True)
class _Seen:
    """One signer, and what its bytes are worth."""

    name: str
    signer: SignerParts
    findings: CmsFindings
    evidence: RevocationEvidence


def judge_signers(context: SignerContext) -> tuple[SignatureReport, ...]:
    """Judge every signer and every counter-signature; what a hostile file does is a finding.

    Source: ETSI EN 319 102-1 V1.3.1, 5.2 to 5.6; ETSI EN 319 122-1 V1.3.1.
    """
    reports: list[SignatureReport] = []
    for number, signer in enumerate(context.parts.signers, start=1):
        name = f"{context.label}#{number}"
        reports.append(_guarded(name, partial(_judge, name, signer, context), context))
        reports += _judge_counters(name, signer, context, MAX_COUNTER_DEPTH)
    return tuple(reports)


def _judge_counters(name: str, signer: SignerParts, context: SignerContext, depth: int) -> list[SignatureReport]:
    """Judge what was signed over a signature, and over that in turn."""
    reports: list[SignatureReport] = []
    for number, counter in enumerate(attempt(partial(counter_signers, signer), []), start=1):
        below = f"{name}.{number}"
        reports.append(_guarded(below, partial(_judge_counter, below, signer, counter, context), context))
        if depth > 1:
            reports += _judge_counters(below, counter, context, depth - 1)
    return reports


def is_counter_signature(name: str) -> bool:
    """Say whether a report's name is that of a counter-signature."""
    return "." in name.rpartition("#")[2]


def signer_findings(parts: SignedDataParts, signer: SignerParts, digest_of: DigestOf | None) -> CmsFindings:
    """Say what the bytes of one signature are worth, without any trust."""
    signed_data = parse_signed_data(_view(parts, signer))
    return MALFORMED if signed_data is None else check_signed_data(signed_data, digest_of or (lambda _: b""))


def counter_findings(parts: SignedDataParts, signer: SignerParts, counter: SignerParts) -> CmsFindings:
    """Say what the bytes of a counter-signature over a signer's value are worth."""
    signed_data = parse_signed_data(_view(parts, counter))
    return MALFORMED if signed_data is None else check_counter_signature(signed_data, signer.signature_value)


def _view(parts: SignedDataParts, signer: SignerParts) -> bytes:
    """Return a SignedData with one signer and without content, which is what the CMS library checks."""
    view = replace(parts, content=None, content_pieces=(), crls=(), signers=(signer,))
    return b"".join(write_signed_data(view))


def counter_signers(signer: SignerParts) -> list[SignerParts]:
    """Return what was signed over a signature.

    Raises:
        SignatureFileUnreadable: One of them is malformed.
    """
    found = values_of(signer.unsigned_attributes, COUNTER_SIGNATURE)
    return [read_signer(read_element(one)) for one in found[:MAX_COUNTERS]]


def _guarded(name: str, judge: Callable[[], SignatureReport], context: SignerContext) -> SignatureReport:
    broken = SignatureReport(
        field_name=name,
        indication=Indication.INDETERMINATE,
        sub_indication=SubIndication.GENERIC,
        reasons=(reason("validation-failed"),),
        intact=None,
        covers_whole_document=context.covers_whole_document,
        modifications_after=Modifications.NONE,
    )
    return attempt(judge, broken)


def _judge(name: str, signer: SignerParts, context: SignerContext) -> SignatureReport:
    findings = signer_findings(context.parts, signer, context.digest_of)
    if context.digest_of is None and findings.sub_indication is SubIndication.HASH_FAILURE:
        findings = replace(findings, sub_indication=SubIndication.SIGNED_DATA_NOT_FOUND, intact=None)
    seen = _Seen(name, signer, findings, embedded_evidence(context.parts))
    archive = _judge_archive_stamps(seen, context) if context.digest_of is not None else ()
    return _report(seen, archive, context)


def _judge_counter(name: str, signer: SignerParts, counter: SignerParts, context: SignerContext) -> SignatureReport:
    findings = counter_findings(context.parts, signer, counter)
    return _report(_Seen(name, counter, findings, embedded_evidence(context.parts)), (), context)


def _report(seen: _Seen, archive: tuple[TimestampReport, ...], context: SignerContext) -> SignatureReport:
    findings = seen.findings
    proved_by = earliest([*archive, *context.covering])
    value = findings.signature_value
    tokens = tuple(
        judge_token(token, partial(_hash_of_value, value), "signature", _token_context(seen, context, proved_by))
        for token in findings.tokens
    )
    proof = earliest([*tokens, *archive, *context.covering])
    best_time = proof.time if proof is not None and proof.time is not None else context.at
    path = _judge_path(seen, context, best_time, proof is not None)
    weak = context.policy.algorithms.refusal(findings.algorithms, AlgorithmUse.DOCUMENT, best_time)
    indication, sub, code = _verdict(findings, path, weak)
    report = SignatureReport(
        field_name=seen.name,
        indication=indication,
        sub_indication=sub,
        reasons=(),
        intact=findings.intact,
        covers_whole_document=context.covers_whole_document,
        modifications_after=Modifications.NONE,
        claimed_time=findings.claimed_time,
        best_signature_time=best_time,
        timestamp_by=None if proof is None else proof.authority_name,
        timestamps=(*tokens, *archive),
        level=_level(seen, path, tokens, (*archive, *context.covering)),
        signer_certificate_der=findings.signer_der,
    )
    refused = weak or (path.algorithm if path is not None else None)
    main = reason(code, time=path.revocation.revoked_at if path is not None else None, refused=refused)
    notes = notes_on(report, proof, context.at)
    return with_signer(replace(report, reasons=(main, *notes)), path)


def _hash_of_value(value: bytes, algorithm: str) -> bytes:
    return hash_of(algorithm, value)


def _verdict(findings: CmsFindings, path: PathResult | None, weak: AlgorithmRefusal | None) -> Verdict:
    """Take the gravest finding. Source: ETSI EN 319 102-1 V1.3.1, 5.3.4."""
    sub = findings.sub_indication
    if sub is SubIndication.HASH_FAILURE:
        return Indication.FAILED, sub, "content-changed"
    if sub is SubIndication.SIG_CRYPTO_FAILURE:
        return Indication.FAILED, sub, "value-wrong"
    if sub is SubIndication.FORMAT_FAILURE:
        return Indication.FAILED, sub, "signature-malformed"
    if sub is SubIndication.SIGNED_DATA_NOT_FOUND:
        return Indication.INDETERMINATE, sub, "signed-content-missing"
    return trust_verdict(findings, path, weak)


def _judge_archive_stamps(seen: _Seen, context: SignerContext) -> tuple[TimestampReport, ...]:
    """Judge the newest first: each that holds proves that the older ones existed at its time."""
    tokens = values_of(seen.signer.unsigned_attributes, ARCHIVE_TIME_STAMP)[:MAX_TIMESTAMPS]
    judged: list[TimestampReport] = []
    for token in reversed(tokens):
        signed_data = parse_signed_data(token)
        if signed_data is None:
            judged.append(_malformed_stamp())
            continue
        digest = partial(_archive_digest, token, seen.signer, context)
        token_context = _token_context(seen, context, earliest([*judged, *context.covering]))
        judged.append(judge_token(signed_data, digest, "archive", token_context))
    return tuple(reversed(judged))


def _archive_digest(token: bytes, signer: SignerParts, context: SignerContext, algorithm: str) -> bytes | None:
    """Return what an archive time-stamp must be about; None where something that its index lists is gone."""
    index = read_hash_index(token)
    content = context.digest_of(algorithm) if context.digest_of is not None else None
    if index is None or content is None or index.digest_algorithm != algorithm:
        return None
    if not index_holds(index, context.parts, signer):
        return None
    return archive_imprint(context.parts, signer, content, index.encoded, algorithm)


def _malformed_stamp() -> TimestampReport:
    return TimestampReport("archive", "", None, False, SubIndication.FORMAT_FAILURE, "the token is malformed")


def _token_context(seen: _Seen, context: SignerContext, proved_by: TimestampReport | None) -> TokenContext:
    given = context.policy.evidence
    pool = (*seen.findings.other_ders, *seen.evidence.certificates_der, *given.certificates_der)
    time = proved_by.time if proved_by is not None else None
    return TokenContext(context.policy, given.joined(seen.evidence), pool, context.at, time)


def _judge_path(seen: _Seen, context: SignerContext, best_time: datetime, proved: bool) -> PathResult | None:
    signer = seen.findings.signer_der
    if signer is None:
        return None
    given = context.policy.evidence
    return judge_certificate(
        signer,
        (*seen.findings.other_ders, *seen.evidence.certificates_der, *given.certificates_der),
        context.policy.signer_anchors(),
        given.joined(seen.evidence),
        Purpose.OFFICIAL,
        used_at=best_time,
        proved=proved,
        at=context.at,
        algorithms=context.policy.algorithms,
    )


def embedded_evidence(parts: SignedDataParts) -> RevocationEvidence:
    """Return the certificates and revocation answers that a SignedData holds."""
    material = attempt(lambda: read_material(parts), ValidationMaterial())
    pairs = [*(("crl", one) for one in material.crls), *(("ocsp", one) for one in material.ocsps)]
    items = []
    for kind, encoded in pairs[:MAX_EVIDENCE_ITEMS]:
        times = evidence_times(kind, encoded)
        if times is not None:
            items.append(EvidenceItem(kind, encoded, "signature", *times))
    return RevocationEvidence(tuple(items), material.certificates)


def _level(
    seen: _Seen, path: PathResult | None, stamps: tuple[TimestampReport, ...], archive: tuple[TimestampReport, ...]
) -> str:
    """Name the level by what is really there and holds. Source: ETSI EN 319 122-1 V1.3.1, 6.3."""
    baseline = seen.findings.refers_to_signer and seen.findings.claimed_time is not None
    family = "CAdES-B" if baseline else "CMS-B"
    covering = any(stamp.trusted for stamp in archive)
    if not covering and not any(stamp.trusted for stamp in stamps):
        return f"{family}-B"
    chain = path.path_der if path is not None else ()
    kept = len(chain) > 1 and any(read_status(one, chain[0], chain[1]) is not None for one in seen.evidence.items)
    if not kept:
        return f"{family}-T"
    return f"{family}-LTA" if covering else f"{family}-LT"
