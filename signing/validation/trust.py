"""Trust in a certificate that was used at a time that may be long ago."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from certs.algorithms import AlgorithmTable
from certs.model import Indication, PathResult, Purpose, SubIndication, TrustAnchor
from certs.path import check_path
from certs.revocation.model import RevocationEvidence

MAX_MOMENTS = 6
HELPED_BY_PROOF = frozenset(
    {
        SubIndication.OUT_OF_BOUNDS_NO_POE,
        SubIndication.REVOKED_NO_POE,
        SubIndication.REVOKED_CA_NO_POE,
        SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
        SubIndication.TRY_LATER,
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
    }
)


def judge_certificate(
    certificate_der: bytes,
    pool_ders: Sequence[bytes],
    anchors: Sequence[TrustAnchor],
    evidence: RevocationEvidence,
    purpose: Purpose,
    *,
    used_at: datetime,
    proved: bool,
    at: datetime,
    algorithms: AlgorithmTable | None = None,
) -> PathResult:
    """Judge a certificate as of now and, where its use is proved to be earlier, as of then.

    Args:
        used_at: When the key was used: the best-signature-time, or a token's own time.
        proved: Whether a trusted time-stamp vouches for used_at. A claim does not help.
        at: Validation time.
        algorithms: See check_path; judged at the same times as the path.
    Returns:
        The finding; one from before `at` has its checked_at there.
    Source: ETSI EN 319 102-1 V1.3.1, 5.5.4 and 5.6.2.2. An answer about revocation that is newer than the use and
    older than the certificate's end serves as well, because its responder's certificate may be newer than the use.
    """
    today = check_path(certificate_der, pool_ders, anchors, evidence, at, purpose, algorithms=algorithms)
    if not proved or used_at >= at:
        return today
    if today.passed:
        then = check_path(certificate_der, pool_ders, anchors, None, used_at, purpose, algorithms=algorithms)
        if then.sub_indication is SubIndication.NOT_YET_VALID:
            return replace(then, indication=Indication.FAILED)
        return today
    if today.sub_indication not in HELPED_BY_PROOF:
        return today
    then = check_path(certificate_der, pool_ders, anchors, evidence, used_at, purpose, algorithms=algorithms)
    if then.passed or then.sub_indication in {SubIndication.REVOKED_NO_POE, SubIndication.NOT_YET_VALID}:
        return then
    for moment in _moments(evidence, used_at, at):
        later = check_path(certificate_der, pool_ders, anchors, evidence, moment, purpose, algorithms=algorithms)
        if later.passed:
            return later
    return today


def _moments(evidence: RevocationEvidence, after: datetime, before: datetime) -> list[datetime]:
    times = {item.this_update for item in evidence.items if item.this_update is not None}
    return sorted(moment for moment in times if after < moment < before)[:MAX_MOMENTS]
