"""A time-stamping authority over HTTP."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from certs.algorithms import AlgorithmTable
from certs.model import Purpose, SubIndication, TrustAnchor
from certs.names import parse_certificate
from certs.path import check_path
from certs.revocation.gather import RevocationGatherer
from certs.usage import usage_problem
from signing.errors.timestamps import TimestampNotTrustworthy, TimestampUnavailable
from signing.timestamps.base import TimestampToken
from signing.timestamps.bounded_http import HttpFailed, post_bounded
from signing.timestamps.tokens import make_query, read_answer

ANSWER_SIZE_BYTES = 64 * 1024
_QUERY_TYPE = "application/timestamp-query"
_REPLY_TYPE = "application/timestamp-reply"


def utc_now() -> datetime:
    """Return the wall clock's time: a time-stamp's time is judged against it while the call runs."""
    return datetime.now(UTC)


class Rfc3161Authority:
    """Asks one authority at its HTTP address; several of these may be tried in turn by the caller.

    Source: RFC 3161, 3.4.
    """

    def __init__(
        self,
        name: str,
        url: str,
        *,
        anchors: Callable[[], Sequence[TrustAnchor]],
        timeout_seconds: float,
        policy: str | None = None,
        clock: Callable[[], datetime] = utc_now,
        algorithms: AlgorithmTable | None = None,
        ca_file: Callable[[], Path | None] | None = None,
        revocation: Callable[[], RevocationGatherer] | None = None,
    ) -> None:
        """Remember the address.

        Args:
            name: As the settings call the authority.
            anchors: Gives the anchors trusted for time-stamping at the moment of use.
            timeout_seconds: Bounds the whole call, not each wait.
            policy: The OID of the policy asked for; an answer under another one does not count. None takes any.
            algorithms: What may be relied on until which day; None takes the shipped table.
            ca_file: Gives the CAs that vouch for an https address; None takes the system's.
            revocation: Gives what asks whether the authority's certificate was revoked; None leaves that to validation.
        """
        self.name = name
        self._url = url
        self._anchors = anchors
        self._policy = policy
        self._timeout_seconds = timeout_seconds
        self._clock = clock
        self._algorithms = algorithms
        self._ca_file = ca_file
        self._revocation = revocation

    def timestamp(
        self, imprint: bytes, digest_algorithm: str, *, timeout_seconds: float | None = None
    ) -> TimestampToken:
        query = make_query(imprint, digest_algorithm, self._policy)
        own = self._timeout_seconds
        sent_at = self._clock()
        answer = self._post(query.der, own if timeout_seconds is None else min(own, timeout_seconds))
        return read_answer(
            answer,
            query,
            authority_name=self.name,
            check_signer=self._check_signer,
            sent_at=sent_at,
            received_at=self._clock(),
        )

    def _post(self, body: bytes, timeout_seconds: float) -> bytes:
        try:
            status, kind, answer = post_bounded(
                self._url,
                body,
                _QUERY_TYPE,
                timeout_seconds=timeout_seconds,
                size_bytes=ANSWER_SIZE_BYTES,
                ca_file=self._ca_file() if self._ca_file is not None else None,
            )
        except HttpFailed as error:
            raise TimestampUnavailable(f"{self.name}: {error}") from None
        if status != 200:
            raise TimestampUnavailable(f"{self.name}: the answer has HTTP status {status}")
        if kind != _REPLY_TYPE:
            raise TimestampUnavailable(f"{self.name}: the answer is not a time-stamp reply")
        return answer

    def _check_signer(self, certificate_der: bytes, chain_ders: Sequence[bytes], at: datetime) -> None:
        gatherer = self._revocation() if self._revocation is not None else None
        check_timestamp_signer(certificate_der, chain_ders, self._anchors(), at, self._algorithms, gatherer)


def check_timestamp_signer(
    certificate_der: bytes,
    chain_ders: Sequence[bytes],
    anchors: Sequence[TrustAnchor],
    at: datetime,
    algorithms: AlgorithmTable | None = None,
    revocation: RevocationGatherer | None = None,
) -> None:
    """Make sure that a certificate may stamp, leads to an anchor and is not known to be revoked.

    An authority whose CA gives no answer still counts: validation judges the whole signature before it is kept, and
    may find an answer by then. One that is revoked must give way to the next authority here.

    Args:
        revocation: What asks; None leaves revocation to validation.
    Raises:
        TimestampNotTrustworthy: usage, untrusted or revoked.
    """
    problem = usage_problem(parse_certificate(certificate_der), Purpose.TSA)
    if problem:
        raise TimestampNotTrustworthy(f"the authority's certificate may not stamp: {problem}", "usage")
    ours = [anchor for anchor in anchors if anchor.purpose is Purpose.TSA]
    result = check_path(certificate_der, chain_ders, ours, None, at, Purpose.TSA, algorithms=algorithms)
    if not result.passed:
        raise TimestampNotTrustworthy(f"the authority's certificate is not trusted: {result.fact}", "untrusted")
    if revocation is None:
        return
    trusted = [anchor.certificate_der for anchor in ours if anchor.trusted_at(at)]
    evidence = revocation.gather_for(certificate_der, chain_ders, trusted, at)
    pool = (*chain_ders, *evidence.certificates_der)
    result = check_path(certificate_der, pool, ours, evidence, at, Purpose.TSA, algorithms=algorithms)
    if result.sub_indication in {SubIndication.REVOKED_NO_POE, SubIndication.REVOKED_CA_NO_POE}:
        raise TimestampNotTrustworthy(f"the authority does not count: {result.fact}", "revoked")
