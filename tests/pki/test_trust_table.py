"""Revoked, expired, hard-fail, soft-fail: what is found about each certificate in each state of live services.

The services are certomancer's, over HTTP, behind something that stops them, slows them and makes them lie.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from certs.journeys import judge
from certs.model import PathResult, Purpose, SubIndication, TrustAnchor
from certs.revocation.cache import MemoryCache
from certs.revocation.circuit import LocalRests, RestingExchange
from certs.revocation.fetch import Exchange, HttpExchange
from certs.revocation.gather import GatherLimits, RevocationGatherer
from certs.revocation.model import RevocationRules
from certs.service_health import RestRules
from signing.errors.timestamps import TimestampNotTrustworthy, TimestampUnavailable
from signing.timestamps.rfc3161 import Rfc3161Authority
from tests.pki.contrary import LIST, OCSP, ROOT_LIST, STAMPS, Contrary

SHORT_SECONDS, LONG_SECONDS = 0.3, 5.0
LIST_SIZE_BYTES = 1_000_000
HOUR = timedelta(hours=1)
HARD, SOFT = RevocationRules(), RevocationRules(soft_fail=frozenset({Purpose.OFFICIAL}))
WITH_NONCE = RevocationRules(nonce_required=True)
WORDS = {
    SubIndication.REVOKED_NO_POE: "revoked",
    SubIndication.REVOKED_CA_NO_POE: "CA revoked",
    SubIndication.OUT_OF_BOUNDS_NO_POE: "expired",
    SubIndication.NOT_YET_VALID: "not yet valid",
    SubIndication.TRY_LATER: "open",
    SubIndication.CHAIN_CONSTRAINTS_FAILURE: "wrong usage",
    SubIndication.CRYPTO_CONSTRAINTS_FAILURE: "weak",
    SubIndication.NO_CERTIFICATE_CHAIN_FOUND: "no path",
}


@dataclass(frozen=True)
class State:
    """How the services behave, and what must be found then.

    Each pair is (hard-fail, soft-fail). The expired certificate needs no cell of its own: see EXPIRED.
    """

    name: str
    responder: str
    lists: str
    good: tuple[str, str]
    revoked: tuple[str, str]
    faults: frozenset[str] = frozenset()
    """What is named about the good certificate's answers where nobody could say."""

    @property
    def slow(self) -> bool:
        return bool({"silent", "dripping"} & {self.responder, self.lists})


KNOWN, OPEN, TOLD = ("passed", "passed"), ("open", "waived"), ("revoked", "revoked")


def open_state(name: str, responder: str, lists: str, *faults: str) -> State:
    return State(name, responder, lists, OPEN, OPEN, frozenset(faults))


STATES = [
    # One service that tells is enough.
    State("all answer", "honest", "honest", KNOWN, TOLD),
    State("no responder", "stopped", "honest", KNOWN, TOLD),
    State("no lists", "honest", "stopped", KNOWN, TOLD),
    State("a silent responder", "silent", "honest", KNOWN, TOLD),
    State("a lying responder", "by a stranger", "honest", KNOWN, TOLD),
    State("a lying list", "honest", "by a stranger", KNOWN, TOLD),
    State("a responder that answers from a store", "without nonce", "honest", KNOWN, ("passed", "passed")),
    # Nobody tells.
    open_state("all stopped", "stopped", "stopped", "unreachable"),
    open_state("all silent", "silent", "silent", "time-limit"),
    open_state("all drip", "dripping", "dripping", "time-limit"),
    open_state("all out of order", "broken", "broken", "http-status"),
    open_state("all send too much", "huge", "huge", "size-limit"),
    open_state("all send garbage", "garbage", "garbage", "unreadable"),
    open_state("all send nothing", "empty", "empty", "unreadable"),
    open_state("all are of tomorrow", "tomorrow", "tomorrow", "from-the-future"),
    open_state("all are of last month", "last month", "last month", "stale"),
    open_state("strangers sign all", "by a stranger", "by a stranger", "signer-not-entitled"),
    open_state("a colleague answers", "by a colleague", "stopped", "signer-not-entitled", "unreachable"),
    open_state("answers for another serial number", "about another", "stopped", "other-certificate", "unreachable"),
    open_state("replayed answers", "replayed", "stopped", "nonce-differs", "unreachable"),
    open_state("an unknown certificate", "unknown", "stopped", "unknown-to-responder", "unreachable"),
    open_state("try later", "try later", "stopped", "unreadable", "unreachable"),
    open_state("a list in the root's name", "stopped", "in the root's name", "signer-not-entitled", "unreachable"),
    open_state("a list about CAs", "stopped", "about CAs", "other-certificate", "unreachable"),
    open_state("a list for some reasons", "stopped", "some reasons", "some-reasons-only", "unreachable"),
    open_state("a delta without its base", "stopped", "delta alone", "base-missing", "unreachable"),
    open_state("a list not understood", "stopped", "unknown critical", "not-understood", "unreachable"),
    # A final revocation counts however old its evidence is; good does not.
    State("all are of yesterday", "yesterday", "yesterday", OPEN, TOLD, frozenset({"stale"})),
    State("an answer of yesterday", "yesterday", "stopped", OPEN, TOLD, frozenset({"stale", "unreachable"})),
    State("a list of yesterday", "stopped", "yesterday", OPEN, TOLD, frozenset({"stale", "unreachable"})),
]
CELLS = {
    f"{status} certificate, {state.name}, {policy}-fail": (state, name, rules, found[number])
    for state in STATES
    for status, name, found in (("good", "official", state.good), ("revoked", "revoked", state.revoked))
    for number, (policy, rules) in enumerate((("hard", HARD), ("soft", SOFT)))
}
# What the certificate says itself is found without asking anybody, whatever the services do.
BY_THEMSELVES = {
    "expired": "expired",
    "not-yet-valid": "not yet valid",
    "wrong-usage": "wrong usage",
    "weak": "weak",
    "stranger": "no path",
}


