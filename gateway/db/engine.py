"""Engines: SQLite tuned for one machine, PostgreSQL for a city; the same code above both."""

from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection, make_url

from gateway.db.audit import sha256_hex
from gateway.db.liveness import ask_rested_connections
from gateway.db.pipelining import prepare_for_pipelines

READ_ONLY = "gateway_read_only"
# A server that vanishes without a word (power, network) answers nothing and ends no connection. With these the kernel
# notices within 10 to 15 s; without them after a quarter of an hour, and until then every thread would hang.
LIVENESS = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


def make_engine(database_url: str) -> Engine:
    """Return an engine whose transactions behave alike on both databases.

    On SQLite a writing transaction takes the write lock at its start, so that it can never fail half-way because
    another writer came between its reading and its writing; PostgreSQL locks the rows instead.
    """
    if make_url(database_url).get_backend_name() == "sqlite":
        return _sqlite_engine(database_url)
    engine = create_engine(
        database_url,
        pool_size=10,
        max_overflow=10,
        pool_timeout=10,
        # A lock that is not had within 15 s, or a statement that takes a minute, is a fault to be told, not waited for.
        connect_args={
            "options": "-c lock_timeout=15000 -c statement_timeout=60000",
            # The driver drops all prepared statements at each rollback, those of config.exchange with its own.
            "prepare_threshold": None,
            **LIVENESS,
        },
    )
    ask_rested_connections(engine)
    prepare_for_pipelines(engine)
    return engine


def _sqlite_engine(database_url: str) -> Engine:
    engine = create_engine(database_url, connect_args={"timeout": 15, "check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _: Any) -> None:
    # Python's driver must not open transactions of its own; _begin_sqlite does.
    connection.isolation_level = None
    connection.create_function("sha256_hex", 1, sha256_hex, deterministic=True)
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=15000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    read_only = connection.get_execution_options().get(READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
