"""An exchange that leaves a server alone which did not answer: a dead one costs one bounded wait, not one each time."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol
from urllib.parse import urlsplit

from certs.revocation.fetch import Exchange, ExchangeFailed, Limits
from certs.service_health import RestRules, ServiceHealth

MAX_SERVERS = 512
# What the server answered, if only to refuse, is no reason to leave it alone.
SILENT = frozenset({"time-limit", "unreachable"})
REST_RULES = RestRules(after_failures=1, first_seconds=15.0, most_seconds=300.0)


class Rests(Protocol):
    """Remembers which servers were silent. Servers are told apart by scheme, host and port."""

    def claim_turn(self, server: str) -> bool:
        """Say whether a server may be asked; of a rested one, whoever hears yes is the one that tries it."""
        ...

    def failed(self, server: str) -> None:
        """It was silent."""
        ...

    def succeeded(self, server: str) -> None:
        """It answered, if only to refuse."""
        ...


class LocalRests:
    """The records of this process: bounded, because addresses come out of certificates that anybody may send in."""

    def __init__(self, rules: RestRules = REST_RULES, clock: Callable[[], float] = time.monotonic) -> None:
        self._rules = rules
        self._clock = clock
        self._lock = threading.Lock()
        self._servers: OrderedDict[str, ServiceHealth] = OrderedDict()

    def claim_turn(self, server: str) -> bool:
        return self._health(server).claim_turn()

    def failed(self, server: str) -> None:
        self._health(server).failed()

    def succeeded(self, server: str) -> None:
        self._health(server).succeeded()

    def _health(self, server: str) -> ServiceHealth:
        with self._lock:
            health = self._servers.setdefault(server, ServiceHealth(self._rules, self._clock))
            self._servers.move_to_end(server)
            if len(self._servers) > MAX_SERVERS:
                self._servers.popitem(last=False)
            return health


class RestingExchange:
    """Calls through another exchange; a server that was silent rests, then one call tries it again."""

    def __init__(self, exchange: Exchange, rests: Rests) -> None:
        self._exchange = exchange
        self._rests = rests

    def __call__(self, address: str, body: bytes | None, content_type: str | None, limits: Limits) -> bytes:
        """Return the body of the answer.

        Raises:
            ExchangeFailed: As the exchange does, or `resting` where the server is left alone for now.
        """
        parts = urlsplit(address)
        server = f"{parts.scheme}://{parts.netloc}".lower()
        if not self._rests.claim_turn(server):
            raise ExchangeFailed("resting")
        try:
            answer = self._exchange(address, body, content_type, limits)
        except ExchangeFailed as failure:
            (self._rests.failed if failure.code in SILENT else self._rests.succeeded)(server)
            raise
        self._rests.succeeded(server)
        return answer
