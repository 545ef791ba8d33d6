"""An authority of our own, the status server, and what a test asks of them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from certs.errors import AddressNotAllowed
from certs.model import Purpose, TrustAnchor
from certs.revocation.cache import MemoryCache
from certs.revocation.fetch import HttpExchange
from certs.revocation.gather import GatherLimits, RevocationGatherer
from tests.certs.authority import Authority, StatusServer, running_authority


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Authority, StatusServer]]:
    with running_authority(datetime.now(UTC).replace(microsecond=0)) as both:
        yield both


@pytest.fixture
def authority(running: tuple[Authority, StatusServer]) -> Authority:
    return running[0]


@pytest.fixture
def server(running: tuple[Authority, StatusServer]) -> StatusServer:
    running[1].calls.clear()
    return running[1]


@pytest.fixture
def at(authority: Authority) -> datetime:
    return authority.now


@pytest.fixture
def anchors(authority: Authority) -> tuple[TrustAnchor, ...]:
    return (TrustAnchor(authority.root.der, Purpose.OFFICIAL, datetime(2000, 1, 1, tzinfo=UTC)),)


@pytest.fixture
def loopback_only(server: StatusServer) -> Callable[[str], None]:
    def allow(address: str) -> None:
        if not address.startswith(server.base_url):
            raise AddressNotAllowed(address)

    return allow


@pytest.fixture
def gatherer(loopback_only: Callable[[str], None]) -> RevocationGatherer:
    limits = GatherLimits(total_timeout_seconds=3, each_timeout_seconds=0.6, crl_max_size_bytes=1_000_000)
    return RevocationGatherer(HttpExchange(loopback_only), MemoryCache(), limits)
