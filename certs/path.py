"""Certification paths at one time, with the evidence at hand: nothing is fetched here."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from asn1crypto import x509
from cryptography.x509 import InvalidVersion
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import (
    DisallowedAlgorithmError,
    ExpiredError,
    InsufficientRevinfoError,
    NotYetValidError,
    PathBuildingError,
    PathValidationError,
    RevokedError,
    ValidationError,
)
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import (
    CertRevTrustPolicy,
    PKIXValidationParams,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)
from pyhanko_certvalidator.validate import async_validate_path

from certs.algorithms import AlgorithmRefusal, AlgorithmTable, AlgorithmUse, shipped_algorithms
from certs.errors import CertificateUnreadable
from certs.key_descriptions import UsedAlgorithms, describe_key
from certs.model import Indication, PathResult, Purpose, RevocationStatus, SubIndication, TrustAnchor
from certs.names import parse_certificate
from certs.path_algorithms import PathAlgorithms, evidence_refusal
from certs.revocation.answers import evidence_times, freshest, is_final, issued_after_expiry, read_status
from certs.revocation.model import EvidenceItem, RevocationEvidence
from certs.usage import usage_problem

MAX_PATHS = 12
MAX_CHAIN_CERTIFICATES = 64
MAX_EVIDENCE_ITEMS = 128

# The signer's own status is always demanded; a CA above it only where its certificate says how to ask.
REVOCATION_RULES = RevocationCheckingPolicy(
    ee_certificate_rule=RevocationCheckingRule.CRL_OR_OCSP_REQUIRED,
    intermediate_ca_cert_rule=RevocationCheckingRule.CHECK_IF_DECLARED,
)
# For a signer whom an answer shows to have been revoked later than the time asked about: good until then.
REVOKED_LATER_RULES = RevocationCheckingPolicy(
    ee_certificate_rule=RevocationCheckingRule.NO_CHECK,
    intermediate_ca_cert_rule=RevocationCheckingRule.CHECK_IF_DECLARED,
)
NO_REVOCATION_RULES = RevocationCheckingPolicy(RevocationCheckingRule.NO_CHECK, RevocationCheckingRule.NO_CHECK)
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
        revocation: Evidence to judge by; None leaves revocation out (a first look, before anything was fetched).
            Evidence newer than `at` counts, unless it is newer than the certificate's own end.
        at: Aware time for which the question is asked.
        purpose: Decides what key usage is demanded; None demands none (a CA's own certificate, say).
        policies: Certificate-policy inputs of RFC 5280, 6.1.1 (c) to (i); None accepts any policy.
        algorithms: What may be relied on until which day, judged at `at`; None takes the shipped table.
    Returns:
        A finding; hostile input is a finding too.
    Source: RFC 5280, 6; ETSI EN 319 102-1 V1.3.1, 5.2.6.
    """
    try:
        certificate = parse_certificate(certificate_der)
    except CertificateUnreadable as error:
        return _result(SubIndication.NO_SIGNING_CERTIFICATE_FOUND, str(error), at)
    table = algorithms or shipped_algorithms()
    early = _early_finding(certificate, at, purpose, table)
    if early is not None:
        return early
    try:
        return asyncio.run(_check(certificate, chain_ders, anchors, revocation, at, policies, table))
    except PARSING_ERRORS as error:
        fact = f"the chain or its evidence is malformed: {type(error).__name__}"
        return _result(SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE, fact, at)


def _early_finding(
    certificate: x509.Certificate, at: datetime, purpose: Purpose | None, table: AlgorithmTable
) -> PathResult | None:
    """Refuse by the certificate alone, also where it is an anchor itself, which path validation would wave through."""
    problem = None if purpose is None else usage_problem(certificate, purpose)
    if problem is not None:
        return _result(SubIndication.CHAIN_CONSTRAINTS_FAILURE, problem, at)
    # Path validation weighs the keys that sign certificates; the last one signs none.
    use = AlgorithmUse.TIMESTAMP if purpose is Purpose.TSA else AlgorithmUse.DOCUMENT
    refused = table.refusal(UsedAlgorithms((), describe_key(certificate.public_key)), use, at)
    if refused is not None:
        return _refused(refused, at)
    if at < certificate.not_valid_before:
        return _result(SubIndication.NOT_YET_VALID, "the certificate is not valid yet", at, Indication.FAILED)
    if at > certificate.not_valid_after:
        return _result(SubIndication.OUT_OF_BOUNDS_NO_POE, "the certificate has expired", at)
    return None


