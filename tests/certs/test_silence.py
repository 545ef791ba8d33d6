"""Where nobody could say, each answer that did not help is named with what is wrong with it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509 import ReasonFlags

from certs.errors import RevocationUnknown
from certs.journeys import check_may_sign
from certs.model import Purpose, SubIndication, TrustAnchor
from certs.oddities import ODDITIES
from certs.path import check_path
from certs.revocation import silence
from certs.revocation.cache import MemoryCache
from certs.revocation.fetch import ExchangeFailed, Limits
from certs.revocation.gather import RevocationGatherer
from certs.revocation.model import EvidenceItem, FetchFailure, RevocationEvidence
from signing.validation.evidence_words import WORDS, evidence_reasons
from tests.certs.authority import Authority, Holder
from tests.certs.test_lists import make_list, scope

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
Make = Callable[[Authority, Holder], bytes]
FETCH_CODES = {
    *("address-not-allowed", "time-limit", "size-limit", "unreachable", "http-status"),
    *("resting", "not-asked", "nonce-differs"),
}


def listed(authority: Authority, *extensions: x509.ExtensionType, signer: Holder | None = None) -> bytes:
    return make_list(signer or authority.issuing, authority.now - HOUR, (), *extensions)


WRONG_ANSWERS: dict[str, tuple[str, str, Make]] = {
    "an answer about another certificate": (
        "ocsp",
        "other-certificate",
        lambda a, _: a.ocsp(a.leaf("Other").certificate),
    ),
    "an answer by a stranger": (
        "ocsp",
        "signer-not-entitled",
        lambda a, holder: a.ocsp(holder.certificate, signer=a.stranger),
    ),
    "an answer by a colleague": (
        "ocsp",
        "signer-not-entitled",
        lambda a, holder: a.ocsp(holder.certificate, signer=a.leaf("Colleague")),
    ),
    "an answer of last week": ("ocsp", "stale", lambda a, holder: a.ocsp(holder.certificate, at=a.now - 7 * DAY)),
    "an answer of tomorrow": (
        "ocsp",
        "from-the-future",
        lambda a, holder: a.ocsp(holder.certificate, at=a.now + DAY),
    ),
    "garbage for an answer": ("ocsp", "unreadable", lambda *_: b"\x30\x03\x0a\x01\x06"),
    "garbage for a list": ("crl", "unreadable", lambda *_: b"<html>"),
    "a list by a stranger of the same name": ("crl", "signer-not-entitled", lambda a, _: a.crl(a.stranger)),
    "a list of last month": ("crl", "stale", lambda a, _: a.crl(at=a.now - 30 * DAY)),
    "a list of tomorrow": ("crl", "from-the-future", lambda a, _: a.crl(at=a.now + DAY)),
    "another authority's list": ("crl", "other-certificate", lambda a, _: listed(a, signer=a.responder)),
    "a list of authorities' certificates": (
        "crl",
        "other-certificate",
        lambda a, _: listed(a, scope(only_contains_ca_certs=True)),
    ),
    "a list for some reasons": (
        "crl",
        "some-reasons-only",
        lambda a, _: listed(a, scope(only_some_reasons=frozenset({ReasonFlags.key_compromise}))),
    ),
    "a delta without its base": ("crl", "base-missing", lambda a, _: listed(a, x509.DeltaCRLIndicator(3))),
    "a list with an unknown critical extension": (
        "crl",
        "not-understood",
        lambda a, _: listed(a, x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.2"), b"\5\0")),
    ),
}


@pytest.mark.parametrize("case", WRONG_ANSWERS)
def test_an_answer_that_does_not_count_is_named_with_its_fault(
    authority: Authority, anchors: tuple[TrustAnchor, ...], case: str
) -> None:
    kind, code, make = WRONG_ANSWERS[case]
    holder = authority.leaf("Leaf", addresses=None)
    der = make(authority, holder)
    claimed = authority.now + DAY if code == "from-the-future" else authority.now - HOUR
    items = (
        EvidenceItem(kind, der, "here", claimed),
        EvidenceItem("crl", authority.crl(authority.root), "root", authority.now),
    )
    evidence = RevocationEvidence(items, gathered_at=authority.now)

    result = check_path(holder.der, [authority.issuing.der], anchors, evidence, authority.now, Purpose.OFFICIAL)

    assert result.sub_indication is SubIndication.TRY_LATER
    assert [(one.code, one.place) for one in result.findings] == [(code, "here")]
    assert "here" in evidence_reasons(result.findings)[0].vi


def test_an_answer_that_helps_is_no_finding(authority: Authority, anchors: tuple[TrustAnchor, ...]) -> None:
    """The signer's status is known; that of the authority above is not, and only that is told."""
    holder = authority.leaf("Leaf")
    items = (EvidenceItem("ocsp", authority.ocsp(holder.certificate), "good"), EvidenceItem("crl", b"0", "bad"))
    evidence = RevocationEvidence(items, failures=(FetchFailure("http://x.example/", "time-limit"),))

    result = check_path(holder.der, [authority.issuing.der], anchors, evidence, authority.now, Purpose.OFFICIAL)

    assert list(map(str, result.findings)) == ["bad: unreadable", "http://x.example/: time-limit"]


def test_who_may_not_sign_because_nobody_answered_is_told_which_address(
    authority: Authority, anchors: tuple[TrustAnchor, ...]
) -> None:
    class Kept:
        certificate_der = authority.leaf("Leaf", behaviour="silent").der
        chain_der: tuple[str, ...] = (authority.issuing.der.hex(),)
        role, state, hold_code = "person", "active", None

    def silent(address: str, body: bytes | None, content_type: str | None, limits: Limits) -> bytes:
        raise ExchangeFailed("time-limit")

    with pytest.raises(RevocationUnknown, match="/silent/ocsp: time-limit"):
        check_may_sign(Kept(), anchors, RevocationGatherer(silent, MemoryCache()), authority.now)  # type: ignore[arg-type]


def test_every_fault_has_its_words_in_both_languages() -> None:
    named = {value for name, value in vars(silence).items() if name.isupper() and isinstance(value, str)}

    assert set(WORDS) == named | FETCH_CODES | ODDITIES
    assert all(vi and en and vi != en for vi, en in WORDS.values())
