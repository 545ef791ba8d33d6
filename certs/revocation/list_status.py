"""What lists say about one certificate: complete, delta, indirect and partitioned ones, each by its own scope.

Source: RFC 5280, 6.3.3; the letters in comments are its steps.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from certs.model import RevocationStatus
from certs.revocation.certificate_facts import (
    DIRECTORY_NAME,
    CertificateFacts,
    DistributionPoint,
    encode,
    full_names,
    same_name,
)
from certs.revocation.crl import Crl, CrlHead
from certs.revocation.der import DerUnsound, read_whole
from certs.revocation.reasons import ALL_FLAGS, UNDONE

FindSigner = Callable[[Crl], bytes | None]
"""Returns the public key of whoever signed a list and may do so, or None where nobody did."""
IsFresh = Callable[[datetime, datetime | None], bool]
"""Says by this_update and next_update whether evidence is recent enough to call a certificate good."""


@dataclass(frozen=True)
class ListFinding:
    """What one complete list, with the delta that builds on it, says about the certificate."""

    head: CrlHead
    reasons: frozenset[int]
    """Which reasons for a revocation it would know of."""
    status: RevocationStatus
    fresh: bool

    @property
    def newness(self) -> tuple[datetime, int]:
        """What orders lists of one scope."""
        return self.head.this_update, self.head.number or 0


def list_statuses(
    certificate: CertificateFacts, crls: Sequence[Crl], find_signer: FindSigner, is_fresh: IsFresh
) -> list[RevocationStatus]:
    """Return what the lists together say; nothing where they do not cover every reason.

    A list that is not fresh, or that was issued after the certificate's end, no longer proves that nothing happened,
    but a revocation in it stands. One that nobody signed who may, or about other certificates, says nothing.
    """
    complete = [crl for crl in crls if crl.head.delta_of is None]
    deltas = [crl for crl in crls if crl.head.delta_of is not None]
    findings: list[ListFinding] = []
    for crl in complete:
        findings += _findings(certificate, crl, deltas, find_signer, is_fresh)
    statuses = [finding.status for finding in findings if finding.status.status == "revoked"]
    statuses += [s for delta in deltas for s in _revocations(certificate, delta, find_signer)]
    newest: dict[tuple[bytes, bytes, frozenset[int]], ListFinding] = {}
    for finding in sorted((f for f in findings if f.fresh), key=lambda f: f.newness):
        newest[(finding.head.issuer, finding.head.scope_der, finding.reasons)] = finding
    return statuses + _good(list(newest.values()))


def _good(findings: Sequence[ListFinding]) -> list[RevocationStatus]:
    """Return the good statuses: of each list that knows every reason, and of those that only do together."""
    good = [finding for finding in findings if finding.status.status == "good"]
    whole = [finding.status for finding in good if finding.reasons >= ALL_FLAGS]
    partial = [finding for finding in good if not finding.reasons >= ALL_FLAGS]
    if not partial or not frozenset[int]().union(*(finding.reasons for finding in partial)) >= ALL_FLAGS:
        return whole
    # Together they are only as fresh as the oldest of them.
    oldest = min(partial, key=lambda finding: finding.newness).status
    return [*whole, oldest]


def _findings(
    certificate: CertificateFacts, crl: Crl, deltas: Sequence[Crl], find_signer: FindSigner, is_fresh: IsFresh
) -> Iterable[ListFinding]:
    reasons = reasons_covered(certificate, crl.head)
    if not reasons or not crl.head.understood:
        return
    key = find_signer(crl)
    if key is None:
        return
    delta = _newest_delta(crl, deltas, key, is_fresh)
    try:
        status = _look_up(certificate, crl, delta)
    except DerUnsound:
        return
    head = crl.head
    late = head.this_update > certificate.not_after and not head.expired_listed
    yield ListFinding(head, reasons, status, is_fresh(head.this_update, head.next_update) and not late)


def _revocations(certificate: CertificateFacts, delta: Crl, find_signer: FindSigner) -> list[RevocationStatus]:
    """Return a revocation that a delta tells of by itself, without the list it builds on."""
    if not delta.head.understood or not reasons_covered(certificate, delta.head) or find_signer(delta) is None:
        return []
    try:
        status = _look_up(certificate, delta, None)
    except DerUnsound:
        return []
    return [status] if status.status == "revoked" else []


def _newest_delta(crl: Crl, deltas: Sequence[Crl], key: bytes, is_fresh: IsFresh) -> Crl | None:
    """Steps (c) and (h)."""
    fitting = [
        delta
        for delta in deltas
        if _builds_on(delta.head, crl.head)
        and is_fresh(delta.head.this_update, delta.head.next_update)
        and delta.signed_by(key)
    ]
    return max(fitting, key=lambda delta: delta.head.number or 0, default=None)


def _builds_on(delta: CrlHead, base: CrlHead) -> bool:
    numbers = (delta.delta_of, base.number, delta.number)
    if not delta.understood or None in numbers:
        return False
    lowest, number, own = (number or 0 for number in numbers)
    same_scope = delta.scope_der == base.scope_der and delta.authority_key == base.authority_key
    return lowest <= number < own and same_scope and same_name(delta.issuer, base.issuer)


def _look_up(certificate: CertificateFacts, crl: Crl, delta: Crl | None) -> RevocationStatus:
    """Steps (i) to (k)."""
    newest = crl if delta is None else delta
    times = (newest.head.this_update, newest.head.next_update)
    entry = None if delta is None else delta.find(certificate.serial, certificate.issuer)
    entry = entry or crl.find(certificate.serial, certificate.issuer)
    if entry is None or entry.reason == UNDONE:
        return RevocationStatus("good", "crl", *times)
    return RevocationStatus("revoked", "crl", *times, entry.revoked_at, entry.reason)


def reasons_covered(certificate: CertificateFacts, head: CrlHead) -> frozenset[int]:
    """Return for which reasons a list would name the certificate; none where it is about others.

    A list that no distribution point of the certificate names still serves if it is its issuer's for all of them.
    """
    own = DistributionPoint(names=(encode(DIRECTORY_NAME, certificate.issuer),))
    covered = frozenset[int]()
    for point in (*certificate.points, own):
        try:
            if _in_scope(certificate, point, head):
                covered |= ALL_FLAGS & (head.scope.reasons or ALL_FLAGS) & (point.reasons or ALL_FLAGS)
        except DerUnsound:
            continue
    return covered


def _in_scope(certificate: CertificateFacts, point: DistributionPoint, head: CrlHead) -> bool:
    """Step (b)."""
    scope = head.scope
    if point.list_issuers:
        issued = scope.indirect and any(same_name(name, head.issuer) for name in _names_inside(point.list_issuers))
    else:
        issued = same_name(head.issuer, certificate.issuer)
    if not issued or scope.only_attributes or (scope.only_users and certificate.is_ca):
        return False
    if scope.only_authorities and not certificate.is_ca:
        return False
    if not scope.names and scope.relative_name is None:
        return True
    theirs = full_names(scope.names, scope.relative_name, head.issuer)
    ours: tuple[bytes, ...] = point.list_issuers
    if point.names or point.relative_name is not None:
        above = next(_names_inside(point.list_issuers), certificate.issuer)
        ours = full_names(point.names, point.relative_name, above)
    return any(_same_general_name(one, other) for one in ours for other in theirs)


def _names_inside(general_names: Iterable[bytes]) -> Iterator[bytes]:
    return (read_whole(name, DIRECTORY_NAME).content for name in general_names)


def _same_general_name(one: bytes, other: bytes) -> bool:
    if one == other:
        return True
    if not one or not other or one[0] != DIRECTORY_NAME or other[0] != DIRECTORY_NAME:
        return False
    return same_name(*_names_inside((one, other)))