async def _check(
    certificate: x509.Certificate,
    chain_ders: Sequence[bytes],
    anchors: Sequence[TrustAnchor],
    revocation: RevocationEvidence | None,
    at: datetime,
    policies: PKIXValidationParams | None,
    table: AlgorithmTable,
) -> PathResult:
    roots = _readable([a.certificate_der for a in anchors if a.trusted_at(at)])
    items = () if revocation is None else revocation.items[:MAX_EVIDENCE_ITEMS]
    # An unreadable item would make the library refuse all of them.
    readable = [item for item in items if evidence_times(item.kind, item.der) is not None]
    timely = [item for item in readable if not issued_after_expiry(item, certificate.dump())]
    weak = [refusal for item in timely if (refusal := evidence_refusal(item, table, at)) is not None]
    usable = [item for item in timely if evidence_refusal(item, table, at) is None] if weak else timely
    others = _readable(chain_ders[:MAX_CHAIN_CERTIFICATES])
    rules = NO_REVOCATION_RULES if revocation is None else REVOCATION_RULES
    context = _context(roots, others, usable, at, rules, table)
    lenient = _context(roots, others, usable, at, REVOKED_LATER_RULES, table)
    worst: PathResult | None = None
    tried = 0
    try:
        async for path in context.path_builder.async_build_paths_lazy(certificate):
            status = _leaf_status(_path_ders(path), usable)
            by = lenient if revocation is not None and _revoked_later(status, at) else context
            result = await _check_one(path, by, usable, at, policies)
            if result.passed or result.sub_indication is SubIndication.REVOKED_NO_POE:
                return result
            worst = worst or result
            tried += 1
            if tried >= MAX_PATHS:
                break
    except PathBuildingError:
        pass
    if worst is not None and worst.sub_indication is SubIndication.TRY_LATER and weak:
        # There are answers, and nobody may rely on them any more: asking again later would not help.
        crypto = SubIndication.CRYPTO_CONSTRAINTS_FAILURE
        return replace(worst, sub_indication=crypto, fact=weak[0].fact, algorithm=weak[0])
    no_path = "no path leads to an installed trust anchor"
    return worst or _result(SubIndication.NO_CERTIFICATE_CHAIN_FOUND, no_path, at)


def _context(
    roots: list[x509.Certificate],
    others: list[x509.Certificate],
    usable: list[EvidenceItem],
    at: datetime,
    rules: RevocationCheckingPolicy,
    table: AlgorithmTable,
) -> ValidationContext:
    # A later list still tells whether the certificate had been revoked by then.
    policy = CertRevTrustPolicy(rules, retroactive_revinfo=True)
    return ValidationContext(
        trust_roots=roots,
        other_certs=others,
        moment=at,
        crls=[item.der for item in usable if item.kind == "crl"],
        ocsps=[item.der for item in usable if item.kind == "ocsp"],
        revinfo_policy=policy,
        allow_fetching=False,
        algorithm_usage_policy=PathAlgorithms(table, at),
    )


async def _check_one(
    path: ValidationPath,
    context: ValidationContext,
    usable: list[EvidenceItem],
    at: datetime,
    policies: PKIXValidationParams | None,
) -> PathResult:
    ders = _path_ders(path)
    status = _leaf_status(ders, usable)
    try:
        await async_validate_path(context, path, parameters=policies)
    except ValidationError as error:
        asked = context.algorithm_policy
        return _refusal(error, ders, status, at, asked.refused if isinstance(asked, PathAlgorithms) else None)
    if any(_revoked_by(pair, usable, at) for pair in pairwise(ders[1:])):
        # The library looks only where a CA certificate names an address; a list at hand counts all the same.
        sub, fact = SubIndication.REVOKED_CA_NO_POE, "a CA on the path was revoked"
        return PathResult(Indication.INDETERMINATE, sub, ders, status, fact, at)
    if status.status == "revoked":
        if is_final(status) and not _revoked_later(status, at):
            # The library is content with the first good answer; a revocation in another one weighs more. A hold may
            # have been lifted by a delta list, which only the library reads.
            sub, fact = SubIndication.REVOKED_NO_POE, "the certificate was revoked"
            return PathResult(Indication.INDETERMINATE, sub, ders, status, fact, at)
        status = replace(status, status="good")
    return PathResult(Indication.PASSED, None, ders, status, "the path is sound", at)


