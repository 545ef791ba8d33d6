"""An authority that keeps failing is asked last for a growing while, and comes back by one careful try."""

import threading
from datetime import UTC, datetime

import pytest

from certs.service_health import RestRules, ServiceHealth
from signing.errors.timestamps import TimestampNotTrustworthy, TimestampRefused, TimestampUnavailable
from signing.timestamps.base import TimestampToken
from signing.timestamps.fallback import AuthoritiesInTurn, TurnRules

IMPRINT = bytes(32)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


class Scripted:
    """Answers by its script: a failure to raise, or None for a token; each call takes some seconds of the clock."""

    def __init__(self, name: str, clock: Clock, *, failure: Exception | None = None, seconds: float = 0.0) -> None:
        self.name = name
        self.failure = failure
        self.seconds = seconds
        self.clock = clock
        self.limits: list[float] = []

    def timestamp(self, imprint, digest_algorithm, *, timeout_seconds=None):
        self.limits.append(timeout_seconds)
        self.clock.now += min(self.seconds, timeout_seconds)
        if self.failure is not None:
            raise self.failure
        return TimestampToken(b"", datetime.now(UTC), None, self.name)


ONE_ROUND = TurnRules(rounds=1, rest=RestRules(after_failures=2, first_seconds=10, most_seconds=35))


@pytest.fixture
def clock() -> Clock:
    return Clock()


def stamped_by(turn: AuthoritiesInTurn) -> str:
    return turn.timestamp(IMPRINT, "sha256").authority_name


def test_after_two_failures_it_is_asked_last_and_after_its_rest_first_again(clock):
    first, second = Scripted("a", clock, failure=TimestampUnavailable("down")), Scripted("b", clock)
    turn = AuthoritiesInTurn([first, second], ONE_ROUND, clock=clock)

    assert [stamped_by(turn) for _ in range(5)] == ["b"] * 5
    assert len(first.limits) == 2
    assert turn.resting == ("a",)

    first.failure = None
    clock.now += 9.9
    assert stamped_by(turn) == "b"
    clock.now += 0.2
    assert stamped_by(turn) == "a"
    assert turn.resting == ()


def test_each_further_failure_doubles_the_rest_up_to_a_limit(clock):
    health = ServiceHealth(ONE_ROUND.rest, clock)
    health.failed()
    rests = []
    for _ in range(5):
        health.failed()
        start = clock.now
        while health.resting:
            clock.now += 1
        rests.append(clock.now - start)

    assert rests == [10, 20, 35, 35, 35]


def test_one_call_alone_tries_a_rested_authority(clock):
    health = ServiceHealth(ONE_ROUND.rest, clock)
    health.failed()
    health.failed()
    clock.now += 11

    assert [health.claim_turn() for _ in range(3)] == [True, False, False]
    health.succeeded()
    assert [health.claim_turn() for _ in range(3)] == [True, True, True]


def test_a_probe_that_never_ends_lets_another_try_later(clock):
    health = ServiceHealth(ONE_ROUND.rest, clock)
    health.failed()
    health.failed()
    clock.now += 11
    assert health.claim_turn()

    clock.now += 11
    assert health.claim_turn()


def test_one_that_rests_is_still_asked_where_no_other_stamps(clock):
    only = Scripted("a", clock, failure=TimestampUnavailable("down"))
    turn = AuthoritiesInTurn([only], ONE_ROUND, clock=clock)
    for _ in range(3):
        with pytest.raises(TimestampUnavailable):
            stamped_by(turn)

    only.failure = None
    assert stamped_by(turn) == "a"


def test_lies_count_as_failures_and_refusals_do_not(clock):
    for failure, resting in ((TimestampNotTrustworthy("lie", "nonce"), ("a",)), (TimestampRefused("no"), ())):
        turn = AuthoritiesInTurn([Scripted("a", clock, failure=failure), Scripted("b", clock)], ONE_ROUND, clock=clock)
        for _ in range(4):
            assert stamped_by(turn) == "b"
        assert turn.resting == resting


def test_silence_is_asked_again_after_a_pause_with_jitter_and_a_lie_is_not(clock):
    silent = Scripted("a", clock, failure=TimestampUnavailable("silent"))
    liar = Scripted("b", clock, failure=TimestampNotTrustworthy("lie", "imprint"))
    turn = AuthoritiesInTurn([silent, liar], TurnRules(rounds=3, pause_seconds=1), clock=clock, pause=clock.pause)

    with pytest.raises(TimestampUnavailable):
        stamped_by(turn)

    assert (len(silent.limits), len(liar.limits)) == (3, 1)
    assert 0.5 <= clock.pauses[0] <= 1.5
    assert 1.0 <= clock.pauses[1] <= 3.0


def test_the_whole_takes_no_longer_than_its_limit_and_one_that_hangs_only_its_share(clock):
    hanging = Scripted("a", clock, failure=TimestampUnavailable("hangs"), seconds=10_000)
    good = Scripted("b", clock, seconds=20)
    started = clock.now
    assert stamped_by(AuthoritiesInTurn([hanging, good], clock=clock, pause=clock.pause)) == "b"
    assert hanging.limits == [90]
    assert clock.now - started == pytest.approx(110)

    started = clock.now
    with pytest.raises(TimestampUnavailable):
        stamped_by(AuthoritiesInTurn([hanging], clock=clock, pause=clock.pause))
    assert clock.now - started == pytest.approx(180)


def test_a_caller_with_less_time_gets_less(clock):
    good = Scripted("b", clock)
    AuthoritiesInTurn([good], clock=clock).timestamp(IMPRINT, "sha256", timeout_seconds=7)
    assert good.limits == [7]


def test_every_try_is_told_to_whoever_counts(clock):
    told = []
    turn = AuthoritiesInTurn(
        [Scripted("a", clock, failure=TimestampUnavailable("down"), seconds=3), Scripted("b", clock, seconds=2)],
        ONE_ROUND,
        on_attempt=told.append,
        clock=clock,
    )
    stamped_by(turn)

    assert [(item.authority_name, item.outcome, item.seconds) for item in told] == [
        ("a", "timestamp-unavailable", 3),
        ("b", "stamped", 2),
    ]


class Blocking:
    name = "busy"

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.entered = threading.Semaphore(0)

    def timestamp(self, imprint, digest_algorithm, *, timeout_seconds=None):
        self.entered.release()
        assert self.go_on.wait(5)
        return TimestampToken(b"", datetime.now(UTC), None, self.name)


def test_a_full_authority_is_passed_over_after_a_bounded_wait_and_that_is_not_held_against_it(clock):
    busy, told = Blocking(), []
    rules = TurnRules(rounds=1, concurrent_calls=1, queue_seconds=0.05)
    turn = AuthoritiesInTurn([busy, Scripted("b", clock)], rules, on_attempt=told.append)
    holder = threading.Thread(target=turn.timestamp, args=(IMPRINT, "sha256"))
    holder.start()
    assert busy.entered.acquire(timeout=5)

    assert [stamped_by(turn) for _ in range(3)] == ["b"] * 3
    assert [item.outcome for item in told] == ["busy", "stamped"] * 3
    assert turn.resting == ()
    busy.go_on.set()
    holder.join()
    assert stamped_by(turn) == "busy"
