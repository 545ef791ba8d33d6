"""What all tests share: both databases, the corpus where it is, a development PKI and a wired application."""

import gc
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
from argon2 import PasswordHasher
from sqlalchemy.engine import make_url

from gateway.auth import secrets_hashing
from gateway.db import schema
from gateway.db.engine import make_engine
from tests.lent_databases import LentDatabases
from tests.postgres import EMPTY, fresh_database, postgres_server
from tests.repeated_work import repeated_work_kept

# While three hundred modules of tests load, nothing becomes garbage; looking for it is a fifth of the loading.
gc.disable()

CORPUS = Path(os.environ.get("CORPUS_DIR", Path(__file__).parents[2] / "shared" / "corpus"))
# The default draws a traceback's frames and variables for a terminal, which takes a second each.
structlog.dev.ConsoleRenderer.get_active().exception_formatter = structlog.dev.plain_traceback


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """Let the collector work from the first test on, on what tests make and not on what was loaded."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _repeated_work_kept() -> Iterator[None]:
    with repeated_work_kept():
        yield


@pytest.fixture(scope="session", autouse=True)
def shipped_hasher() -> Iterator[PasswordHasher]:
    """The hasher that is shipped; it takes 64 MB and a quarter of a second, so most tests sign in with a cheap one."""
    with pytest.MonkeyPatch.context() as patch:
        shipped = secrets_hashing._HASHER
        patch.setattr(secrets_hashing, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield shipped


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


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite database to copy: migrating anew for each test costs more than most tests."""
    path = tmp_path_factory.mktemp("template") / "gateway.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: str) -> Iterator[str]:
    """The name of a migrated, empty PostgreSQL database to copy."""
    with fresh_database(postgres, EMPTY) as url:
        _migrate(url)
        yield str(make_url(url).database)


@pytest.fixture(scope="session")
def postgres_databases(postgres: str, postgres_template: str) -> Iterator[LentDatabases]:
    """Migrated, empty PostgreSQL databases."""
    databases = LentDatabases(postgres, postgres_template)
    yield databases
    databases.close()


def _migrate(url: str) -> None:
    engine = make_engine(url)
    schema.upgrade(engine)
    # A database is copied only while nobody is connected to it.
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated database without a row, on each of the two systems in turn."""
    if request.param == "sqlite":
        path = tmp_path / "gateway.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    with request.getfixturevalue("postgres_databases").lend() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without a table, on each of the two systems in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
        return
    with fresh_database(request.getfixturevalue("postgres"), EMPTY) as url:
        yield url


@pytest.fixture
def now() -> datetime:
    """The present, in UTC: certificates made for a test are valid around it."""
    return datetime.now(UTC)