@dataclass(frozen=True)
class Held:
    """A certificate as the inventory holds it."""

    certificate_der: bytes
    chain_der: tuple[str, ...]
    role: str = "person"
    state: str = "active"
    hold_code: str | None = None


@pytest.fixture
def contrary(contrary_services: Contrary) -> Iterator[Contrary]:
    contrary_services.calls.clear()
    yield contrary_services
    contrary_services.says.clear()


def anchors(contrary: Contrary, purpose: Purpose = Purpose.OFFICIAL) -> tuple[TrustAnchor, ...]:
    return (TrustAnchor(contrary.pki.certificate_der("root"), purpose, datetime(2000, 1, 1, tzinfo=UTC)),)


def gatherer(rules: RevocationRules, seconds: float, exchange: Exchange | None = None) -> RevocationGatherer:
    limits = GatherLimits(4 * seconds, seconds, LIST_SIZE_BYTES)
    return RevocationGatherer(exchange or HttpExchange(lambda _: None), MemoryCache(), limits, rules)


def found(contrary: Contrary, name: str, asks: RevocationGatherer) -> PathResult:
    chain = tuple(der.hex() for der in contrary.pki.chain_der(name))
    held = Held(contrary.pki.certificate_der(name), chain)
    result, _ = judge(held, anchors(contrary), asks, datetime.now(UTC))  # type: ignore[arg-type]
    return result


def word(result: PathResult) -> str:
    if result.passed:
        return "waived" if result.revocation_waived else "passed"
    return WORDS[result.sub_indication] if result.sub_indication else "?"


@pytest.mark.parametrize("cell", CELLS)
def test_each_cell_of_the_table_is_as_it_says(contrary: Contrary, cell: str) -> None:
    state, name, rules, expected = CELLS[cell]
    contrary.says |= {OCSP: state.responder, LIST: state.lists}

    result = found(contrary, name, gatherer(rules, SHORT_SECONDS if state.slow else LONG_SECONDS))

    assert word(result) == expected, result.findings
    if name == "official":
        assert {one.code for one in result.findings} == state.faults


@pytest.mark.parametrize("behaviour", ["honest", "stopped", "silent", "garbage"])
@pytest.mark.parametrize("rules", [HARD, SOFT], ids=["hard-fail", "soft-fail"])
@pytest.mark.parametrize("name", BY_THEMSELVES)
def test_what_a_certificate_says_itself_is_found_without_asking(
    contrary: Contrary, name: str, rules: RevocationRules, behaviour: str
) -> None:
    contrary.says |= dict.fromkeys((OCSP, LIST, ROOT_LIST), behaviour)

    assert word(found(contrary, name, gatherer(rules, LONG_SECONDS))) == BY_THEMSELVES[name]
    assert not contrary.calls


