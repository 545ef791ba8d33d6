"""Writes whose answer nobody needs: inside a pipeline they are put together, sent, and not waited for.

They stand in config because both the gateway's tables and payments' are written so. What fails among them is raised by
the next statement that is waited for, at the latest by the commit, so nothing is ever kept that was not written.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, Dialect, Insert
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.dml import UpdateBase

from config.statement_texts import StatementText, told_as_sqlalchemy_does

# In Connection.info: the queue of the pipeline that the connection is in.
QUEUE: Final = "queued-writes"
# So many writes are one statement at most: its text and its plan stay small.
GROUP_WRITES = 32


class QueuedWrite:
    """One INSERT or UPDATE for each database, compiled once; always called with the same names.

    row names the values that tell which row is changed, for an UPDATE and for an INSERT that updates what is there;
    an INSERT that only adds has none. locks_last keeps the locks of all earlier writes before this one's. A statement's
    way through SQLAlchemy takes three times as long as sending it, so a pipeline gets it directly.
    """

    def __init__(
        self,
        statements: Mapping[str, UpdateBase] | UpdateBase,
        *,
        row: Sequence[str] = (),
        locks_last: bool = False,
    ) -> None:
        self._statements = statements
        self._row = tuple(row)
        self._locks_last = locks_last
        self._part: Part | None = None

    def __call__(self, connection: Connection, values: Mapping[str, Any]) -> None:
        """Write values, in the transaction that the connection is in.

        Raises:
            DBAPIError: The database refuses this write. In a pipeline, the next statement that waits raises it.
        """
        queue: WriteQueue | None = connection.info.get(QUEUE)
        if queue is None:
            connection.execute(self._on(connection.dialect), values).close()
            return
        if self._part is None:
            self._part = Part(self._on(connection.dialect), connection.dialect, values, self._row, self._locks_last)
        queue.add(self._part, values)

    def _on(self, dialect: Dialect) -> UpdateBase:
        return self._statements[dialect.name] if isinstance(self._statements, Mapping) else self._statements


class Part:
    """A write that is ready to be sent; one statement, or a part of one.

    Attributes:
        table: What it writes to. reads: The tables from which it takes values. changes: Whether it changes rows.
        tells: Whether it returns the row that it wrote, to a later write that reads this table.
        locks_last: Whether it must not be in one statement with what comes before it.
    """

    def __init__(
        self,
        statement: UpdateBase,
        dialect: Dialect,
        values: Mapping[str, Any],
        row: Sequence[str],
        locks_last: bool,
    ) -> None:
        self.text = StatementText(statement, dialect, values)
        table: Any = statement.table
        self.table: str = table.name
        chosen: Any = statement.select if isinstance(statement, Insert) else None
        self.reads: frozenset[str] = frozenset(
            () if chosen is None else (source.name for source in chosen.get_final_froms())
        )
        # The dialect's own INSERT is taken for ON CONFLICT DO UPDATE.
        self.changes = not isinstance(statement, Insert) or isinstance(statement, postgresql.Insert)
        if self.changes and not row:
            raise ValueError(f"a write that changes rows of {self.table} says which")
        self.tells = len(statement.exported_columns) > 0
        self.locks_last = locks_last
        self._row = tuple(row)

    def row(self, values: Mapping[str, Any]) -> tuple[str, ...] | None:
        """Return which row of the table is changed; None where one is added."""
        return tuple(values[name] for name in self._row) if self.changes else None


class WriteQueue:
    """The writes of one connection that were not sent yet.

    Writes become one statement: within it none sees what another wrote, except the row that an earlier one returns,
    the database may take them in any order, and foreign keys are checked at its end. So a write begins a new statement
    where it reads or changes what an earlier one wrote, or where its lock must come after the earlier ones'.
    """

    def __init__(self, driver: "psycopg.Connection[Any]") -> None:
        self._driver = driver
        self._groups: list[_Group] = []

    def add(self, part: Part, values: Mapping[str, Any]) -> None:
        """Put a write behind those that wait."""
        row = part.row(values)
        if not self._groups or not self._groups[-1].may_take(part, row):
            self._groups.append(_Group())
        self._groups[-1].take(part, row, part.text.given(values))

    def send(self) -> None:
        """Send what waits, without waiting for the answers.

        Raises:
            DBAPIError: The database refuses one of them, or an earlier one.
        """
        groups, self._groups = self._groups, []
        for group in groups:
            self._execute(group.text, group.values)

    def ask(self, text: str, values: list[Any]) -> "psycopg.RawCursor[Any]":
        """Send what waits and a question behind it; returns the cursor that waits for the answer.

        Raises:
            DBAPIError: The database refuses one of them, or an earlier one.
        """
        self.send()
        return self._execute(text, values)

    def _execute(self, text: str, values: list[Any]) -> "psycopg.RawCursor[Any]":
        with told_as_sqlalchemy_does(text):
            return psycopg.RawCursor(self._driver).execute(text, values, prepare=True)

    def drop(self) -> None:
        """Forget what waits: the transaction is rolled back."""
        self._groups = []


class _Group:
    """Writes that may be one statement."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._parts: list[Part] = []
        self._added: set[str] = set()
        self._read: set[str] = set()
        self._changed: dict[str, set[tuple[str, ...]]] = {}

    @property
    def text(self) -> str:
        """The statement, as the driver takes it."""
        return _joined(tuple(self._parts))

    def may_take(self, part: Part, row: tuple[str, ...] | None) -> bool:
        """Whether a write may be in one statement with those that are here."""
        if part.locks_last or len(self._parts) >= GROUP_WRITES or part.table in self._read:
            return False
        if any(not self._may_read(table) for table in part.reads):
            return False
        if row is None:
            return part.table not in self._changed
        return part.table not in self._added and row not in self._changed.get(part.table, ())

    def _may_read(self, table: str) -> bool:
        if table in self._added:
            return False
        wrote = [part for part in self._parts if part.table == table]
        return not wrote or (len(wrote) == 1 and wrote[0].tells)

    def take(self, part: Part, row: tuple[str, ...] | None, values: list[Any]) -> None:
        """Add a write."""
        self._parts.append(part)
        self.values += values
        self._read |= part.reads
        if row is None:
            self._added.add(part.table)
        else:
            self._changed.setdefault(part.table, set()).add(row)


@lru_cache(maxsize=512)
def _joined(parts: tuple[Part, ...]) -> str:
    """Return writes as one statement.

    What a write returns goes by the name of its table, which hides the table from those that read it.
    """
    read = {table for part in parts for table in part.reads}
    texts, count = [], 0
    for part in parts:
        texts.append(part.text.numbered(count))
        count += part.text.count
    *first, last = texts
    if not first:
        return last
    names = (part.table if part.table in read else f"write_{place}" for place, part in enumerate(parts))
    return "WITH " + ", ".join(f"{name} AS ({text})" for name, text in zip(names, first, strict=False)) + " " + last
