"""The judgement that signatures of every format outside PDF share: time-stamps, certificate, algorithms, level."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from certs.algorithms import AlgorithmRefusal, AlgorithmUse
from certs.model import Indication, PathResult, Purpose, SubIndication
from certs.revocation.answers import read_status
from certs.revocation.model import RevocationEvidence
from signing.validation.cms import CmsFindings, hash_of
from signing.validation.hostile import attempt
from signing.validation.policy import ValidationPolicy
from signing.validation.report import Modifications, SignatureReport, TimestampReport
from signing.validation.signature import Verdict, earliest, notes_on, trust_verdict, with_signer
from signing.validation.timestamps import TokenContext, judge_token
from signing.validation.trust import judge_certificate
from signing.validation.wording import reason


@dataclass(frozen=True)
class Surroundings:
    """What a signature is judged by besides itself.

    Attributes:
        covers_whole_document: Whether it signs all that there is to sign.
        covering: Time-stamps outside that cover it, such as a container's archive time-stamps.
    """

    policy: ValidationPolicy
    at: datetime
    covers_whole_document: bool = True
    covering: tuple[TimestampReport, ...] = ()


@dataclass(frozen=True)
class Seen:
    """One signature, and what its bytes are worth.

    Attributes:
        name: As the report calls it. family: As its level's name begins: CAdES-B.
        evidence: What it holds about certificates and their revocation.
    """

    name: str
    family: str
    findings: CmsFindings
    evidence: RevocationEvidence


def guarded(name: str, judge: Callable[[], SignatureReport], around: Surroundings) -> SignatureReport:
    """Return the judgement, or where the file makes it impossible a report that says so."""
    broken = SignatureReport(
        field_name=name,
        indication=Indication.INDETERMINATE,
        sub_indication=SubIndication.GENERIC,
        reasons=(reason("validation-failed"),),
        intact=None,
        covers_whole_document=around.covers_whole_document,
        modifications_after=Modifications.NONE,
    )
    return attempt(judge, broken)


def report_on(seen: Seen, archive: tuple[TimestampReport, ...], around: Surroundings) -> SignatureReport:
    """Judge a signature whose bytes were looked at.

    Args:
        archive: Archive time-stamps inside it, judged.
    Source: ETSI EN 319 102-1 V1.3.1, 5.3, 5.5 and 5.6.
    """
    findings = seen.findings
    outer = (*archive, *around.covering)
    tokens = _judge_tokens(seen, outer, around)
    proof = earliest([*tokens, *outer])
    best_time = proof.time if proof is not None and proof.time is not None else around.at
    path = _judge_path(seen, around, best_time, proof is not None)
    weak = around.policy.algorithms.refusal(findings.algorithms, AlgorithmUse.DOCUMENT, best_time)
    indication, sub, code = _verdict(findings, path, weak)
    report = SignatureReport(
        field_name=seen.name,
        indication=indication,
        sub_indication=sub,
        reasons=(),
        intact=findings.intact,
        covers_whole_document=around.covers_whole_document,
        modifications_after=Modifications.NONE,
        claimed_time=findings.claimed_time,
        best_signature_time=best_time,
        timestamp_by=None if proof is None else proof.authority_name,
        timestamps=(*tokens, *archive),
        level=_level(seen, path, tokens, outer),
        signer_certificate_der=findings.signer_der,
    )
    refused = weak or (path.algorithm if path is not None else None)
    main = reason(code, time=path.revocation.revoked_at if path is not None else None, refused=refused)
    notes = notes_on(report, proof, around.at)
    return with_signer(replace(report, reasons=(main, *notes)), path)


def token_context(seen: Seen, around: Surroundings, proved_by: TimestampReport | None) -> TokenContext:
    """Return what a time-stamp inside a signature is judged by.

    Args:
        proved_by: The later time-stamp that covers it, if any.
    """
    given = around.policy.evidence
    pool = (*seen.findings.other_ders, *seen.evidence.certificates_der, *given.certificates_der)
    time = proved_by.time if proved_by is not None else None
    return TokenContext(around.policy, given.joined(seen.evidence), pool, around.at, time)


def _judge_tokens(seen: Seen, outer: Sequence[TimestampReport], around: Surroundings) -> tuple[TimestampReport, ...]:
    digest = partial(_hash_of_value, seen.findings.signature_value)
    context = token_context(seen, around, earliest(outer))
    return tuple(judge_token(token, digest, "signature", context) for token in seen.findings.tokens)


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


def _judge_path(seen: Seen, around: Surroundings, best_time: datetime, proved: bool) -> PathResult | None:
    signer = seen.findings.signer_der
    if signer is None:
        return None
    given = around.policy.evidence
    return judge_certificate(
        signer,
        (*seen.findings.other_ders, *seen.evidence.certificates_der, *given.certificates_der),
        around.policy.signer_anchors(),
        given.joined(seen.evidence),
        Purpose.OFFICIAL,
        used_at=best_time,
        proved=proved,
        at=around.at,
        algorithms=around.policy.algorithms,
    )


def _level(
    seen: Seen, path: PathResult | None, stamps: Sequence[TimestampReport], archive: Sequence[TimestampReport]
) -> str:
    """Name the level by what is really there and holds. Source: ETSI EN 319 122-1 V1.3.1, 6.3 and its siblings."""
    covering = any(stamp.trusted for stamp in archive)
    if not covering and not any(stamp.trusted for stamp in stamps):
        return f"{seen.family}-B"
    chain = path.path_der if path is not None else ()
    kept = len(chain) > 1 and any(read_status(one, chain[0], chain[1]) is not None for one in seen.evidence.items)
    if not kept:
        return f"{seen.family}-T"
    return f"{seen.family}-LTA" if covering else f"{seen.family}-LT"