@pytest.mark.parametrize(("behaviour", "expected"), [("stopped", "open"), ("garbage", "open"), ("yesterday", "open")])
def test_the_status_of_the_authority_itself_must_be_known_too(
    contrary: Contrary, behaviour: str, expected: str
) -> None:
    contrary.says[ROOT_LIST] = behaviour

    assert word(found(contrary, "official", gatherer(HARD, LONG_SECONDS))) == expected
    assert word(found(contrary, "official", gatherer(SOFT, LONG_SECONDS))) == "waived"
    assert word(found(contrary, "revoked", gatherer(HARD, LONG_SECONDS))) == "revoked"


@pytest.mark.parametrize(("behaviour", "expected"), [("honest", "passed"), ("without nonce", "open")])
def test_rules_may_demand_that_an_answer_repeats_the_nonce(contrary: Contrary, behaviour: str, expected: str) -> None:
    contrary.says |= {OCSP: behaviour, LIST: "stopped"}

    assert word(found(contrary, "official", gatherer(WITH_NONCE, LONG_SECONDS))) == expected


def test_kept_answers_serve_while_everything_is_stopped_and_tell_their_age(contrary: Contrary) -> None:
    asks = gatherer(HARD, LONG_SECONDS)
    before = found(contrary, "official", asks)
    contrary.says |= dict.fromkeys((OCSP, LIST, ROOT_LIST), "stopped")

    after = found(contrary, "official", asks)

    assert word(after) == "passed"
    assert after.revocation.this_update == before.revocation.this_update


def test_a_dead_responder_costs_one_wait_and_then_nobody_asks_it_until_it_has_rested(contrary: Contrary) -> None:
    contrary.says |= dict.fromkeys((OCSP, LIST, ROOT_LIST), "silent")
    hour = [0.0]
    resting = RestingExchange(HttpExchange(lambda _: None), LocalRests(RestRules(1, 60.0, 60.0), lambda: hour[0]))
    asks = gatherer(HARD, SHORT_SECONDS, resting)

    words = [word(found(contrary, name, asks)) for name in ("official", "seal", "revoked", "official")]

    assert words == ["open", "open", "open", "open"]
    assert contrary.calls.total() == 1
    contrary.says.clear()
    assert word(found(contrary, "official", asks)) == "open"
    hour[0] += 61
    asks = gatherer(HARD, LONG_SECONDS, resting)
    assert word(found(contrary, "official", asks)) == "passed"


TOKENS = {
    "honest": "",
    "stopped": "timestamp-unavailable",
    "silent": "timestamp-unavailable",
    "dripping": "timestamp-unavailable",
    "broken": "timestamp-unavailable",
    "huge": "timestamp-unavailable",
    "garbage": "unreadable",
    "empty": "unreadable",
    "tomorrow": "time",
    "yesterday": "time",
}


@pytest.mark.parametrize("behaviour", TOKENS)
def test_each_way_of_an_authority_for_time_is_named(contrary: Contrary, behaviour: str) -> None:
    contrary.says[STAMPS] = behaviour

    assert (
        stamped(contrary, SHORT_SECONDS if behaviour in {"silent", "dripping"} else LONG_SECONDS) == TOKENS[behaviour]
    )


@pytest.mark.parametrize(
    ("responder", "expected"), [("honest", ""), ("revoked", "revoked"), ("unknown", ""), ("stopped", "")]
)
def test_a_revoked_authority_for_time_gives_way_and_an_unknown_one_is_left_to_validation(
    contrary: Contrary, responder: str, expected: str
) -> None:
    contrary.says |= {OCSP: responder, LIST: "honest" if responder == "honest" else "stopped"}

    assert stamped(contrary, LONG_SECONDS) == expected


def test_a_strangers_time_is_not_trusted(contrary: Contrary) -> None:
    assert stamped(contrary, LONG_SECONDS, contrary.pki.stranger_tsa_url) == "untrusted"


def stamped(contrary: Contrary, seconds: float, url: str | None = None) -> str:
    """Ask for a time-stamp; return what is wrong with it, nothing where it counts."""
    authority = Rfc3161Authority(
        "live",
        url or contrary.pki.tsa_url,
        anchors=lambda: anchors(contrary, Purpose.TSA),
        timeout_seconds=seconds,
        revocation=lambda: gatherer(HARD, LONG_SECONDS),
    )
    started = time.monotonic()
    try:
        authority.timestamp(bytes(32), "sha256")
    except TimestampNotTrustworthy as error:
        return error.reason
    except TimestampUnavailable as error:
        assert time.monotonic() - started < seconds + 3
        return error.code
    return ""
