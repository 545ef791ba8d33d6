"""The server that the other tests use: found where there is one, else started and gone afterwards."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import URL, make_url

import tests.postgres as postgres
from tests.postgres import PostgresUnavailable, fresh_database, postgres_server


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server of our own, whatever else answers on this machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DATABASE_URL", raising=False)
        patch.setattr(postgres, "_DEFAULT_SERVER", "postgresql://nobody@127.0.0.1:1/none")
        with postgres_server() as address:
            yield address


def connect(address: str) -> psycopg.Connection:
    plain = make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


def test_a_server_of_our_own_listens_on_loopback_only_and_asks_for_a_password(server: str) -> None:
    with connect(server) as connection:
        row = connection.execute("SHOW listen_addresses").fetchone()
    assert row == ("127.0.0.1",)
    without: URL = make_url(server).set(password=None)
    with pytest.raises(psycopg.OperationalError, match="password"):
        connect(without.render_as_string())


def test_a_fresh_database_is_empty_takes_vietnamese_and_is_dropped_with_its_connections(server: str) -> None:
    with fresh_database(server) as address:
        connection = connect(address)
        connection.execute("CREATE TABLE names AS SELECT 'Nguyễn Văn Ví Dụ' AS name")
        assert connection.execute("SELECT length(name) FROM names").fetchone() == (16,)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        connect(address)
    connection.close()


def test_a_server_that_answers_at_database_url_is_used(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = make_url(server).set(drivername="postgresql").render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", plain)
    with postgres_server() as address:
        assert address == server


def test_a_role_that_may_not_create_databases_is_passed_over(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with connect(server) as connection:
        connection.execute(sql.SQL("CREATE ROLE reader LOGIN PASSWORD 'r'"))
    reader = make_url(server).set(username="reader", password="r").render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", reader)
    monkeypatch.setattr(postgres, "_DEFAULT_SERVER", server)
    monkeypatch.setenv("PGPASSWORD", make_url(server).password or "")
    with postgres_server() as address:
        assert make_url(address).username == "postgres"


def test_where_no_server_is_installed_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(postgres, "_DEFAULT_SERVER", "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setattr(postgres, "_DEBIAN_PROGRAMS", tmp_path)
    with pytest.raises(PostgresUnavailable, match="apt-get install postgresql"), postgres_server():
        pass
