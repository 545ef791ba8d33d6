"""Writes whose answer nobody needs: inside a pipeline they are put together, and sent with what is waited for.

They stand in config because both the gateway's tables and payments' are written so. What fails among them is raised by
the next statement that is waited for, at the latest by the commit, so nothing is ever kept that was not written.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import psycopg
from sqlalchemy import Dialect, Insert
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import UpdateBase

from config.exchange import Exchange, Statement
from config.statement_texts import StatementText, told_as_sqlalchemy_does

# In the info of a connection and of its session: the queue of the pipeline that they are in.
QUEUE: Final = "queued-writes"
# So many writes are one statement at most: its text and its plan stay small.
GROUP_WRITES = 32
_FAILED_BEFORE = "nothing was committed, because a statement of the transaction had failed"


def queue_of(session: Session) -> "WriteQueue | None":
    """Return the queue of a session in a pipeline; None outside of one."""
    queue: WriteQueue | None = session.info.get(QUEUE)
    if queue is not None and not session.in_transaction():
        # Begins one, so that the session tells the queue of its end.
        session.connection()
    return queue


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

    def __call__(self, session: Session, values: Mapping[str, Any]) -> None:
        """Write values, in the transaction that the session is in.

        Raises:
            DBAPIError: The database refuses this write. In a pipeline, the next statement that waits raises it.
        """
        queue = queue_of(session)
        if queue is None:
            connection = session.connection()
            connection.execute(self._on(connection.dialect), values).close()
            return
        if self._part is None:
            dialect = session.connection().dialect
            self._part = Part(self._on(dialect), dialect, values, self._row, self._locks_last)
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
    """What one connection's transaction will send next: writes, and questions behind them.

    Writes become one statement: within it none sees what another wrote, except the row that an earlier one returns,
    the database may take them in any order, and foreign keys are checked at its end. So a write begins a new statement
    where it reads or changes what an earlier one wrote, or where its lock must come after the earlier ones'.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._groups: list[_Group] = []
        self._statements: list[Statement] = []

    def add(self, part: Part, values: Mapping[str, Any]) -> None:
        """Put a write behind what waits."""
        row = part.row(values)
        if not self._groups or not self._groups[-1].may_take(part, row):
            self._groups.append(_Group())
        self._groups[-1].take(part, row, part.text.given(values))

    def ask(self, text: str, values: list[Any]) -> Statement:
        """Put a question behind what waits; rows() waits for its answer."""
        self._end_groups()
        question = Statement(text, values)
        self._statements.append(question)
        return question

    def rows(self, question: Statement) -> list[tuple[Any, ...]]:
        """Return the answer to a question.

        Raises:
            DBAPIError: The database refuses it, or anything that was sent before it.
        """
        if question.result is None:
            self.settle()
        return self._exchange.rows(question)

    def send_ahead(self) -> bool:
        """Send the writes that wait as a transaction of their own, without waiting; False if one is open already.

        If the database refuses it, the next that waits raises that.

        Raises:
            DBAPIError: The connection is lost.
        """
        if self._exchange.in_transaction:
            return False
        self._send([])
        return True

    def settle(self) -> None:
        """Send what waits and wait for all answers.

        Raises:
            DBAPIError: The database refuses something.
        """
        self._end_groups()
        if self._statements:
            self._send([] if self._exchange.in_transaction else [Statement("BEGIN")])
        self._exchange.wait()

    def commit(self) -> None:
        """Send what waits, commit, and wait.

        Raises:
            DBAPIError: The database refuses something: nothing of the transaction is kept.
        """
        begun = self._exchange.in_transaction
        self._end_groups()
        if begun or self._statements:
            commit = Statement("COMMIT")
            self._send([] if begun else [Statement("BEGIN")], commit)
            self._exchange.wait()
            with told_as_sqlalchemy_does(commit.text):
                if commit.result.command_status != b"COMMIT":
                    raise psycopg.errors.InFailedSqlTransaction(_FAILED_BEFORE)
        self._exchange.wait()

    def drop(self) -> None:
        """Forget what was not sent, because the transaction is rolled back, and wait for the rest.

        Raises:
            DBAPIError: The database refuses what was sent.
        """
        self._groups, self._statements = [], []
        self._exchange.wait()

    def _end_groups(self) -> None:
        self._statements += [Statement(group.text, group.values) for group in self._groups]
        self._groups = []

    def _send(self, before: list[Statement], *after: Statement) -> None:
        self._end_groups()
        waiting, self._statements = self._statements, []
        self._exchange.send([*before, *waiting, *after])


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
