"""Certification paths at one time, with the evidence at hand: nothing is fetched here."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import pairwise

from cryptography.x509 import InvalidVersion
from pyhanko_certvalidator.errors import (
    DisallowedAlgorithmError,
    ExpiredError,
    NotYetValidError,
    PathValidationError,
    ValidationError,
)
from pyhanko_certvalidator.policy_decl import PKIXValidationParams

from certs.algorithms import AlgorithmRefusal, AlgorithmTable, AlgorithmUse, shipped_algorithms
from certs.errors import CertificateUnreadable
from certs.key_descriptions import UsedAlgorithms, UsedKey, describe_key
from certs.model import Indication, PathResult, Purpose, RevocationStatus, SubIndication, TrustAnchor
from certs.names import parse_certificate
from certs.oddities import path_oddities
from certs.path_algorithms import evidence_refusal
from certs.path_candidates import anchors_to_reach, issuers_to_climb
from certs.revocation.judgement import StatusJudge, names_status_address
from certs.revocation.model import RevocationEvidence
from certs.sound_paths import FoundPath, PathQuestion, find_paths
from certs.usage import usage_problem

MAX_CHAIN_CERTIFICATES = 1_024
MAX_EVIDENCE_ITEMS = 512
KEPT_CERTIFICATES = 2_048
UNKNOWN = RevocationStatus("unknown")
SOUND = "the path is sound"
WAIVED = "the path is sound, but nobody could say whether it is revoked; the rules for this purpose let that pass"
PARSING_ERRORS = (
    *(ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError),
    InvalidVersion,
)

# The library logs each refused path with a traceback; our result says the same in one line.
logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)


def check_path(
    certificate_der: bytes,
    chain_ders: Sequence[bytes],
    anchors: Sequence[TrustAnchor],
    revocation: RevocationEvidence | None,
    at: datetime,
    purpose: Purpose | None,
    policies: PKIXValidationParams | None = None,
    algorithms: AlgorithmTable | None = None,
) -> PathResult:
    """Judge a certificate's path as of one time, offline.

    Args:
        certificate_der: The end-entity certificate.
        chain_ders: Certificates that may stand between it and an anchor, in any order; unreadable ones are ignored.
        anchors: Those that count for this purpose; ones that are not trusted at that time are left out.
        revocation: Evidence to judge by, and the rules for it; None leaves revocation out (a first look, before
            anything was fetched). Evidence newer than `at` counts, unless it is newer than the certificate's own end.
        at: Aware time for which the question is asked.
        purpose: Decides what key usage is demanded, and whether a status that nobody knows is let pass; None demands
            no usage (a CA's own certificate, say).
        policies: Certificate-policy inputs of RFC 5280, 6.1.1 (c) to (i); None accepts any policy.
        algorithms: What may be relied on until which day, judged at `at`; None takes the shipped table.
    Returns:
        A finding; hostile input is a finding too.
    Source: RFC 5280, 6; ETSI EN 319 102-1 V1.3.1, 5.2.6.
    """
    table = algorithms or shipped_algorithms()
    try:
        early = _early_finding(_end_entity(certificate_der, purpose), at, purpose, table)
    except CertificateUnreadable as error:
        return _result(SubIndication.NO_SIGNING_CERTIFICATE_FOUND, str(error), at)
    if early is not None:
        return early
    try:
        known = tuple(chain_ders[:MAX_CHAIN_CERTIFICATES])
        pool = issuers_to_climb(certificate_der, known)
        trusted = (anchor.certificate_der for anchor in anchors if anchor.trusted_at(at))
        roots = anchors_to_reach(certificate_der, pool, trusted)
        question = PathQuestion(certificate_der, pool, roots, table, policies)
        result = _check(question, revocation, at, purpose, known)
        odd = path_oddities(result.path_der)
        return replace(result, findings=result.findings + odd) if odd else result
    except PARSING_ERRORS as error:
        fact = f"the chain or its evidence is malformed: {type(error).__name__}"
        return _result(SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE, fact, at)


@dataclass(frozen=True)
class _EndEntity:
    """What the certificate alone says, whatever the time."""

    usage_problem: str | None
    key: UsedKey
    starts: datetime
    ends: datetime


@lru_cache(maxsize=KEPT_CERTIFICATES)
def _end_entity(certificate_der: bytes, purpose: Purpose | None) -> _EndEntity:
    certificate = parse_certificate(certificate_der)
    return _EndEntity(
        None if purpose is None else usage_problem(certificate, purpose),
        describe_key(certificate.public_key),
        certificate.not_valid_before,
        certificate.not_valid_after,
    )


def _early_finding(
    certificate: _EndEntity, at: datetime, purpose: Purpose | None, table: AlgorithmTable
) -> PathResult | None:
    """Refuse by the certificate alone, also where it is an anchor itself, which path validation would wave through."""
    if certificate.usage_problem is not None:
        return _result(SubIndication.CHAIN_CONSTRAINTS_FAILURE, certificate.usage_problem, at)
    # Path validation weighs the keys that sign certificates; the last one signs none.
    use = AlgorithmUse.TIMESTAMP if purpose is Purpose.TSA else AlgorithmUse.DOCUMENT
    refused = table.refusal(UsedAlgorithms((), certificate.key), use, at)
    if refused is not None:
        return _weak((), UNKNOWN, refused, at)
    if at < certificate.starts:
        return _result(SubIndication.NOT_YET_VALID, "the certificate is not valid yet", at, Indication.FAILED)
    if at > certificate.ends:
        return _result(SubIndication.OUT_OF_BOUNDS_NO_POE, "the certificate has expired", at)
    return None


def _check(
    question: PathQuestion,
    revocation: RevocationEvidence | None,
    at: datetime,
    purpose: Purpose | None,
    known_ders: Sequence[bytes],
) -> PathResult:
    evidence, weak = (None, None) if revocation is None else _relied_on(revocation, question.algorithms, at)
    worst: PathResult | None = None
    for found in find_paths(question, at):
        judge = None if evidence is None else _judge(found, known_ders, question.algorithms, evidence, at)
        result = _check_one(found, judge, at, purpose)
        if result.passed or result.sub_indication is SubIndication.REVOKED_NO_POE:
            return result
        worst = worst or result
    if worst is not None and worst.sub_indication is SubIndication.TRY_LATER and weak is not None:
        # There are answers, and nobody may rely on them any more: asking again later would not help.
        return _weak(worst.path_der, worst.revocation, weak, at)
    no_path = "no path leads to an installed trust anchor"
    return worst or _result(SubIndication.NO_CERTIFICATE_CHAIN_FOUND, no_path, at)


def _relied_on(
    evidence: RevocationEvidence, table: AlgorithmTable, at: datetime
) -> tuple[RevocationEvidence, AlgorithmRefusal | None]:
    """Leave out evidence whose algorithm no longer counts, and say why the first of it does not."""
    items = evidence.items[:MAX_EVIDENCE_ITEMS]
    refusals = [evidence_refusal(item, table, at) for item in items]
    kept = tuple(item for item, refused in zip(items, refusals, strict=True) if refused is None)
    return replace(evidence, items=kept), next((refused for refused in refusals if refused is not None), None)


def _judge(
    found: FoundPath,
    known_ders: Sequence[bytes],
    algorithms: AlgorithmTable,
    evidence: RevocationEvidence,
    at: datetime,
) -> StatusJudge:
    def may_sign(certificate_der: bytes) -> bool:
        """Whoever signs a list must lead to the same anchor. Source: RFC 5280, 6.3.3 (f)."""
        pool = issuers_to_climb(certificate_der, known_ders)
        asked = PathQuestion(certificate_der, pool, found.ders[-1:], algorithms)
        return any(path.error is None for path in find_paths(asked, at))

    return StatusJudge(evidence, at, tuple(dict.fromkeys((*found.ders, *known_ders))), may_sign)


def _check_one(found: FoundPath, judge: StatusJudge | None, at: datetime, purpose: Purpose | None) -> PathResult:
    pairs = list(pairwise(found.ders))
    if found.error is not None:
        return _refusal(found, found.error, judge.status(*pairs[0]) if judge and pairs else UNKNOWN, at)
    if judge is None:
        return PathResult(Indication.PASSED, None, found.ders, UNKNOWN, SOUND, at)
    statuses = [judge.status(*pair) for pair in pairs]
    signer = statuses[0] if statuses else UNKNOWN
    if signer.status == "revoked" and not _revoked_later(signer, at):
        return _unsure(SubIndication.REVOKED_NO_POE, found.ders, signer, "the certificate was revoked", at)
    if any(status.status == "revoked" and not _revoked_later(status, at) for status in statuses[1:]):
        return _unsure(SubIndication.REVOKED_CA_NO_POE, found.ders, signer, "a CA on the path was revoked", at)
    if signer.status == "revoked":
        signer = replace(signer, status="good")
    if not _somebody_could_say(pairs, statuses):
        silent = PathResult(Indication.PASSED, None, found.ders, signer, WAIVED, at, revocation_waived=True)
        if purpose not in judge.rules.soft_fail:
            silent = _unsure(SubIndication.TRY_LATER, found.ders, signer, "no usable answer about revocation", at)
        return replace(silent, findings=judge.findings(pairs))
    return PathResult(Indication.PASSED, None, found.ders, signer, SOUND, at)


def _somebody_could_say(pairs: Sequence[tuple[bytes, bytes]], statuses: Sequence[RevocationStatus]) -> bool:
    """Say whether every status that is demanded is known: the signer's own always, a CA's where it names an address."""
    demanded = [number == 0 or names_status_address(pair[0]) for number, pair in enumerate(pairs)]
    return all(status.status != "unknown" or not wanted for status, wanted in zip(statuses, demanded, strict=True))


def _revoked_later(status: RevocationStatus, at: datetime) -> bool:
    return status.revoked_at is not None and status.revoked_at > at


def _refusal(found: FoundPath, error: ValidationError, status: RevocationStatus, at: datetime) -> PathResult:
    ders = found.ders
    about_signer = isinstance(error, PathValidationError) and error.is_ee_cert and not error.is_side_validation
    if isinstance(error, DisallowedAlgorithmError) and found.weak is not None:
        return _weak(ders, status, found.weak, at)
    if isinstance(error, ExpiredError) and about_signer:
        return _unsure(SubIndication.OUT_OF_BOUNDS_NO_POE, ders, status, "the certificate has expired", at)
    if isinstance(error, NotYetValidError) and about_signer:
        early = "the certificate is not valid yet"
        return PathResult(Indication.FAILED, SubIndication.NOT_YET_VALID, ders, status, early, at)
    expired = isinstance(error, ExpiredError)
    fact = "a CA certificate on the path has expired" if expired else "the path is not sound"
    return _unsure(SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE, ders, status, fact, at)


def _unsure(
    sub: SubIndication, ders: tuple[bytes, ...], status: RevocationStatus, fact: str, at: datetime
) -> PathResult:
    return PathResult(Indication.INDETERMINATE, sub, ders, status, fact, at)


def _weak(ders: tuple[bytes, ...], status: RevocationStatus, refusal: AlgorithmRefusal, at: datetime) -> PathResult:
    sub = SubIndication.CRYPTO_CONSTRAINTS_FAILURE
    return PathResult(Indication.INDETERMINATE, sub, ders, status, refusal.fact, at, refusal)


def _result(sub: SubIndication, fact: str, at: datetime, indication: Indication | None = None) -> PathResult:
    return PathResult(indication or Indication.INDETERMINATE, sub, (), UNKNOWN, fact, at)
