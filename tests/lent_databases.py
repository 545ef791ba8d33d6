"""Lends migrated PostgreSQL databases to tests and empties them afterwards, which costs a fraction of copying anew."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from tests.postgres import connect, fresh_database

# Where all that CREATE, ALTER, DROP and GRANT change within a database is written down.
_CATALOGS = (
    "pg_attrdef",
    "pg_attribute",
    "pg_class",
    "pg_constraint",
    "pg_db_role_setting",
    "pg_event_trigger",
    "pg_extension",
    "pg_index",
    "pg_largeobject_metadata",
    "pg_namespace",
    "pg_policy",
    "pg_proc",
    "pg_rewrite",
    "pg_sequence",
    "pg_trigger",
    "pg_type",
)
_TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"
# A row that was changed carries the number of a newer transaction; one that was removed is missed by the count.
_STATE = sql.SQL("SELECT {}, count(*), max(xmin::text::bigint) FROM {}")
_END_OTHERS = """SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""
_SIZE = "SELECT pg_database_size(current_database())"
# Deleted rows stay in the files; a database that has grown by this much is not lent again.
_GROWTH_BYTES = 2 * 1024**2
_Row = tuple[str, int, int | None]


@dataclass(frozen=True)
class _Unused:
    """What a database is like that nobody has used."""

    empty_tables: tuple[str, ...]
    # By the migrations.
    filled_tables: tuple[str, ...]
    # Of the catalogues and of the filled tables.
    state: frozenset[_Row]
    size_bytes: int


@dataclass(frozen=True)
class _Copy:
    url: str
    # Stays open, because a new one would have to read the whole catalogue anew.
    connection: psycopg.Connection
    opened: ExitStack


class LentDatabases:
    """Copies of a template; one that comes back unchanged but for its rows is emptied and lent again."""

    def __init__(self, server_url: str, template: str) -> None:
        self._server_url = server_url
        self._template = template
        with connect(make_url(server_url).set(database=template)) as connection:
            self._unused = _describe(connection)
        self._empty = sql.SQL("; ").join(
            [
                sql.SQL("BEGIN; SET LOCAL session_replication_role = replica"),
                *(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for name in self._unused.empty_tables),
                sql.SQL("COMMIT"),
            ]
        )
        self._free: list[_Copy] = []

    @contextmanager
    def lend(self) -> Iterator[str]:
        """Yield the address of a database that is as its template."""
        copy = self._free.pop() if self._free else self._make()
        try:
            yield copy.url
        finally:
            if self._emptied(copy.connection):
                self._free.append(copy)
            else:
                copy.opened.close()

    def close(self) -> None:
        """Drop the databases."""
        while self._free:
            self._free.pop().opened.close()

    def _make(self) -> _Copy:
        opened = ExitStack()
        url = opened.enter_context(fresh_database(self._server_url, self._template))
        return _Copy(url, opened.enter_context(connect(make_url(url))), opened)

    def _emptied(self, connection: psycopg.Connection) -> bool:
        """Delete all rows; False where that leaves another database than the template, or the role may not."""
        try:
            connection.execute(_END_OTHERS)
            if _state(connection, self._unused.filled_tables) != self._unused.state:
                return False
            connection.execute(self._empty)
            return _size_bytes(connection) - self._unused.size_bytes < _GROWTH_BYTES
        except psycopg.Error:
            return False


def _describe(connection: psycopg.Connection) -> _Unused:
    names = [str(name) for (name,) in connection.execute(_TABLES)]
    empty = tuple(name for name, rows, _ in _state_of(connection, names) if rows == 0)
    filled = tuple(name for name in names if name not in empty)
    return _Unused(empty, filled, _state(connection, filled), _size_bytes(connection))


def _state(connection: psycopg.Connection, filled_tables: Iterable[str]) -> frozenset[_Row]:
    return frozenset(_state_of(connection, [*_CATALOGS, *filled_tables]))


def _state_of(connection: psycopg.Connection, tables: Iterable[str]) -> list[_Row]:
    questions = [_STATE.format(sql.Literal(name), sql.Identifier(name)) for name in tables]
    return connection.execute(sql.SQL(" UNION ALL ").join(questions)).fetchall()


def _size_bytes(connection: psycopg.Connection) -> int:
    ((size,),) = connection.execute(_SIZE).fetchall()
    return int(size)
