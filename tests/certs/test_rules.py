"""How recent evidence must be, what a responder must prove, and what happens where nobody could say."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs.model import PathResult, Purpose, SubIndication, TrustAnchor
from certs.path import check_path
from certs.revocation.addresses import build_status_queries
from certs.revocation.cache import MemoryCache
from certs.revocation.circuit import LocalRests, RestingExchange
from certs.revocation.fetch import ExchangeFailed, Limits
from certs.revocation.gather import GatherLimits, RevocationGatherer
from certs.revocation.model import EvidenceItem, RevocationEvidence, RevocationRules
from certs.revocation.nonce import add_nonce
from certs.service_health import RestRules
from tests.certs.authority import Authority, Holder, key_usage

HOUR = timedelta(hours=1)
Judge = Callable[..., PathResult]


@pytest.fixture
def judge(authority: Authority, anchors: tuple[TrustAnchor, ...]) -> Judge:
    def judged(holder: Holder, *ders: tuple[str, bytes], **settings: Any) -> PathResult:
        items = [*ders, ("crl", authority.crl(authority.root))]
        evidence = RevocationEvidence(tuple(EvidenceItem(kind, der, "test") for kind, der in items), **settings)
        return check_path(holder.der, [authority.issuing.der], anchors, evidence, authority.now, Purpose.OFFICIAL)

    return judged


def answer(
    authority: Authority, holder: Holder, signer: Holder, *, at: datetime | None = None, ends: bool = True
) -> bytes:
    """Sign a good answer."""
    at = at or authority.now - timedelta(minutes=5)
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=holder.certificate,
        issuer=authority.issuing.certificate,
        algorithm=hashes.SHA256(),
        cert_status=ocsp.OCSPCertStatus.GOOD,
        this_update=at,
        next_update=at + 12 * HOUR if ends else None,
        revocation_time=None,
        revocation_reason=None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.NAME, signer.certificate)
    return builder.certificates([signer.certificate]).sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def responder(authority: Authority, **changes: Any) -> Holder:
    settings: dict[str, Any] = {
        "usage": key_usage(digital_signature=True),
        "extended": [ExtendedKeyUsageOID.OCSP_SIGNING],
        "addresses": None,
        "more": [x509.OCSPNoCheck()],
    }
    return authority.leaf("Test Responder", **(settings | changes))


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({}, True),
        ({"ends": timedelta(hours=-1)}, False),
        ({"starts": timedelta(hours=1)}, False),
        ({"extended": [ExtendedKeyUsageOID.EMAIL_PROTECTION]}, False),
        ({"extended": None}, False),
        ({"usage": key_usage(key_encipherment=True)}, False),
        ({"more": []}, True),  # says neither that it is never revoked nor where to ask: nobody can be asked
        ({"more": [], "addresses": ("crl",)}, False),  # says where to ask, and nobody was
    ],
)
def test_a_delegate_must_be_certified_for_it_and_stand(
    authority: Authority, judge: Judge, changes: dict[str, Any], counts: bool
) -> None:
    holder = authority.leaf("Leaf")

    result = judge(holder, ("ocsp", answer(authority, holder, responder(authority, **changes))))

    assert result.sub_indication is (None if counts else SubIndication.TRY_LATER)


def test_a_delegate_that_can_be_revoked_is_asked_about(authority: Authority, judge: Judge) -> None:
    holder, delegate = authority.leaf("Leaf"), responder(authority, more=[], addresses=("crl",))
    said = ("ocsp", answer(authority, holder, delegate))

    # The list says nothing about the leaf that the answer does not say; here it must speak of the delegate.
    assert judge(holder, said, ("crl", authority.crl())).passed
    authority.revoke(delegate, authority.now - HOUR)
    with_revoked = judge(holder, said)
    assert with_revoked.sub_indication is SubIndication.TRY_LATER


def test_a_strangers_delegate_does_not_count(authority: Authority, judge: Judge) -> None:
    holder = authority.leaf("Leaf")

    result = judge(holder, ("ocsp", answer(authority, holder, responder(authority, issuer=authority.stranger))))

    assert result.sub_indication is SubIndication.TRY_LATER


@pytest.mark.parametrize(
    ("rules", "age", "ends", "counts"),
    [
        (RevocationRules(), HOUR, True, True),
        (RevocationRules(max_age=2 * HOUR), HOUR, True, True),
        (RevocationRules(max_age=HOUR / 2), HOUR, True, False),
        (RevocationRules(), timedelta(minutes=10), False, True),
        (RevocationRules(), HOUR, False, False),
        (RevocationRules(next_update_required=True), timedelta(minutes=10), False, False),
        (RevocationRules(), 13 * HOUR, True, False),
    ],
)
def test_evidence_counts_as_long_as_the_rules_say(
    authority: Authority, judge: Judge, rules: RevocationRules, age: timedelta, ends: bool, counts: bool
) -> None:
    holder = authority.leaf("Leaf")
    at = authority.now - age
    der = answer(authority, holder, authority.responder, at=at, ends=ends)

    result = judge(holder, ("ocsp", der), ("crl", authority.crl(authority.root, at=at)), rules=rules)

    assert result.sub_indication is (None if counts else SubIndication.TRY_LATER)


def test_where_nobody_could_say_soft_fail_passes_and_says_so(
    authority: Authority, anchors: tuple[TrustAnchor, ...], at: datetime
) -> None:
    holder, revoked = authority.leaf("Leaf"), authority.leaf("Revoked")
    authority.revoke(revoked, at - HOUR)

    def judged(who: Holder, purpose: Purpose, *items: EvidenceItem) -> PathResult:
        trusted = [TrustAnchor(anchor.certificate_der, purpose, anchor.trusted_from) for anchor in anchors]
        evidence = RevocationEvidence(items, rules=RevocationRules(soft_fail=frozenset({Purpose.CITIZEN})))
        return check_path(who.der, [authority.issuing.der], trusted, evidence, at, purpose)

    soft = judged(holder, Purpose.CITIZEN)
    assert (soft.passed, soft.revocation_waived, soft.revocation.status) == (True, True, "unknown")
    assert "nobody could say" in soft.fact
    assert judged(holder, Purpose.OFFICIAL).sub_indication is SubIndication.TRY_LATER
    known = judged(revoked, Purpose.CITIZEN, EvidenceItem("crl", authority.crl(), "test"))
    assert known.sub_indication is SubIndication.REVOKED_NO_POE


class Responder:
    """Stands for the wire: answers as told, with the nonce that was sent, another one, or none."""

    def __init__(self, authority: Authority, holder: Holder, nonce: str = "none", at: datetime | None = None) -> None:
        self.authority, self.holder, self.nonce, self.at = authority, holder, nonce, at
        self.calls = 0

    def __call__(self, address: str, body: bytes | None, content_type: str | None, limits: Limits) -> bytes:
        self.calls += 1
        sent = ocsp.load_der_ocsp_request(body or b"").extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
        authority, at = self.authority, self.at or self.authority.now - timedelta(minutes=5)
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=self.holder.certificate,
            issuer=authority.issuing.certificate,
            algorithm=hashes.SHA1(),  # noqa: S303
            cert_status=ocsp.OCSPCertStatus.GOOD,
            this_update=at,
            next_update=at + HOUR,
            revocation_time=None,
            revocation_reason=None,
        )
        if self.nonce != "none":
            builder = builder.add_extension(x509.OCSPNonce(sent if self.nonce == "same" else b"another one"), False)
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, authority.issuing.certificate)
        return builder.sign(authority.issuing.key, hashes.SHA256()).public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    ("nonce", "required", "failure"),
    [
        ("same", True, None),
        ("none", False, None),
        ("none", True, "nonce-differs"),
        ("other", False, "nonce-differs"),
    ],
)
def test_an_answer_must_repeat_the_nonce_or_by_the_rules_have_none(
    authority: Authority, nonce: str, required: bool, failure: str | None
) -> None:
    holder = authority.leaf("Leaf", addresses=("ocsp",))
    rules = RevocationRules(nonce_required=required)
    gatherer = RevocationGatherer(Responder(authority, holder, nonce), MemoryCache(), rules=rules)

    evidence = gatherer.gather(build_status_queries(holder.der, [authority.issuing.der])[:1], authority.now)

    assert [one.code for one in evidence.failures] == ([] if failure is None else [failure])
    assert len(evidence.items) == (1 if failure is None else 0)


def test_an_answer_from_the_future_is_refused_beyond_the_clocks_tolerance(authority: Authority) -> None:
    holder = authority.leaf("Leaf", addresses=("ocsp",))
    queries = build_status_queries(holder.der, [authority.issuing.der])[:1]

    def failures(ahead: timedelta) -> list[str]:
        wire = Responder(authority, holder, at=authority.now + ahead)
        evidence = RevocationGatherer(wire, MemoryCache()).gather(queries, authority.now)
        return [failure.code for failure in evidence.failures]

    assert failures(timedelta(minutes=2)) == []
    assert failures(HOUR) == ["from-the-future"]


def test_a_request_with_a_nonce_is_a_request_still(authority: Authority) -> None:
    holder = authority.leaf("Leaf", addresses=("ocsp",))
    (query,) = build_status_queries(holder.der, [authority.issuing.der])[:1]

    request = ocsp.load_der_ocsp_request(add_nonce(query.ocsp_request_der or b"", b"N" * 32))

    assert request.serial_number == holder.certificate.serial_number
    assert request.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"N" * 32


def test_a_kept_answer_serves_while_nobody_answers_as_long_as_it_lasts(authority: Authority) -> None:
    holder = authority.leaf("Leaf", addresses=("ocsp",))
    queries = build_status_queries(holder.der, [authority.issuing.der])[:1]
    cache = MemoryCache()
    RevocationGatherer(Responder(authority, holder), cache).gather(queries, authority.now)

    def offline(address: str, body: bytes | None, content_type: str | None, limits: Limits) -> bytes:
        raise ExchangeFailed("unreachable")

    gatherer = RevocationGatherer(offline, cache, GatherLimits(max_age=timedelta(0)))
    soon, late = (gatherer.gather(queries, authority.now + later) for later in (HOUR / 2, 2 * HOUR))

    assert [failure.code for failure in soon.failures] == ["unreachable"]
    assert [item.this_update for item in soon.items] == [authority.now - timedelta(minutes=5)]
    assert late.items == ()


def test_a_silent_server_is_left_alone_and_then_tried_by_one_call() -> None:
    clock = [0.0]
    asked: list[str] = []

    def silent(address: str, body: bytes | None, content_type: str | None, limits: Limits) -> bytes:
        asked.append(address)
        if address.startswith("http://dead") and clock[0] < 20:
            raise ExchangeFailed("time-limit")
        if address.endswith("missing"):
            raise ExchangeFailed("http-status")
        return b"answer"

    exchange = RestingExchange(silent, LocalRests(RestRules(1, 15, 60), lambda: clock[0]))

    def code(address: str) -> str:
        try:
            return exchange(address, None, None, Limits()).decode()
        except ExchangeFailed as failure:
            return failure.code

    assert [code("http://dead/a"), code("http://DEAD/b"), code("http://alive/")] == ["time-limit", "resting", "answer"]
    clock[0] = 16
    assert [code("http://dead/a"), code("http://dead/a")] == ["time-limit", "resting"]
    clock[0] = 50
    assert [code("http://dead/a"), code("http://dead/a")] == ["answer", "answer"]
    assert [code("http://alive/missing"), code("http://alive/")] == ["http-status", "answer"]
    assert asked.count("http://dead/a") == 4
