"""An exchange that leaves a server alone which did not answer: a dead one costs one bounded wait, not one each time."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from urllib.parse import urlsplit

from certs.revocation.fetch import Exchange, ExchangeFailed, Limits
from certs.service_health import RestRules, ServiceHealth

MAX_SERVERS = 512
# What the server answered, if only to refuse, is no reason to leave it alone.
SILENT = frozenset({"time-limit", "unreachable"})
REST_RULES = RestRules(after_failures=1, first_seconds=15.0, most_seconds=300.0)


class RestingExchange:
    """Calls through another exchange; a server that was silent rests, then one call tries it again.

    Servers are told apart by scheme, host and port. The records are of this process and bounded; addresses come out
    of certificates that anybody may send in.
    """

    def __init__(
        self, exchange: Exchange, rules: RestRules = REST_RULES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._exchange = exchange
        self._rules = rules
        self._clock = clock
        self._lock = threading.Lock()
        self._servers: OrderedDict[str, ServiceHealth] = OrderedDict()

    def __call__(self, address: str, body: bytes | None, content_type: str | None, limits: Limits) -> bytes:
        """Return the body of the answer.

        Raises:
            ExchangeFailed: As the exchange does, or `resting` where the server is left alone for now.
        """
        health = self._health(address)
        if not health.claim_turn():
            raise ExchangeFailed("resting")
        try:
            answer = self._exchange(address, body, content_type, limits)
        except ExchangeFailed as failure:
            health.failed() if failure.code in SILENT else health.succeeded()
            raise
        health.succeeded()
        return answer

    def _health(self, address: str) -> ServiceHealth:
        parts = urlsplit(address)
        server = f"{parts.scheme}://{parts.netloc}".lower()
        with self._lock:
            health = self._servers.setdefault(server, ServiceHealth(self._rules, self._clock))
            self._servers.move_to_end(server)
            if len(self._servers) > MAX_SERVERS:
                self._servers.popitem(last=False)
            return health
