"""Statements sent together without waiting for each other's answers, where the driver can do that.

A callback's transaction is a dozen small writes; waiting for each costs more than all of them. Queued writes and reads
(config.queued_writes, config.sent_reads) are put together and sent with what is waited for; every other statement
goes behind them. SQLite has no network to wait for.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection

from config.exchange import Exchange
from config.queued_writes import QUEUE, WriteQueue
from gateway.db.liveness import doubt_all

# In Connection.info: the names of the statements that are prepared on it.
PREPARED = "prepared"


@contextmanager
def pipelined(connection: Connection) -> Iterator[WriteQueue | None]:
    """Have a connection's statements queued while the block runs; all answers are heard by its end.

    Yields the queue, for the session; None where the driver cannot do that.
    """
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        yield None
        return
    # A connection that was lost meanwhile tells nothing of itself any more.
    info = connection.info
    queue = info[QUEUE] = WriteQueue(Exchange(driver, info.setdefault(PREPARED, {})))
    try:
        try:
            yield queue
        finally:
            queue.drop()
    except BaseException:
        # SQLAlchemy did not see what failed here: it takes a failed commit for an end, and a lost connection for one
        # of its own, which it would lend again.
        if driver.closed:
            doubt_all(connection.engine)
            connection.invalidate()
        else:
            driver.rollback()
        raise
    finally:
        info.pop(QUEUE, None)


def prepare_for_pipelines(engine: Engine) -> None:
    """Keep the order of statements on the connections of an engine that are in a pipeline."""
    event.listen(engine, "before_cursor_execute", _settle)
    event.listen(engine, "commit", _commit)
    event.listen(engine, "rollback", _drop)


def _settle(connection: Connection, *_: Any) -> None:
    queue: WriteQueue | None = connection.info.get(QUEUE)
    if queue is not None:
        queue.settle()


def _commit(connection: Connection) -> None:
    queue: WriteQueue | None = connection.info.get(QUEUE)
    if queue is not None:
        queue.commit()


def _drop(connection: Connection) -> None:
    if connection.invalidated:
        return
    queue: WriteQueue | None = connection.info.get(QUEUE)
    if queue is not None:
        queue.drop()
