"""The status of one certificate at one time, by all the evidence there is: OCSP responses and lists."""

from collections.abc import Callable, Sequence
from datetime import datetime

from certs.model import Finding, RevocationStatus
from certs.revocation.answers import freshest, is_final
from certs.revocation.certificate_facts import CertificateFacts, certificate_facts, same_name
from certs.revocation.crl import Crl, open_crl
from certs.revocation.der import DerUnsound
from certs.revocation.list_status import list_statuses
from certs.revocation.model import CLOCK_TOLERANCE, EvidenceItem, RevocationEvidence
from certs.revocation.ocsp import OcspFinding, read_ocsp
from certs.revocation.silence import (
    FROM_THE_FUTURE,
    UNREADABLE,
    Pair,
    Rules,
    why_list_is_silent,
    why_response_is_silent,
)

MAX_LISTS = 64
MAX_LIST_SIGNERS = 16

MaySign = Callable[[bytes], bool]
"""Says whether a sound path leads from a certificate to the anchor in question. Source: RFC 5280, 6.3.3 (f)."""


class StatusJudge:
    """Judges certificates of one path by one set of evidence."""

    def __init__(
        self, evidence: RevocationEvidence, at: datetime, pool_ders: Sequence[bytes], may_sign: MaySign
    ) -> None:
        """Read the evidence.

        Args:
            evidence: What there is, and the rules to judge by.
            at: The time for which the question is asked.
            pool_ders: Certificates among which the signers of lists are looked for, beside the issuers themselves.
            may_sign: Judges the path of such a signer.
        """
        self.rules = evidence.rules
        self._evidence = evidence
        self._gathered_at = evidence.gathered_at
        self._at = at
        self._pool_ders = pool_ders
        self._may_sign = may_sign
        self._asked: set[bytes] = set()
        items = [item for item in evidence.items if not self._from_the_future(item)]
        self._responses = [item for item in items if item.kind == "ocsp"]
        self._crls = _readable([item for item in items if item.kind == "crl"][:MAX_LISTS])

    def status(self, certificate_der: bytes, issuer_der: bytes) -> RevocationStatus:
        """Return the status; unknown where nothing that counts says anything.

        A revocation that cannot be undone counts however old its evidence is; good needs fresh evidence.
        Raises:
            DerUnsound: A certificate is not readable.
        """
        certificate, issuer = certificate_facts(certificate_der), certificate_facts(issuer_der)
        self._asked.add(certificate_der)
        try:
            found = [s for s in (self._by_ocsp(item, certificate, issuer_der) for item in self._responses) if s]
            found += self._by_lists(certificate, issuer)
        finally:
            self._asked.discard(certificate_der)
        return freshest(found)

    def findings(self, pairs: Sequence[Pair]) -> tuple[Finding, ...]:
        """Return why each answer that helps none of these certificates does not, and which addresses gave none.

        Args:
            pairs: Each certificate of the path with its issuer.
        """
        rules = Rules(self._fresh, self._delegate_stands, self._list_signer)
        whys = [(self._why_silent(item, pairs, rules), item.source) for item in self._evidence.items]
        failed = [(failure.code, failure.address) for failure in self._evidence.failures]
        named = [Finding(code, place) for code, place in [*whys, *failed] if code is not None]
        return tuple(dict.fromkeys(named))

    def _why_silent(self, item: EvidenceItem, pairs: Sequence[Pair], rules: Rules) -> str | None:
        if self._from_the_future(item):
            return FROM_THE_FUTURE
        if item.kind == "ocsp":
            return why_response_is_silent(item.der, pairs, rules)
        try:
            return why_list_is_silent(open_crl(item.der, item.sha256), pairs, rules)
        except DerUnsound:
            return UNREADABLE

    def _from_the_future(self, item: EvidenceItem) -> bool:
        claimed, known_at = item.this_update, self._gathered_at
        return known_at is not None and claimed is not None and claimed > known_at + CLOCK_TOLERANCE

    def _fresh(self, this_update: datetime, next_update: datetime | None) -> bool:
        return self.rules.is_fresh(self._at, this_update, next_update)

    def _by_ocsp(self, item: EvidenceItem, certificate: CertificateFacts, issuer_der: bytes) -> RevocationStatus | None:
        try:
            finding = read_ocsp(item.der, certificate, certificate_facts(issuer_der))
        except DerUnsound:
            return None
        if finding is None or not self._delegate_stands(finding, issuer_der):
            return None
        status = finding.status
        if is_final(status):
            return status
        started = status.this_update or finding.produced_at
        late = started > certificate.not_after and not _knows_expired(finding, certificate)
        return status if self._fresh(started, status.next_update) and not late else None

    def _delegate_stands(self, finding: OcspFinding, issuer_der: bytes) -> bool:
        """Ask about a responder's own certificate, where its issuer did not waive that. Source: RFC 6960, 4.2.2.2.1."""
        if finding.delegate_der is None:
            return True
        delegate = certificate_facts(finding.delegate_der)
        if delegate.ocsp_no_check or finding.delegate_der in self._asked:
            return delegate.ocsp_no_check
        statuses = self._by_lists(delegate, certificate_facts(issuer_der))
        status = freshest(statuses).status
        return status == "good" or (status == "unknown" and not delegate.names_status_address)

    def _by_lists(self, certificate: CertificateFacts, issuer: CertificateFacts) -> list[RevocationStatus]:
        return list_statuses(certificate, self._crls, lambda crl: self._list_signer(crl, issuer), self._fresh)

    def _list_signer(self, crl: Crl, issuer: CertificateFacts) -> bytes | None:
        """Steps (f) and (g) of RFC 5280, 6.3.3: the issuer itself, or whoever else bears the list issuer's name."""
        if issuer.signs_lists and same_name(issuer.subject, crl.head.issuer) and crl.signed_by(issuer.public_key_info):
            return issuer.public_key_info
        tried = 0
        for der in self._pool_ders:
            signer = _facts(der)
            if signer is None or not signer.signs_lists or not same_name(signer.subject, crl.head.issuer):
                continue
            tried += 1
            if tried > MAX_LIST_SIGNERS:
                break
            if crl.signed_by(signer.public_key_info) and self._signer_stands(der, signer):
                return signer.public_key_info
        return None

    def _signer_stands(self, der: bytes, signer: CertificateFacts) -> bool:
        if der in self._asked:
            # Its own status hangs on a list that it signed: then the list decides, and its path is being judged.
            return True
        if not self._may_sign(der):
            return False
        issuer_der = next((d for d in self._pool_ders if _issued(d, signer)), None)
        return issuer_der is None or self.status(der, issuer_der).status != "revoked"


def names_status_address(certificate_der: bytes) -> bool:
    """Say whether a certificate tells where its status is to be had, so that somebody should be able to say.

    Raises:
        DerUnsound: It is not readable.
    """
    return certificate_facts(certificate_der).names_status_address


def _issued(der: bytes, certificate: CertificateFacts) -> bool:
    issuer = _facts(der)
    return issuer is not None and issuer.subject == certificate.issuer


def _knows_expired(finding: OcspFinding, certificate: CertificateFacts) -> bool:
    """Source: RFC 6960, 4.4.4."""
    return finding.archive_cutoff is not None and finding.archive_cutoff <= certificate.not_after


def _facts(der: bytes) -> CertificateFacts | None:
    try:
        return certificate_facts(der)
    except DerUnsound:
        return None


def _readable(items: Sequence[EvidenceItem]) -> list[Crl]:
    crls = []
    for item in items:
        try:
            crls.append(open_crl(item.der, item.sha256))
        except DerUnsound:
            continue
    return crls
