"""Asking OCSP responders and CRL addresses, with a bound on the whole."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509

from certs.errors import CertificateUnreadable
from certs.model import RevocationStatus
from certs.revocation.addresses import build_status_queries, find_delta_addresses
from certs.revocation.answers import evidence_nonce, evidence_times, find_responders, is_final, read_status
from certs.revocation.cache import RevocationCache
from certs.revocation.fetch import Exchange, ExchangeFailed, Limits
from certs.revocation.model import (
    CLOCK_TOLERANCE,
    EvidenceItem,
    FetchFailure,
    RevocationEvidence,
    RevocationRules,
    StatusQuery,
)
from certs.revocation.nonce import add_nonce, make_nonce
from certs.revocation.silence import FROM_THE_FUTURE, UNREADABLE, Rules, why_response_is_silent

OCSP_MAX_SIZE_BYTES = 200_000
ISSUER_MAX_SIZE_BYTES = 100_000
MAX_ISSUER_STEPS = 4
MAX_RESPONDERS, MAX_DELTAS = 2, 4
# Longer than any answer lasts.
SINCE_EVER = timedelta(days=3650)


@dataclass(frozen=True)
class GatherLimits:
    """Bounds of one gathering.

    A kept answer that was fetched longer ago than max_age is asked for again, however long it says it lasts; where
    nobody answers it serves all the same, as long as it says it lasts. One that ends within renew_before is asked for
    again, too.
    """

    total_timeout_seconds: float = 30.0
    each_timeout_seconds: float = 10.0
    crl_max_size_bytes: int = 10_000_000
    max_age: timedelta = timedelta(minutes=10)
    renew_before: timedelta = timedelta(0)


class RevocationGatherer:
    """Collects evidence for certificates by OCSP first, by CRL where OCSP gives no answer that counts."""

    def __init__(
        self,
        exchange: Exchange,
        cache: RevocationCache,
        limits: GatherLimits | None = None,
        rules: RevocationRules | None = None,
    ) -> None:
        self._exchange = exchange
        self._cache = cache
        self._limits = limits or GatherLimits()
        self._rules = rules or RevocationRules()

    def gather(self, queries: Sequence[StatusQuery], now: datetime) -> RevocationEvidence:
        """Return what could be had for the queries, within the bound on the whole; failures are listed, not raised."""
        # Whoever asks about last year still gathers today, and what is said today is then not from the future.
        now = max(now, datetime.now(UTC))
        start = RevocationEvidence(gathered_at=now, rules=self._rules)
        return _Gathering(self._exchange, self._cache, self._limits, start, now).run(queries)

    def gather_for(
        self, certificate_der: bytes, pool_ders: Sequence[bytes], anchor_ders: Sequence[bytes], now: datetime
    ) -> RevocationEvidence:
        """Return the evidence for a certificate of our own and the CAs above it.

        Raises:
            CertificateUnreadable: See certs.names.parse_certificate.
        """
        return self.gather(build_status_queries(certificate_der, pool_ders, anchor_ders), now)


class _Gathering:
    """One run: the clock, what was found, what failed."""

    def __init__(
        self, exchange: Exchange, cache: RevocationCache, limits: GatherLimits, start: RevocationEvidence, now: datetime
    ) -> None:
        self._exchange, self._cache, self._limits, self._now = exchange, cache, limits, now
        self._deadline = time.monotonic() + limits.total_timeout_seconds
        self._found = start
        self._asked: set[bytes] = set()

    def run(self, queries: Sequence[StatusQuery]) -> RevocationEvidence:
        for query in queries:
            self._ask(query, MAX_ISSUER_STEPS)
        return self._found

    def _ask(self, query: StatusQuery, steps: int) -> None:
        if query.certificate_der in self._asked:
            return
        self._asked.add(query.certificate_der)
        if query.issuer_der is None:
            self._follow_issuer(query, steps)
            return
        if not self._by_ocsp(query):
            self._by_crl(query)

    def _follow_issuer(self, query: StatusQuery, steps: int) -> None:
        """Fetch the missing issuer, then ask with it. Source: RFC 5280, 4.2.2.1 (caIssuers)."""
        for address in query.issuer_addresses[: 1 if steps > 0 else 0]:
            der = self._fetch(address, None, None, ISSUER_MAX_SIZE_BYTES)
            try:
                issuer_der = None if der is None else _one_certificate(der)
                if issuer_der is None:
                    continue
                self._add(RevocationEvidence(certificates_der=(issuer_der,)))
                for better in build_status_queries(query.certificate_der, [issuer_der]):
                    self._asked.discard(better.certificate_der)
                    self._ask(better, steps - 1)
            except CertificateUnreadable:
                self._failed(address, UNREADABLE)

    def _by_ocsp(self, query: StatusQuery) -> bool:
        for address in query.ocsp_addresses:
            # Several certificates share an address, so the question is part of what is kept.
            key = f"{address}#{hashlib.sha256(query.ocsp_request_der or b'').hexdigest()}"
            kept = self._kept(key, "ocsp", query, self._limits.max_age)
            item = kept or self._item(address, "ocsp", query)
            status = None if item is None else self._status(item, query)
            if item is not None and (status is None or status.status == "unknown"):
                self._failed(address, self._why_silent(item, query))
            if item is None or status is None or status.status == "unknown":
                item = kept = self._kept(key, "ocsp", query, SINCE_EVER)
            if item is None:
                continue
            if kept is None:
                self._cache.keep_evidence(key, item, self._now)
            self._add(RevocationEvidence(items=(item,)))
            self._ask_about_delegates(item, query)
            return True
        return False

    def _ask_about_delegates(self, item: EvidenceItem, query: StatusQuery) -> None:
        """Fetch the lists that speak of a responder whose certificate can be revoked. Source: RFC 6960, 4.2.2.2.1."""
        for der in find_responders(item)[:MAX_RESPONDERS]:
            for asked in build_status_queries(der, [query.issuer_der or b""])[:1]:
                if asked.issuer_der is not None and asked.certificate_der not in self._asked:
                    self._asked.add(asked.certificate_der)
                    self._by_crl(asked)

    def _by_crl(self, query: StatusQuery) -> None:
        """Take each list that the certificate names until one tells by itself.

        A list for some reasons, a delta or an indirect one is not kept for others: nobody here can tell whether it is
        genuine; path validation takes all of them together.
        """
        deltas = list(query.delta_addresses)
        for address in query.crl_addresses:
            kept = self._kept(address, "crl", query, self._limits.max_age)
            item = kept or self._item(address, "crl", query)
            if item is None or self._is_stale(item):
                item = kept = self._kept(address, "crl", query, SINCE_EVER) or item
            if item is None:
                continue
            self._add(RevocationEvidence(items=(item,)))
            deltas += find_delta_addresses(item.der)
            if self._status(item, query) is None:
                continue
            if kept is None:
                self._cache.keep_evidence(address, item, self._now)
            break
        for address in dict.fromkeys(deltas[:MAX_DELTAS]):
            # Short-lived by nature, and worth nothing without the list it builds on: not kept.
            delta = self._item(address, "crl", query)
            if delta is not None:
                self._add(RevocationEvidence(items=(delta,)))

    def _kept(self, key: str, kind: str, query: StatusQuery, max_age: timedelta) -> EvidenceItem | None:
        item = self._cache.find_evidence(key, kind, self._now - max_age)
        ends = None if item is None else item.next_update
        if max_age is not SINCE_EVER and ends is not None and ends < self._now + self._limits.renew_before:
            return None
        status = None if item is None else self._status(item, query)
        return item if status is not None and status.status != "unknown" else None

    def _item(self, address: str, kind: str, query: StatusQuery) -> EvidenceItem | None:
        der = self._ask_responder(address, query) if kind == "ocsp" else self._fetch_list(address)
        if der is None:
            return None
        times = evidence_times(kind, der)
        if times is None:
            self._failed(address, UNREADABLE)
            return None
        if times[0] > self._now + CLOCK_TOLERANCE:
            self._failed(address, FROM_THE_FUTURE)
            return None
        return EvidenceItem(kind, der, address, *times)

    def _fetch_list(self, address: str) -> bytes | None:
        return self._fetch(address, None, None, self._limits.crl_max_size_bytes)

    def _ask_responder(self, address: str, query: StatusQuery) -> bytes | None:
        nonce = make_nonce()
        request = add_nonce(query.ocsp_request_der or b"", nonce)
        der = self._fetch(address, request, "application/ocsp-request", OCSP_MAX_SIZE_BYTES)
        if der is None:
            return None
        repeated = evidence_nonce(der)
        if repeated == nonce or (repeated is None and not self._found.rules.nonce_required):
            # Many responders answer from a store and know no nonces (RFC 5019, 4); the times must then do.
            return der
        self._failed(address, "nonce-differs")
        return None

    def _is_stale(self, item: EvidenceItem) -> bool:
        return item.next_update is not None and item.next_update < self._now

    def _status(self, item: EvidenceItem, query: StatusQuery) -> RevocationStatus | None:
        """Return what counts now: signed by the right one, about this certificate, and not out of date.

        A revocation that cannot be undone is never out of date.
        """
        status = None if query.issuer_der is None else read_status(item, query.certificate_der, query.issuer_der)
        return None if status is None or (self._is_stale(item) and not is_final(status)) else status

    def _why_silent(self, item: EvidenceItem, query: StatusQuery) -> str:
        rules = Rules(lambda *_: not self._is_stale(item), lambda *_: True, lambda *_: None)
        pairs = [(query.certificate_der, query.issuer_der or b"")]
        return why_response_is_silent(item.der, pairs, rules) or UNREADABLE

    def _fetch(self, address: str, body: bytes | None, content_type: str | None, max_size_bytes: int) -> bytes | None:
        left_seconds = min(self._limits.each_timeout_seconds, self._deadline - time.monotonic())
        if left_seconds <= 0:
            self._failed(address, "time-limit")
            return None
        try:
            return self._exchange(address, body, content_type, Limits(left_seconds, max_size_bytes))
        except ExchangeFailed as failure:
            self._failed(address, failure.code)
            return None

    def _failed(self, address: str, code: str) -> None:
        self._add(RevocationEvidence(failures=(FetchFailure(address, code),)))

    def _add(self, more: RevocationEvidence) -> None:
        self._found = self._found.joined(more)


def _one_certificate(der: bytes) -> bytes:
    """Return the bytes if they are one DER certificate.

    Raises:
        CertificateUnreadable: They are not.
    """
    try:
        x509.load_der_x509_certificate(der)
    except (ValueError, x509.InvalidVersion) as error:
        raise CertificateUnreadable("the address did not give one DER certificate") from error
    return der