def _refusal(
    error: ValidationError,
    ders: tuple[bytes, ...],
    status: RevocationStatus,
    at: datetime,
    weak: AlgorithmRefusal | None,
) -> PathResult:
    about_signer = isinstance(error, PathValidationError) and error.is_ee_cert and not error.is_side_validation
    sub, fact, indication = SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE, "the path is not sound", None
    if isinstance(error, RevokedError) and not error.is_side_validation:
        sub = SubIndication.REVOKED_NO_POE if about_signer else SubIndication.REVOKED_CA_NO_POE
        fact = "the certificate was revoked" if about_signer else "a CA on the path was revoked"
        if status.status != "revoked":
            times = (status.this_update, status.next_update, error.revocation_dt)
            status = RevocationStatus("revoked", status.source, *times)
    elif isinstance(error, InsufficientRevinfoError):
        sub, fact = SubIndication.TRY_LATER, "no usable answer about revocation"
        status = RevocationStatus("unknown", status.source, status.this_update, status.next_update)
    elif isinstance(error, DisallowedAlgorithmError) and weak is not None:
        crypto = SubIndication.CRYPTO_CONSTRAINTS_FAILURE
        return PathResult(Indication.INDETERMINATE, crypto, ders, status, weak.fact, at, weak)
    elif isinstance(error, ExpiredError):
        sub = SubIndication.OUT_OF_BOUNDS_NO_POE if about_signer else sub
        fact = "the certificate has expired" if about_signer else "a CA certificate on the path has expired"
    elif isinstance(error, NotYetValidError) and about_signer:
        sub, fact, indication = SubIndication.NOT_YET_VALID, "the certificate is not valid yet", Indication.FAILED
    return PathResult(indication or Indication.INDETERMINATE, sub, ders, status, fact, at)


def _leaf_status(ders: tuple[bytes, ...], usable: list[EvidenceItem]) -> RevocationStatus:
    if len(ders) < 2:
        return RevocationStatus("unknown")
    statuses = [read_status(item, ders[0], ders[1]) for item in usable]
    return freshest([status for status in statuses if status is not None])


def _revoked_later(status: RevocationStatus, at: datetime) -> bool:
    return status.status == "revoked" and status.revoked_at is not None and status.revoked_at > at


def _revoked_by(pair: tuple[bytes, bytes], usable: list[EvidenceItem], at: datetime) -> bool:
    statuses = [read_status(item, *pair) for item in usable]
    return any(s is not None and s.revoked_at is not None and s.revoked_at <= at for s in statuses)


def _path_ders(path: ValidationPath) -> tuple[bytes, ...]:
    certificates = [c for c in path.iter_certs(include_root=True) if isinstance(c, x509.Certificate)]
    return tuple(certificate.dump() for certificate in reversed(certificates))


def _readable(ders: Sequence[bytes]) -> list[x509.Certificate]:
    certificates = []
    for der in ders:
        try:
            certificates.append(parse_certificate(der))
        except CertificateUnreadable:
            continue
    return certificates


def _result(sub: SubIndication, fact: str, at: datetime, indication: Indication | None = None) -> PathResult:
    return PathResult(indication or Indication.INDETERMINATE, sub, (), RevocationStatus("unknown"), fact, at)


def _refused(refusal: AlgorithmRefusal, at: datetime) -> PathResult:
    sub, unknown = SubIndication.CRYPTO_CONSTRAINTS_FAILURE, RevocationStatus("unknown")
    return PathResult(Indication.INDETERMINATE, sub, (), unknown, refusal.fact, at, refusal)
