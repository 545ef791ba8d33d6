"""The judgement of each signature in an XML file: bytes, certificate, time."""

from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import unquote

from certs.algorithms import AlgorithmRefusal, AlgorithmUse
from certs.model import Indication, PathResult, Purpose, SubIndication
from certs.revocation.answers import read_status
from certs.revocation.model import RevocationEvidence
from signing.formats.xml.names import ds, xades
from signing.formats.xml.parsing import Element
from signing.formats.xml.references import ExternalFile
from signing.formats.xml.structure import countersigned_by, find_signatures
from signing.validation.cms import CmsFindings
from signing.validation.hostile import attempt
from signing.validation.policy import ValidationPolicy
from signing.validation.report import (
    Modifications,
    SignatureReport,
    TimestampReport,
)
from signing.validation.signature import Verdict, earliest, notes_on, trust_verdict, with_signer
from signing.validation.timestamps import TokenContext, judge_token
from signing.validation.trust import judge_certificate
from signing.validation.wording import reason
from signing.validation.xades import XadesFindings, check_signature
from signing.validation.xades_stamps import (
    FoundStamp,
    embedded_evidence,
    find_archive_stamps,
    find_signature_stamps,
)


@dataclass(frozen=True)
class XmlContext:
    """What the signatures of one XML file are judged by.

    Attributes:
        label: Stands before each signature's name in the report: the signature file's name in a container.
    """

    policy: ValidationPolicy
    external_file: ExternalFile
    at: datetime
    label: str = ""


@dataclass(frozen=True)
class _Seen:
    """One signature, and what its bytes are worth."""

    signature: Element
    findings: XadesFindings
    evidence: RevocationEvidence


def named_signatures(root: Element) -> list[tuple[Element, str]]:
    """Return every signature with its name in reports: "#1", "#2" and so on, counter-signatures "#1.1"."""
    names: dict[Element | None, str] = {}
    counts: dict[Element | None, int] = {}
    for signature in find_signatures(root):
        above = countersigned_by(signature)
        counts[above] = counts.get(above, 0) + 1
        names[signature] = f"#{counts[above]}" if above is None else f"{names[above]}.{counts[above]}"
    return [(signature, name) for signature, name in names.items() if signature is not None]


def judge_signatures(root: Element, context: XmlContext) -> tuple[SignatureReport, ...]:
    """Judge every signature and counter-signature of a parsed file, in document order."""
    return tuple(report for report, _ in judge_with_files(root, context))


def judge_with_files(root: Element, context: XmlContext) -> tuple[tuple[SignatureReport, frozenset[str]], ...]:
    """Judge every signature, each with the files outside that it covers and that are unchanged."""
    return tuple(_guarded(signature, f"{context.label}{name}", context) for signature, name in named_signatures(root))


def _guarded(signature: Element, name: str, context: XmlContext) -> tuple[SignatureReport, frozenset[str]]:
    broken = SignatureReport(
        field_name=name,
        indication=Indication.INDETERMINATE,
        sub_indication=SubIndication.GENERIC,
        reasons=(reason("validation-failed"),),
        intact=None,
        covers_whole_document=False,
        modifications_after=Modifications.NONE,
    )
    return attempt(lambda: _judge(signature, name, context), (broken, frozenset()))


def _judge(signature: Element, name: str, context: XmlContext) -> tuple[SignatureReport, frozenset[str]]:
    findings = check_signature(signature, context.external_file)
    files = frozenset(unquote(part.uri) for part in findings.parts if part.path is None and part.intact)
    seen = _Seen(signature, findings, embedded_evidence(signature))
    archive = _judge_archive_stamps(seen, context)
    proved_by = earliest(archive)
    stamps = tuple(_judge_stamp(one, "signature", seen, context, proved_by) for one in find_signature_stamps(signature))
    proof = earliest([*stamps, *archive])
    best_time = proof.time if proof is not None and proof.time is not None else context.at
    path = _judge_signer(seen, context, best_time, proof is not None)
    weak = context.policy.algorithms.refusal(findings.algorithms, AlgorithmUse.DOCUMENT, best_time)
    indication, sub, code = _verdict(findings, path, weak)
    report = SignatureReport(
        field_name=name,
        indication=indication,
        sub_indication=sub,
        reasons=(),
        intact=findings.intact,
        covers_whole_document=covers_everything(signature, findings),
        modifications_after=Modifications.NONE,
        claimed_time=findings.claimed_time,
        best_signature_time=best_time,
        timestamp_by=None if proof is None else proof.authority_name,
        timestamps=(*stamps, *archive),
        level=_level(seen, path, stamps, archive),
        signer_certificate_der=findings.signer_der,
    )
    refused = weak or (path.algorithm if path is not None else None)
    main = reason(code, time=path.revocation.revoked_at if path is not None else None, refused=refused)
    return with_signer(replace(report, reasons=(main, *notes_on(report, proof, context.at))), path), files


