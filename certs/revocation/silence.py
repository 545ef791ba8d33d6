"""Why a list or an answer says nothing that counts, in one word each: for whoever must mend it.

Asked only where nobody could say; judgements are made elsewhere and do not depend on it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from certs.revocation.certificate_facts import CertificateFacts, certificate_facts
from certs.revocation.crl import Crl
from certs.revocation.der import DerUnsound
from certs.revocation.list_status import reasons_covered
from certs.revocation.ocsp import OcspFinding, find_single, parse_ocsp, read_ocsp
from certs.revocation.reasons import ALL_FLAGS

UNREADABLE, FROM_THE_FUTURE, STALE = "unreadable", "from-the-future", "stale"
OTHER_CERTIFICATE, SIGNER_NOT_ENTITLED = "other-certificate", "signer-not-entitled"
RESPONDER_UNPROVED, UNKNOWN_THERE = "responder-unproved", "unknown-to-responder"
NOT_UNDERSTOOD, SOME_REASONS_ONLY, BASE_MISSING = "not-understood", "some-reasons-only", "base-missing"

Pair = tuple[bytes, bytes]
"""A certificate and its issuer, DER."""


@dataclass(frozen=True)
class Rules:
    """How whoever judges answers the questions on which evidence hangs."""

    is_fresh: Callable[[datetime, datetime | None], bool]
    delegate_stands: Callable[[OcspFinding, bytes], bool]
    """Of a response's finding and the issuer's certificate."""
    list_signer: Callable[[Crl, CertificateFacts], bytes | None]
    """The key of whoever signed a list and may do so, given the certificate's issuer."""


def why_response_is_silent(der: bytes, pairs: Sequence[Pair], rules: Rules) -> str | None:
    """Return why an OCSP response helps none of these certificates; None where it helps one."""
    try:
        singles = parse_ocsp(der).singles
        about = [pair for pair in pairs if find_single(singles, *map(certificate_facts, pair)) is not None]
        whys = [_why_not(der, pair, rules) for pair in about]
    except DerUnsound:
        return UNREADABLE
    if not about:
        return OTHER_CERTIFICATE
    return None if None in whys else whys[0]


def _why_not(der: bytes, pair: Pair, rules: Rules) -> str | None:
    finding = read_ocsp(der, *map(certificate_facts, pair))
    if finding is None:
        return SIGNER_NOT_ENTITLED
    if not rules.delegate_stands(finding, pair[1]):
        return RESPONDER_UNPROVED
    if finding.status.status == "unknown":
        return UNKNOWN_THERE
    started = finding.status.this_update or finding.produced_at
    return None if rules.is_fresh(started, finding.status.next_update) else STALE


def why_list_is_silent(crl: Crl, pairs: Sequence[Pair], rules: Rules) -> str | None:
    """Return why a list helps none of these certificates; None where it helps one."""
    head = crl.head
    if not head.understood:
        return NOT_UNDERSTOOD
    about = [pair for pair in pairs if reasons_covered(certificate_facts(pair[0]), head)]
    if not about:
        return OTHER_CERTIFICATE
    signed = [pair for pair in about if rules.list_signer(crl, certificate_facts(pair[1])) is not None]
    if not signed:
        return SIGNER_NOT_ENTITLED
    if not rules.is_fresh(head.this_update, head.next_update):
        return STALE
    certificate = certificate_facts(signed[0][0])
    try:
        crl.find(certificate.serial, certificate.issuer)
    except DerUnsound:
        return UNREADABLE
    if head.delta_of is not None:
        return BASE_MISSING
    return None if reasons_covered(certificate, head) >= ALL_FLAGS else SOME_REASONS_ONLY
