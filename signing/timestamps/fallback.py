"""Several authorities in the order of preference, so that one that is out of order does not stop the signing."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from certs.service_health import RestRules, ServiceHealth
from signing.errors.timestamps import TimestampError, TimestampRefused, TimestampUnavailable
from signing.timestamps.base import TimestampAuthority, TimestampToken


@dataclass(frozen=True)
class TurnRules:
    """Bounds on one time-stamp, whatever the authorities do.

    Attributes:
        total_timeout_seconds: For all authorities, rounds and pauses together.
        rounds: How often those that merely did not answer are asked.
        pause_seconds: Before the second round, doubled for each further one; a random half is taken off or added, so
            that workers that failed together do not return together.
        concurrent_calls: At once to one authority, from this process.
        queue_seconds: The longest wait for one of those places before the next authority is asked.
    """

    total_timeout_seconds: float = 180.0
    rounds: int = 3
    pause_seconds: float = 1.0
    concurrent_calls: int = 4
    queue_seconds: float = 30.0
    rest: RestRules = field(default_factory=RestRules)


@dataclass(frozen=True)
class TimestampAttempt:
    """What came of asking one authority once, for whoever counts.

    Attributes:
        outcome: stamped, busy (no place became free in time; it was not asked), or an error's code.
        seconds: Of the call, without the wait for a place.
    """

    authority_name: str
    outcome: str
    seconds: float


class _Member:
    """One authority with its record and its places."""

    def __init__(self, authority: TimestampAuthority, rules: TurnRules, clock: Callable[[], float]) -> None:
        self.authority = authority
        self.health = ServiceHealth(rules.rest, clock)
        self.places = threading.BoundedSemaphore(rules.concurrent_calls)


class AuthoritiesInTurn:
    """Asks the authorities in order until one gives a good token; one that keeps failing is asked last for a while.

    Keep one of these for a process: the records and the bound on calls are of use only if every signature shares them.
    If no authority stamps, the call is worth repeating as soon as one of them merely did not answer.
    """

    def __init__(
        self,
        authorities: Sequence[TimestampAuthority],
        rules: TurnRules | None = None,
        *,
        on_attempt: Callable[[TimestampAttempt], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Remember the authorities in their order.

        Args:
            on_attempt: Told of each try, for metrics; must not raise.
            clock, pause: Seconds that only go up, and waiting for some of them.
        """
        self._rules = rules or TurnRules()
        self._members = [_Member(authority, self._rules, clock) for authority in authorities]
        self._on_attempt = on_attempt
        self._clock = clock
        self._pause = pause

    @property
    def name(self) -> str:
        """All their names."""
        return ", ".join(member.authority.name for member in self._members)

    @property
    def resting(self) -> tuple[str, ...]:
        """The names of those that are asked last at the moment, for a page or a metric about health."""
        return tuple(member.authority.name for member in self._members if member.health.resting)

    def timestamp(
        self, imprint: bytes, digest_algorithm: str, *, timeout_seconds: float | None = None
    ) -> TimestampToken:
        total = self._rules.total_timeout_seconds
        deadline = self._clock() + (total if timeout_seconds is None else min(total, timeout_seconds))
        members = self._members
        failures: list[TimestampError] = []
        for number in range(self._rules.rounds):
            if number and not self._wait_before(number, deadline):
                break
            token, failed = self._ask_all(members, imprint, digest_algorithm, deadline)
            if token is not None:
                return token
            failures = [error for _, error in failed] + [e for e in failures if not isinstance(e, TimestampUnavailable)]
            members = [member for member, error in failed if isinstance(error, TimestampUnavailable)]
            if not members:
                break
        raise _summary(failures)

    def _ask_all(
        self, members: Sequence[_Member], imprint: bytes, digest_algorithm: str, deadline: float
    ) -> tuple[TimestampToken | None, list[tuple[_Member, TimestampError]]]:
        """Ask each once; one that hangs uses up its own share of the time, not that of those after it."""
        failed: list[tuple[_Member, TimestampError]] = []
        for asked, member in enumerate(_in_turn(members)):
            share_seconds = (deadline - self._clock()) / (len(members) - asked)
            try:
                return self._ask(member, imprint, digest_algorithm, share_seconds), failed
            except TimestampError as error:
                failed.append((member, error))
        return None, failed

    def _ask(self, member: _Member, imprint: bytes, digest_algorithm: str, share_seconds: float) -> TimestampToken:
        ends_at = self._clock() + share_seconds
        name = member.authority.name
        if not member.places.acquire(timeout=max(0.0, min(self._rules.queue_seconds, share_seconds))):
            self._on_attempt(TimestampAttempt(name, "busy", 0.0))
            raise TimestampUnavailable(f"{name}: other signatures keep it busy")
        started = self._clock()
        outcome = "failed"
        try:
            # A wait that took all the time leaves a moment: the authority's own bound ends the call at once.
            left_seconds = max(0.001, ends_at - started)
            token = member.authority.timestamp(imprint, digest_algorithm, timeout_seconds=left_seconds)
            outcome = "stamped"
            member.health.succeeded()
        except TimestampError as error:
            outcome = error.code
            if isinstance(error, TimestampRefused):
                # It is there and answers by the book.
                member.health.succeeded()
            else:
                member.health.failed()
            raise
        else:
            return token
        finally:
            member.places.release()
            self._on_attempt(TimestampAttempt(name, outcome, self._clock() - started))

    def _wait_before(self, number: int, deadline: float) -> bool:
        """Pause before a further round; says whether there is time for it."""
        # Jitter is no secret.
        seconds = self._rules.pause_seconds * 2 ** (number - 1) * random.uniform(0.5, 1.5)  # noqa: S311
        if self._clock() + seconds >= deadline:
            return False
        self._pause(seconds)
        return True


def _in_turn(members: Sequence[_Member]) -> Iterator[_Member]:
    """Give the members in order, those that rest at the end."""
    put_off: list[_Member] = []
    for member in members:
        if member.health.claim_turn():
            yield member
        else:
            put_off.append(member)
    yield from put_off


def _summary(failures: Sequence[TimestampError]) -> TimestampError:
    unavailable = [error for error in failures if isinstance(error, TimestampUnavailable)]
    if unavailable or not failures:
        return TimestampUnavailable("; ".join(map(str, failures)) or "no time-stamping authority is set")
    return failures[0]