def covers_everything(signature: Element, findings: XadesFindings) -> bool:
    """Say whether nothing in the file but signatures is left unsigned: around the signature, or inside it."""
    if findings.covers_whole_document:
        return True
    if signature.getparent() is not None or not findings.intact:
        return False
    tree = signature.getroottree()
    covered = {part.path for part in findings.parts if part.intact}
    own = [one for one in signature.findall(ds("Object")) if one.find(xades("QualifyingProperties")) is None]
    return all(tree.getpath(one) in covered for one in own)


def _judge_archive_stamps(seen: _Seen, context: XmlContext) -> tuple[TimestampReport, ...]:
    """Judge the newest first: each that holds proves that the older ones existed at its time."""
    judged: list[TimestampReport] = []
    for found in reversed(find_archive_stamps(seen.signature, context.external_file)):
        judged.append(_judge_stamp(found, "archive", seen, context, earliest(judged)))
    return tuple(reversed(judged))


def _judge_stamp(
    found: FoundStamp, place: str, seen: _Seen, context: XmlContext, proved_by: TimestampReport | None
) -> TimestampReport:
    if found.token is None:
        return TimestampReport(place, "", None, False, SubIndication.FORMAT_FAILURE, "the token is malformed")
    given = context.policy.evidence
    pool = (*seen.findings.other_ders, *seen.evidence.certificates_der, *given.certificates_der)
    time = proved_by.time if proved_by is not None else None
    token_context = TokenContext(context.policy, given.joined(seen.evidence), pool, context.at, time)
    return judge_token(found.token, found.digest_of, place, token_context)


def _judge_signer(seen: _Seen, context: XmlContext, best_time: datetime, proved: bool) -> PathResult | None:
    if seen.findings.signer_der is None:
        return None
    given = context.policy.evidence
    return judge_certificate(
        seen.findings.signer_der,
        (*seen.findings.other_ders, *seen.evidence.certificates_der, *given.certificates_der),
        context.policy.signer_anchors(),
        given.joined(seen.evidence),
        Purpose.OFFICIAL,
        used_at=best_time,
        proved=proved,
        at=context.at,
    )


def _verdict(findings: XadesFindings, path: PathResult | None, weak: AlgorithmRefusal | None) -> Verdict:
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
    if sub is SubIndication.GENERIC:
        return Indication.INDETERMINATE, sub, "signature-format-unsupported"
    return trust_verdict(CmsFindings(sub, signer_der=findings.signer_der), path, weak)


def _level(
    seen: _Seen, path: PathResult | None, stamps: tuple[TimestampReport, ...], archive: tuple[TimestampReport, ...]
) -> str:
    """Name the level by what is really there and holds. Source: ETSI EN 319 132-1 V1.2.1, 6.3."""
    baseline = seen.findings.refers_to_signer and seen.findings.claimed_time is not None
    family = "XAdES-B" if baseline else "XMLDSig-B"
    covering = any(stamp.trusted for stamp in archive)
    if not covering and not any(stamp.trusted for stamp in stamps):
        return f"{family}-B"
    chain = path.path_der if path is not None else ()
    kept = len(chain) > 1 and any(read_status(one, chain[0], chain[1]) is not None for one in seen.evidence.items)
    if not kept:
        return f"{family}-T"
    return f"{family}-LTA" if covering else f"{family}-LT"
