"""Reads that are sent together: inside a pipeline the answers of several are waited for once.

They stand beside config.queued_writes, for the same reason.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Dialect, Select
from sqlalchemy.orm import Session

from config.queued_writes import WriteQueue, queue_of
from config.statement_texts import StatementText

Rows = list[tuple[Any, ...]]


class SentRead:
    """One SELECT, compiled once; always called with the same names."""

    def __init__(self, statement: "Select[Any]") -> None:
        self._statement = statement
        self._ready: _Ready | None = None

    def __call__(self, session: Session, values: Mapping[str, Any]) -> Callable[[], Rows]:
        """Put the question behind all that waits; returns what waits for the answer and returns its rows.

        What is returned raises DBAPIError where the database refuses the question, or a write that is before it.
        """
        queue = queue_of(session)
        if queue is None:
            rows = [tuple(row) for row in session.connection().execute(self._statement, values)]
            return lambda: rows
        if self._ready is None:
            self._ready = _Ready(self._statement, session.connection().dialect, values)
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
        question = queue.ask(self._sql, self._text.given(values))
        return lambda: [self._read(row) for row in queue.rows(question)]

    def _read(self, row: Sequence[Any]) -> tuple[Any, ...]:
        pairs = zip(row, self._processors, strict=True)
        return tuple(process(value) if process else value for value, process in pairs)
