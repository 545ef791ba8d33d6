"""Statements sent one after another without waiting for each other's answers, where the driver can do that.

A callback's transaction is a dozen small writes; waiting for each costs more than all of them. Queued writes
(config.queued_writes) are put together and only sent; every other statement waits as ever, and goes behind them. SQLite
has no network to wait for.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection

from config.queued_writes import QUEUE, WriteQueue
from gateway.db.liveness import doubt_all

PIPELINE = "pipeline"


@contextmanager
def pipelined(connection: Connection) -> Iterator[None]:
    """Send this connection's queued statements in a pipeline while the block runs."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        yield
        return
    # A connection that was lost meanwhile tells nothing of itself any more.
    info = connection.info
    try:
        with driver.pipeline() as pipeline:
            info[PIPELINE], info[QUEUE] = pipeline, WriteQueue(driver)
            try:
                yield
            finally:
                info.pop(PIPELINE, None)
                info.pop(QUEUE, None)
    except BaseException:
        # SQLAlchemy did not see what failed here: it takes a failed commit for an end, and a lost connection for one
        # of its own.
        if driver.closed:
            doubt_all(connection.engine)
        else:
            driver.rollback()
        raise


def prepare_for_pipelines(engine: Engine) -> None:
    """Keep the order of statements on the connections of an engine that are in a pipeline."""
    event.listen(engine, "before_cursor_execute", _send_queued)
    event.listen(engine, "after_cursor_execute", _wait_for_answer)
    event.listen(engine, "commit", _send_queued)
    event.listen(engine, "rollback", _drop_queued)


def _send_queued(connection: Connection, *_: Any) -> None:
    queue: WriteQueue | None = connection.info.get(QUEUE)
    if queue is not None:
        queue.send()


def _wait_for_answer(connection: Connection, *_: Any) -> None:
    pipeline: psycopg.Pipeline | None = connection.info.get(PIPELINE)
    if pipeline is not None:
        pipeline.sync()


def _drop_queued(connection: Connection) -> None:
    if connection.invalidated:
        return
    queue: WriteQueue | None = connection.info.get(QUEUE)
    if queue is not None:
        queue.drop()
