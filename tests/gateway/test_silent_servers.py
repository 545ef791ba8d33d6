"""A dead responder costs one bounded wait, whichever of the processes meets it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from certs.revocation.circuit import RestingExchange
from certs.revocation.fetch import ExchangeFailed, Limits
from certs.service_health import RestRules
from gateway.db.engine import make_engine
from gateway.db.tables.authorities import SilentServerRow
from gateway.services import Services
from gateway.silent_servers import SharedRests

ADDRESS = "http://ocsp.example/ask"
LIMITS = Limits(1.0, 1_000)


class Responder:
    """Silent until it is told to answer."""

    def __init__(self) -> None:
        self.silent, self.calls = True, 0

    def __call__(self, address: str, body: bytes | None, content_type: str | None, limits: Limits) -> bytes:
        self.calls += 1
        if self.silent:
            raise ExchangeFailed("time-limit")
        return b"answer"


class Pair:
    """Two processes with their own connections to one database, and the clock that both read."""

    def __init__(self, first: Services, second: Services) -> None:
        self.responder, self.now = Responder(), datetime(2026, 11, 28, 8, tzinfo=UTC)
        rests = [SharedRests(one.unit_of_work, RestRules(1, 15.0, 60.0), lambda: self.now) for one in (first, second)]
        self.rests = rests
        self.first, self.second = (RestingExchange(self.responder, one) for one in rests)
        self.services = first

    def said(self, exchange: RestingExchange, address: str = ADDRESS) -> str:
        try:
            return exchange(address, None, None, LIMITS).decode()
        except ExchangeFailed as failure:
            return failure.code


@pytest.fixture
def pair(services: Services, database_url: str) -> Iterator[Pair]:
    engine = make_engine(database_url)
    yield Pair(services, replace(services, engine=engine))
    engine.dispose()


def test_what_one_process_waited_for_no_other_waits_for(pair: Pair) -> None:
    assert pair.said(pair.first) == "time-limit"
    assert [pair.said(one) for one in (pair.first, pair.second, pair.second)] == ["resting"] * 3
    assert pair.responder.calls == 1
    assert pair.said(pair.second, "http://other.example/ask") == "time-limit"


def test_a_rested_server_is_tried_by_one_process_and_comes_back_for_all(pair: Pair) -> None:
    pair.said(pair.first)
    pair.now += timedelta(seconds=16)
    assert [one.claim_turn("http://ocsp.example") for one in (*pair.rests, *pair.rests)] == [True, False, False, False]

    pair.now += timedelta(seconds=16)
    assert pair.said(pair.second) == "time-limit"
    pair.now += timedelta(seconds=29)
    assert pair.said(pair.first) == "resting"
    pair.now += timedelta(seconds=2)
    pair.responder.silent = False
    assert pair.said(pair.first) == "answer"
    assert pair.said(pair.second) == "answer"


def test_servers_that_nobody_asks_any_more_are_forgotten(pair: Pair) -> None:
    for number in range(3):
        pair.said(pair.first, f"http://{number}.example/")
    pair.now += timedelta(days=2)
    pair.said(pair.second)

    with pair.services.unit_of_work(read_only=True) as work:
        assert [row.server for row in work.session.query(SilentServerRow)] == ["http://ocsp.example"]
