"""Statements that go to PostgreSQL together, and whose answers are waited for once.

The driver's own pipeline wakes both sides for every statement, which costs more than the statement itself. So this
speaks libpq's pipeline mode through the driver's wrapper of it (psycopg.pq), and leaves that mode whenever no answer is
due: in between, the connection is the driver's as ever.
"""

from collections.abc import Generator, MutableMapping, Sequence
from itertools import count
from typing import Any, Final

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.waiting import Ready, Wait

from config.statement_texts import told_as_sqlalchemy_does

# A connection keeps so many statements prepared; others are read anew each time.
PREPARED_STATEMENTS: Final = 64
# A prepared statement is no longer there, or its tables changed since: it is prepared anew when it is asked next.
_FORGOTTEN: Final = {"26000", "0A000"}
_NO_ANSWER = "the server does not answer what it was asked"
_numbers = count()

# What tells prepared statements apart, and their names on one connection.
Key = tuple[str, tuple[int, ...]]
Names = MutableMapping[Key, bytes]


class Statement:
    """One statement with its values as the driver takes them, and the server's answer once it was waited for."""

    __slots__ = ("prepares", "result", "text", "values")

    def __init__(self, text: str, values: Sequence[Any] = (), *, prepares: Key | None = None) -> None:
        self.text = text
        self.values = values
        self.prepares = prepares
        self.result: Any = None


class Exchange:
    """One connection's statements on their way, and the answers that are due.

    Args:
        driver: A connection that is not in autocommit mode.
        names: The statements that are prepared on it; lives as long as the connection does.
    """

    def __init__(self, driver: "psycopg.Connection[Any]", names: Names) -> None:
        self._driver = driver
        self._libpq = driver.pgconn
        self._names = names
        self._transformer = Transformer.from_context(driver)
        self._due: list[Statement] = []

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open; one that was sent whole (see send) is not."""
        return not self._due and self._libpq.transaction_status != TransactionStatus.IDLE

    def send(self, statements: Sequence[Statement]) -> None:
        """Send statements without waiting; if one of them fails, those behind it are not carried out.

        Outside a transaction they are one of their own, unless they begin with BEGIN.

        Raises:
            DBAPIError: The connection is lost, or a value is none for the database: then nothing was sent.
        """
        with told_as_sqlalchemy_does(statements[0].text):
            ready = [(statement, *self._given(statement.values)) for statement in statements]
            try:
                if not self._due:
                    self._libpq.enter_pipeline_mode()
                for statement, values, types, formats in ready:
                    self._put(statement, values, types, formats)
                self._libpq.pipeline_sync()
            except BaseException:
                self._lose()
                raise
        self._due.append(Statement("Sync"))

    def _given(self, values: Sequence[Any]) -> tuple[Sequence[Any], tuple[int, ...], Sequence[Any] | None]:
        sent = self._transformer.dump_sequence(values, [PyFormat.AUTO] * len(values))
        return sent, self._transformer.types or (), self._transformer.formats

    def _put(self, statement: Statement, values: Sequence[Any], types: tuple[int, ...], formats: Any) -> None:
        key = (statement.text, types)
        name = self._names.get(key)
        if name is None and len(self._names) < PREPARED_STATEMENTS:
            name = self._names[key] = b"exchange_%d" % next(_numbers)
            self._libpq.send_prepare(name, statement.text.encode(), types)
            self._due.append(Statement(statement.text, prepares=key))
        if name is None:
            self._libpq.send_query_params(statement.text.encode(), values, types, formats)
        else:
            self._libpq.send_query_prepared(name, values, formats)
        self._due.append(statement)

    def _lose(self) -> None:
        # Answers are on their way that nobody knows the questions to.
        self._due = []
        self._driver.close()

    def wait(self) -> None:
        """Wait for every answer that is due.

        Raises:
            DBAPIError: The connection is lost, or the server refuses a statement: the first one.
        """
        if not self._due:
            return
        due, self._due = self._due, []
        try:
            with told_as_sqlalchemy_does(due[0].text):
                results = self._driver.wait(self._arriving(len(due)))
                self._libpq.exit_pipeline_mode()
        except BaseException:
            self._lose()
            raise
        self._take(due, results)

    def _arriving(self, number: int) -> Generator[Wait, Ready | int, list[Any]]:
        while self._libpq.flush():
            if (yield Wait.RW) & Ready.R:
                # A server that cannot get rid of its answers takes no more questions.
                self._libpq.consume_input()
        results: list[Any] = []
        ended = False
        while len(results) < number:
            while self._libpq.is_busy():
                if (yield Wait.R):
                    self._libpq.consume_input()
            result = self._libpq.get_result()
            if result is None and ended:
                raise psycopg.OperationalError(_NO_ANSWER)
            # Each statement's result is followed by nothing, once.
            ended = result is None
            if result is not None:
                results.append(result)
        return results

    def _take(self, due: Sequence[Statement], results: Sequence[Any]) -> None:
        failed: Statement | None = None
        for statement, result in zip(due, results, strict=True):
            statement.result = result
            if result.status in {ExecStatus.FATAL_ERROR, ExecStatus.PIPELINE_ABORTED}:
                if statement.prepares is not None:
                    del self._names[statement.prepares]
                failed = failed or statement
        if failed is not None:
            error = error_from_result(failed.result)
            if error.sqlstate in _FORGOTTEN:
                self._names.clear()
            with told_as_sqlalchemy_does(failed.text):
                raise error

    def rows(self, statement: Statement) -> list[tuple[Any, ...]]:
        """Return the rows of an answer that was waited for."""
        self._transformer.set_pgresult(statement.result)
        return self._transformer.load_rows(0, statement.result.ntuples, tuple)
