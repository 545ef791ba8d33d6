"""A ring of authorities over HTTP, most of them bad: one good one is enough, in bounded time."""

import hashlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from signing.errors.signatures import AlgorithmNotAllowed
from signing.errors.timestamps import TimestampNotTrustworthy, TimestampUnavailable
from signing.timestamps.fallback import AuthoritiesInTurn, TurnRules
from signing.timestamps.rfc3161 import Rfc3161Authority
from tests.signing.authority import Authority, running_authority

IMPRINT = hashlib.sha256(b"signature value").digest()
OTHER_POLICY = "1.2.3.4.5"
LYING = ("wrong-nonce", "wrong-imprint", "expired", "garbage", "tomorrow", "yesterday", "wrong-signature", "vague")
SILENT = ("hangs", "drips", "huge", "error-500", "html", "busy")
BAD = (*LYING, *SILENT, "refuses")


@pytest.fixture
def ring(pki) -> Iterator[dict[str, Authority]]:
    """One server for each way of behaving; slow means 0.3 s here, against limits scaled down alike."""
    with ExitStack() as stack:
        made = {}
        for behaviour in (*BAD, "slow", "good"):
            made[behaviour] = stack.enter_context(running_authority(pki))
            made[behaviour].behaviour = behaviour
        yield made


def client(authority: Authority, pki, **options) -> Rfc3161Authority:
    settings = {"anchors": pki.anchors, "timeout_seconds": 0.8, **options}
    return Rfc3161Authority(authority.behaviour, authority.url, **settings)


def test_one_good_authority_after_all_the_bad_ones_is_enough(ring, pki):
    told = []
    members = [client(ring[name], pki) for name in (*BAD, "good")]
    turn = AuthoritiesInTurn(members, on_attempt=told.append)

    started = time.monotonic()
    assert turn.timestamp(IMPRINT, "sha256").authority_name == "good"

    assert time.monotonic() - started < 8
    outcomes = {item.authority_name: item.outcome for item in told}
    assert outcomes == {
        **dict.fromkeys(LYING, "timestamp-not-trustworthy"),
        **dict.fromkeys(SILENT, "timestamp-unavailable"),
        "refuses": "timestamp-refused",
        "good": "stamped",
    }


def test_the_second_signature_no_longer_waits_for_the_one_that_hangs(ring, pki):
    turn = AuthoritiesInTurn([client(ring["hangs"], pki), client(ring["good"], pki)])
    for _ in range(2):
        turn.timestamp(IMPRINT, "sha256")

    started = time.monotonic()
    assert turn.timestamp(IMPRINT, "sha256").authority_name == "good"
    assert time.monotonic() - started < 0.5
    assert ring["hangs"].calls == 2


def test_a_slow_authority_is_waited_for_within_the_limit_and_given_up_beyond_it(ring, pki):
    assert client(ring["slow"], pki).timestamp(IMPRINT, "sha256").authority_name == "slow"

    ring["slow"].slow_seconds = 1.5
    with pytest.raises(TimestampUnavailable):
        client(ring["slow"], pki).timestamp(IMPRINT, "sha256")


def test_only_bad_authorities_end_within_the_total_time(ring, pki):
    turn = AuthoritiesInTurn(
        [client(ring["hangs"], pki, timeout_seconds=60), client(ring["garbage"], pki)],
        TurnRules(total_timeout_seconds=1.2),
    )
    started = time.monotonic()
    with pytest.raises(TimestampUnavailable):
        turn.timestamp(IMPRINT, "sha256")
    assert time.monotonic() - started < 2


def test_twelve_signatures_at_once_are_four_calls_at_once(ring, pki):
    ring["slow"].slow_seconds = 0.1
    turn = AuthoritiesInTurn([client(ring["slow"], pki, timeout_seconds=10)])

    with ThreadPoolExecutor(12) as pool:
        tokens = list(pool.map(lambda _: turn.timestamp(IMPRINT, "sha256"), range(12)))

    assert len({token.der for token in tokens}) == 12
    assert ring["slow"].most_in_hand == 4


def test_the_policy_asked_for_is_the_policy_that_counts(ring, pki):
    any_policy = client(ring["good"], pki).timestamp(IMPRINT, "sha256")
    assert client(ring["good"], pki, policy=any_policy.policy).timestamp(IMPRINT, "sha256").policy == any_policy.policy

    with pytest.raises(TimestampNotTrustworthy) as caught:
        client(ring["good"], pki, policy=OTHER_POLICY).timestamp(IMPRINT, "sha256")
    assert caught.value.reason == "policy"


@pytest.mark.parametrize(
    ("imprint", "algorithm"),
    [(bytes(20), "sha1"), (bytes(16), "md5"), (bytes(32), "sha512"), (bytes(64), "sha256"), (b"", "sha256")],
)
def test_a_weak_or_cut_digest_is_never_sent(ring, pki, imprint, algorithm):
    with pytest.raises(AlgorithmNotAllowed):
        AuthoritiesInTurn([client(ring["good"], pki)]).timestamp(imprint, algorithm)
    assert ring["good"].calls == 0


def test_an_authority_with_an_expired_certificate_is_not_trusted(ring, pki):
    with pytest.raises(TimestampNotTrustworthy, match="expired") as caught:
        client(ring["expired"], pki).timestamp(IMPRINT, "sha256")
    assert caught.value.reason == "untrusted"
