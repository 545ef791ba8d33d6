"""How a service outside has been doing lately, so that one that fails is left alone for a while."""

import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class RestRules:
    """When a service that fails is left alone, and for how long.

    Attributes:
        after_failures: Consecutive failures before it rests.
        first_seconds, most_seconds: The rest doubles with each failure more, within these.
    """

    after_failures: int = 2
    first_seconds: float = 15.0
    most_seconds: float = 600.0

    def rest_seconds(self, failures: int) -> float:
        """Return how long a service rests after so many failures in a row; 0 while it is not due."""
        beyond = failures - self.after_failures
        # Beyond some doublings the longest rest is reached anyway; the bound keeps the power small.
        return 0.0 if beyond < 0 else float(min(self.most_seconds, self.first_seconds * 2 ** min(beyond, 30)))


class ServiceHealth:
    """One service's record: thread-safe, in memory; a restart forgets it, which costs at most one failure each.

    A rested authority is tried by one call at first; only when that one has an answer do the others come back.
    """

    def __init__(self, rules: RestRules, clock: Callable[[], float]) -> None:
        self._rules = rules
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._resting_until = 0.0

    def claim_turn(self) -> bool:
        """Say whether it may be asked in its usual place; for a rested one, whoever hears yes is the one that tries."""
        with self._lock:
            if self._failures < self._rules.after_failures:
                return True
            now = self._clock()
            if now < self._resting_until:
                return False
            # The others go on resting until this try has ended, at most until it would have been over anyway.
            self._resting_until = now + self._rules.rest_seconds(self._failures)
            return True

    def succeeded(self) -> None:
        """It gave a good answer."""
        with self._lock:
            self._failures = 0
            self._resting_until = 0.0

    def failed(self) -> None:
        """It did not answer, or with what cannot be trusted."""
        with self._lock:
            self._failures += 1
            self._resting_until = self._clock() + self._rules.rest_seconds(self._failures)

    @property
    def failures(self) -> int:
        """How often it failed since its last good answer."""
        with self._lock:
            return self._failures

    @property
    def resting(self) -> bool:
        """Whether it is left alone at the moment."""
        with self._lock:
            return self._failures >= self._rules.after_failures and self._clock() < self._resting_until
