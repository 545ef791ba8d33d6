"""Databases that are lent again: as their template in rows and tables, or not lent again."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy.engine import make_url

from tests.lent_databases import LentDatabases
from tests.postgres import connect, fresh_database

TABLES = """CREATE TABLE kept (number integer); INSERT INTO kept VALUES (1); CREATE TABLE entries (number integer);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'append only'; END $$;
CREATE TRIGGER history BEFORE DELETE ON entries FOR EACH ROW EXECUTE FUNCTION refuse()"""


@pytest.fixture
def databases(postgres: str) -> Iterator[LentDatabases]:
    with fresh_database(postgres) as template:
        with connect(make_url(template)) as connection:
            connection.execute(TABLES)
        made = LentDatabases(postgres, str(make_url(template).database))
        yield made
        made.close()


def test_rows_are_gone_even_of_tables_that_forbid_it_and_whoever_stayed_is_sent_away(databases: LentDatabases) -> None:
    with databases.lend() as first:
        stayed = connect(make_url(first))
        stayed.execute("INSERT INTO entries VALUES (7)")
        stayed.execute("BEGIN; LOCK TABLE entries")
    with databases.lend() as second, connect(make_url(second)) as connection:
        assert second == first
        assert connection.execute("SELECT * FROM entries").fetchall() == []
        assert connection.execute("SELECT * FROM kept").fetchall() == [(1,)]
        connection.execute("INSERT INTO entries VALUES (8)")
        with pytest.raises(psycopg.errors.RaiseException, match="append only"):
            connection.execute("DELETE FROM entries")
    with pytest.raises(psycopg.OperationalError):
        stayed.execute("SELECT 1")


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE entries DISABLE TRIGGER history",
        "DROP TRIGGER history ON entries",
        "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN old; END $$",
        "ALTER TABLE entries ADD COLUMN more text",
        "CREATE TABLE others (number integer)",
        "DROP TABLE entries",
        "CREATE INDEX found ON entries (number)",
        "GRANT SELECT ON entries TO PUBLIC",
        "UPDATE kept SET number = 2",
        "DELETE FROM kept",
        "INSERT INTO kept VALUES (2)",
        "INSERT INTO entries SELECT generate_series(1, 100000)",
    ],
)
def test_a_database_that_is_another_afterwards_is_not_lent_again(databases: LentDatabases, change: str) -> None:
    with databases.lend() as first, connect(make_url(first)) as connection:
        connection.execute(change)
    with databases.lend() as second:
        assert second != first
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        connect(make_url(first))
