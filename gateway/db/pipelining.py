"""Statements sent one after another without waiting for each other's answers, where the driver can do that.

A callback's transaction is a dozen small writes; waiting for each costs more than all of them. Queued writes
(config.queued_writes) are only sent; every other statement waits as ever. SQLite has no network to wait for.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy.engine import Connection

from config.queued_writes import PIPELINE


@contextmanager
def pipelined(connection: Connection) -> Iterator[None]:
    """Send this connection's queued statements in a pipeline while the block runs."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        yield
        return
    try:
        with driver.pipeline() as pipeline:
            connection.info[PIPELINE] = pipeline
            try:
                yield
            finally:
                del connection.info[PIPELINE]
    except BaseException:
        # After a commit that failed here SQLAlchemy takes the transaction for ended; to the server it is not.
        if not driver.closed:
            driver.rollback()
        raise


def wait_for_answer(connection: Connection, _cursor: Any, _sql: str, _values: Any, _context: Any, _many: bool) -> None:
    """Wait for the answers of all that was sent so far; SQLAlchemy's after_cursor_execute."""
    pipeline: psycopg.Pipeline | None = connection.info.get(PIPELINE)
    if pipeline is not None:
        pipeline.sync()
