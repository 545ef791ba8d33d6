"""Reads that are sent together: inside a pipeline the answers of several are waited for once.

They stand beside config.queued_writes, for the same reason.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Select

from config.queued_writes import QUEUE, WriteQueue
from config.statement_texts import StatementText, told_as_sqlalchemy_does

Rows = list[tuple[Any, ...]]


class SentRead:
    """One SELECT, compiled once; always called with the same names."""

    def __init__(self, statement: "Select[Any]") -> None:
        self._statement = statement
        self._ready: _Ready | None = None

    def __call__(self, connection: Connection, values: Mapping[str, Any]) -> Callable[[], Rows]:
        """Send the question behind all that waits; returns what waits for the answer and returns its rows.

        Raises:
            DBAPIError: The database refuses it, or a write that was queued before it.
        """
        queue: WriteQueue | None = connection.info.get(QUEUE)
        if queue is None:
            rows = [tuple(row) for row in connection.execute(self._statement, values)]
            return lambda: rows
        if self._ready is None:
            self._ready = _Ready(self._statement, connection.dialect, values)
        return self._ready.sent(queue, values)


class _Ready:
    """A SELECT as text, with what turns values into the driver's and back."""

    def __init__(self, statement: "Select[Any]", dialect: Dialect, values: Mapping[str, Any]) -> None:
        self._text = StatementText(statement, dialect, values)
        self._sql = self._text.numbered(0)
        kinds = [column.type.dialect_impl(dialect) for column in statement.selected_columns]
        self._processors: Sequence[Callable[[Any], Any] | None] = [
            kind.result_processor(dialect, None) for kind in kinds
        ]

    def sent(self, queue: WriteQueue, values: Mapping[str, Any]) -> Callable[[], Rows]:
        cursor = queue.ask(self._sql, self._text.given(values))

        def rows() -> Rows:
            with told_as_sqlalchemy_does(self._sql):
                return [self._read(row) for row in cursor.fetchall()]

        return rows

    def _read(self, row: Sequence[Any]) -> tuple[Any, ...]:
        pairs = zip(row, self._processors, strict=True)
        return tuple(process(value) if process else value for value, process in pairs)
