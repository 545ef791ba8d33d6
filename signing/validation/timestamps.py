"""Time-stamp tokens: inside a signature, or over the document."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto import cms

from certs.algorithms import AlgorithmUse
from certs.model import Purpose, SubIndication
from certs.names import get_names, parse_certificate
from certs.revocation.model import RevocationEvidence
from signing.validation.cms import DigestOf, check_token, imprint_holds
from signing.validation.hostile import attempt
from signing.validation.policy import ValidationPolicy
from signing.validation.report import TimestampReport
from signing.validation.trust import judge_certificate

CLOCK_TOLERANCE = timedelta(minutes=2)


@dataclass(frozen=True)
class TokenContext:
    """What a token is judged by besides itself."""

    policy: ValidationPolicy
    evidence: RevocationEvidence
    pool_ders: tuple[bytes, ...]
    at: datetime
    proved_by: datetime | None
    """The time of the earliest trusted document time-stamp that covers the token; None where there is none."""


def judge_token(signed_data: cms.SignedData, digest_of: DigestOf, place: str, context: TokenContext) -> TimestampReport:
    """Judge one token: it is about this content, its signature holds, and its authority is trusted.

    Source: RFC 3161, 2.4.2; ETSI EN 319 102-1 V1.3.1, 5.4.
    """
    findings, stated = check_token(signed_data)
    time: datetime | None = attempt(lambda: stated["gen_time"].native, None) if stated is not None else None
    signer = findings.signer_der
    name = attempt(lambda: get_names(signer).display_name, "") if signer is not None else ""

    def refused(sub: SubIndication, fact: str) -> TimestampReport:
        return TimestampReport(place, name, time, False, sub, fact)

    if stated is None or time is None:
        return refused(SubIndication.FORMAT_FAILURE, "the token is malformed")
    if findings.sub_indication is not None or signer is None:
        return refused(findings.sub_indication or SubIndication.GENERIC, "the token's own signature does not hold")
    if not imprint_holds(stated, digest_of):
        return refused(SubIndication.HASH_FAILURE, "the token is about other content")
    # A broken algorithm would let anyone make the token today, whatever time it states.
    weak = context.policy.algorithms.refusal(
        findings.algorithms, AlgorithmUse.TIMESTAMP, context.proved_by or context.at
    )
    if weak is not None:
        return refused(SubIndication.CRYPTO_CONSTRAINTS_FAILURE, weak.fact)
    if time > context.at + CLOCK_TOLERANCE:
        return refused(SubIndication.GENERIC, "the token's time lies in the future")
    return _judge_authority(place, name, signer, time, (*findings.other_ders, *context.pool_ders), context)


def _judge_authority(
    place: str, name: str, signer: bytes, time: datetime, pool_ders: Sequence[bytes], context: TokenContext
) -> TimestampReport:
    path = judge_certificate(
        signer,
        pool_ders,
        context.policy.tsa_anchors(),
        context.evidence,
        Purpose.TSA,
        used_at=context.proved_by or time,
        proved=context.proved_by is not None,
        at=context.at,
        algorithms=context.policy.algorithms,
    )
    if path.passed and not attempt(lambda: _valid_when_used(signer, time), False):
        fact = "the authority's certificate was not valid at the token's time"
        return TimestampReport(place, name, time, False, SubIndication.NOT_YET_VALID, fact)
    return TimestampReport(place, name, time, path.passed, path.sub_indication, path.fact)


def _valid_when_used(certificate_der: bytes, time: datetime) -> bool:
    certificate = parse_certificate(certificate_der)
    return bool(certificate.not_valid_before <= time <= certificate.not_valid_after)
