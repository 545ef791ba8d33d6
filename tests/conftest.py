"""What all tests share: both databases, the corpus where it is, a development PKI and a wired application."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.postgres import fresh_database, postgres_server

CORPUS = Path(os.environ.get("CORPUS_DIR", Path(__file__).parents[2] / "shared" / "corpus"))


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of files that others made; it is not part of the project."""
    if not CORPUS.is_dir():
        pytest.skip(f"the corpus of outside files is not at {CORPUS}; set CORPUS_DIR to use it")
    return CORPUS


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server on which databases may be made."""
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database, on each of the two systems in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/gateway.db"
        return
    with fresh_database(request.getfixturevalue("postgres")) as url:
        yield url


@pytest.fixture
def now() -> datetime:
    """The present, in UTC: certificates made for a test are valid around it."""
    return datetime.now(UTC)
