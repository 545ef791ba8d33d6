"""Writes whose answer nobody needs: inside a pipeline they are sent and not waited for.

They stand in config because both the gateway's tables and payments' are written so. What fails among them is raised by
the next statement that is waited for, at the latest by the commit, so nothing is ever kept that was not written.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.base import Executable

PIPELINE: Final = "pipeline"


class QueuedWrite:
    """One INSERT or UPDATE for each database, compiled once; always called with the same names.

    A statement's way through SQLAlchemy takes three times as long as sending it, so a pipeline gets it directly.
    """

    def __init__(self, statements: Mapping[str, Executable] | Executable) -> None:
        self._statements = statements
        self._ready: _Ready | None = None

    def __call__(self, connection: Connection, values: Mapping[str, Any]) -> None:
        """Write values, in the transaction that the connection is in.

        Raises:
            DBAPIError: The database refuses this write or one that was queued before it.
        """
        if PIPELINE not in connection.info:
            connection.execute(self._on(connection.dialect), values)
            return
        if self._ready is None:
            self._ready = _Ready(self._on(connection.dialect), connection.dialect, values)
        self._ready.send(connection, values)

    def _on(self, dialect: Dialect) -> Executable:
        return self._statements[dialect.name] if isinstance(self._statements, Mapping) else self._statements


class _Ready:
    """A statement as text, with what turns our values into the driver's."""

    def __init__(self, statement: Executable, dialect: Dialect, values: Mapping[str, Any]) -> None:
        compiled: Any = statement.compile(dialect=dialect, column_keys=list(values))  # type: ignore[attr-defined]
        self._sql = str(compiled)
        self._constants = {name: value for name, value in compiled.params.items() if name not in values}
        kinds = {name: bind.type.dialect_impl(dialect) for name, bind in compiled.binds.items()}
        found = {name: kind.bind_processor(dialect) for name, kind in kinds.items()}
        self._processors: dict[str, Callable[[Any], Any]] = {name: made for name, made in found.items() if made}

    def send(self, connection: Connection, values: Mapping[str, Any]) -> None:
        given = {**self._constants, **values}
        for name, process in self._processors.items():
            given[name] = process(given[name])
        try:
            connection.connection.cursor().execute(self._sql, given)
        except psycopg.Error as error:
            raise DBAPIError.instance(self._sql, None, error, psycopg.Error, hide_parameters=True) from error
