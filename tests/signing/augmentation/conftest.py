"""One authority with its status server for all of these tests, and a city for each."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.certs.authority import Authority, Holder, StatusServer, running_authority
from tests.signing.augmentation.bench import City


@pytest.fixture(scope="session")
def running() -> Iterator[tuple[Authority, StatusServer]]:
    with running_authority(datetime.now(UTC).replace(microsecond=0)) as both:
        yield both


@pytest.fixture(scope="session")
def stamping(running: tuple[Authority, StatusServer]) -> Holder:
    return _known(running, running[0].tsa(ends=timedelta(days=3650)))


@pytest.fixture(scope="session")
def official(running: tuple[Authority, StatusServer]) -> Holder:
    return _known(running, running[0].leaf("Nguyễn Văn Ví Dụ"))


@pytest.fixture(scope="session")
def seal(running: tuple[Authority, StatusServer]) -> Holder:
    return _known(running, running[0].leaf("UBND phường Ví Dụ"))


def _known(running: tuple[Authority, StatusServer], holder: Holder) -> Holder:
    running[1].issued[holder.certificate.serial_number] = holder.certificate
    return holder


@pytest.fixture
def city(running: tuple[Authority, StatusServer], stamping: Holder, tmp_path: Path) -> City:
    return City(*running, stamping, tmp_path)
