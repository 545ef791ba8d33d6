"""Callbacks: verified, booked and told of durably, against the least that writing as many rows costs.

The baseline copies the very rows that one callback leaves into tables with the same columns, keys and indexes, one
INSERT for each, in one transaction, with psycopg and nothing else.
"""

import atexit
import json
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from benchmarks.callbacks import WaitingGateway, waiting_gateway
from benchmarks.frame import Comparison, benchmark
from gateway.callbacks.payments import settle_call
from payments.model import CallbackCall

CALLS = 192
# Ours takes at most so many times the baseline's time: 0.4 of its rate.
AT_MOST = 2.5
# What one callback inserts: the call, the report, the entry with its postings, the event, two tasks, the audit entry.
TABLES = (
    *("provider_callbacks", "provider_events", "journal_entries", "journal_postings", "events", "outbox"),
    "audit_entries",
)
BAD = "a callback was not booked"


@benchmark("callbacks-1-connection", unit="callbacks")
def one_connection(folder: Path) -> Comparison:
    return _comparison(folder, 1)


@benchmark("callbacks-4-connections", unit="callbacks")
def four_connections(folder: Path) -> Comparison:
    return _comparison(folder, 4)


@benchmark("callbacks-16-connections", unit="callbacks")
def sixteen_connections(folder: Path) -> Comparison:
    return _comparison(folder, 16)


def _comparison(folder: Path, connections: int) -> Comparison:
    opened = ExitStack()
    atexit.register(opened.close)
    gateway = opened.enter_context(waiting_gateway(folder))
    waiting: list[CallbackCall] = []
    rows = _rows_of_one_callback(gateway)

    def ours() -> int:
        return _in_threads(connections, lambda number: _settle(gateway, waiting[number::connections]))

    def bare() -> int:
        share = CALLS // connections
        return _in_threads(connections, lambda _: _insert(gateway.database_url, rows, share))

    def refill() -> None:
        waiting[:] = gateway.calls(CALLS)

    inserts = f"psycopg, {len(rows)} INSERTs in one transaction, {connections} connections"
    return Comparison(CALLS, ours, inserts, bare, before_round=refill, at_most=AT_MOST)


def _in_threads(count: int, work: Callable[[int], int]) -> int:
    done: list[int] = []
    threads = [threading.Thread(target=lambda n=number: done.append(work(n))) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done)


def _settle(gateway: WaitingGateway, calls: list[CallbackCall]) -> int:
    answers = [settle_call(gateway.services, gateway.provider, call) for call in calls]
    return sum(answer.code == "00" for answer in answers)


def _rows_of_one_callback(gateway: WaitingGateway) -> list[tuple[str, list[Any], list[str]]]:
    """Settle one call; return each row that it inserted, as a statement, its values and the columns that are keys."""
    with psycopg.connect(_plain(gateway.database_url), autocommit=True) as connection:
        warm = gateway.calls(2)
        if _settle(gateway, warm[:1]) != 1:
            raise ValueError(BAD)
        known = {table: set(_ids(connection, table)) for table in TABLES}
        if _settle(gateway, warm[1:]) != 1:
            raise ValueError(BAD)
        rows = []
        for table in TABLES:
            bare = sql.Identifier(f"bare_{table}")
            like = sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)")
            connection.execute(like.format(bare, sql.Identifier(table)))
            cursor = connection.execute(sql.SQL("SELECT ctid::text, * FROM {}").format(sql.Identifier(table)))
            columns = [column.name for column in cursor.description or ()][1:]
            for ctid, *values in cursor.fetchall():
                if ctid not in known[table]:
                    insert = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                        bare,
                        sql.SQL(", ").join(map(sql.Identifier, columns)),
                        sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
                    )
                    rows.append((insert.as_string(connection), _typed(values), columns))
    return rows


def _typed(values: list[Any]) -> list[Any]:
    return [Jsonb(value, dumps=json.dumps) if isinstance(value, (dict, list)) else value for value in values]


def _ids(connection: "psycopg.Connection[Any]", table: str) -> list[str]:
    return [row[0] for row in connection.execute(sql.SQL("SELECT ctid::text FROM {}").format(sql.Identifier(table)))]


# Columns whose values must differ from row to row, because a key holds them.
UNIQUE = frozenset({"id", "event_key", "entry_id", "subject_id", "sequence"})
_counter_lock = threading.Lock()
_counter = [1_000_000]


def _insert(database_url: str, rows: list[tuple[str, list[Any], list[str]]], count: int) -> int:
    """Insert the rows count times, each time in one transaction and with keys of their own."""
    with psycopg.connect(_plain(database_url)) as connection:
        for _ in range(count):
            with _counter_lock:
                _counter[0] += 1
                number = _counter[0]
            for statement, values, columns in rows:
                given = [
                    (number if column == "sequence" else f"{number}-{value}"[:36]) if column in UNIQUE else value
                    for column, value in zip(columns, values, strict=True)
                ]
                connection.execute(statement, given)
            connection.commit()
    return count


def _plain(database_url: str) -> str:
    return database_url.replace("+psycopg", "")
