"""Statements that are sent together to a real PostgreSQL: every answer is heard, and the connection stays usable."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import DataError, DBAPIError, OperationalError, ProgrammingError

from config import exchange as module
from config.exchange import Exchange, Statement
from config.queued_writes import WriteQueue
from tests.postgres import fresh_database

INSERT = "INSERT INTO things VALUES ($1, $2, $3)"
COUNT = "SELECT count(*) FROM things"


@pytest.fixture
def driver(postgres: str) -> "Iterator[psycopg.Connection[Any]]":
    with (
        fresh_database(postgres) as url,
        psycopg.connect(url.replace("+psycopg", ""), prepare_threshold=None) as connection,
    ):
        connection.execute("CREATE TABLE things (id bigint PRIMARY KEY, said text, bytes bytea)")
        connection.commit()
        yield connection


def _committed(driver: "psycopg.Connection[Any]") -> list[int]:
    with psycopg.connect(driver.info.dsn, password=driver.info.password) as other:
        return [row[0] for row in other.execute("SELECT id FROM things ORDER BY id")]


def test_values_of_every_size_come_through_one_text(driver: "psycopg.Connection[Any]") -> None:
    """The driver gives small and large integers, and what is missing, different types."""
    queue = WriteQueue(Exchange(driver, {}))
    given = [(1, "một", b"\x00\xff"), (40_000, None, None), (2**40, "", b""), (2, "x" * 2_000_000, bytes(3_000_000))]
    asked = [queue.ask(INSERT, list(row)) for row in given]
    asked.append(queue.ask("SELECT * FROM things", []))

    assert sorted(queue.rows(asked[-1])) == sorted(given)
    queue.commit()

    assert _committed(driver) == [1, 2, 40_000, 2**40]


def test_answers_larger_than_what_both_sides_can_hold_are_taken_while_more_is_sent(
    driver: "psycopg.Connection[Any]",
) -> None:
    """Both sides' buffers fill up: whoever only wrote would wait for ever."""
    queue = WriteQueue(Exchange(driver, {}))
    large = "x" * 4_000_000
    asked = [queue.ask("SELECT $1::text || $1::text", [large]) for _ in range(6)]

    assert [len(queue.rows(question)[0][0]) for question in asked] == [8_000_000] * 6


def test_what_was_sent_ahead_stays_though_nothing_follows(driver: "psycopg.Connection[Any]") -> None:
    queue = WriteQueue(Exchange(driver, {}))
    queue.ask(INSERT, [1, "kept", None])
    assert queue.send_ahead()
    queue.ask(INSERT, [2, "not kept", None])
    queue.drop()
    driver.rollback()

    assert _committed(driver) == [1]


def test_what_was_sent_ahead_and_refused_is_told_by_the_next_that_waits(driver: "psycopg.Connection[Any]") -> None:
    queue = WriteQueue(Exchange(driver, {}))
    for number in (1, 1):
        queue.ask(INSERT, [number, "twice", None])
    assert queue.send_ahead()
    question = queue.ask(COUNT, [])

    with pytest.raises(DBAPIError, match="duplicate key"):
        queue.rows(question)
    driver.rollback()
    assert _committed(driver) == []


def test_inside_a_transaction_nothing_is_sent_ahead(driver: "psycopg.Connection[Any]") -> None:
    queue = WriteQueue(Exchange(driver, {}))
    queue.rows(queue.ask(COUNT, []))
    queue.ask(INSERT, [1, "later", None])

    assert not queue.send_ahead()
    queue.drop()
    driver.rollback()
    assert _committed(driver) == []


def test_behind_a_refused_statement_nothing_is_carried_out_or_committed(driver: "psycopg.Connection[Any]") -> None:
    names: dict[Any, bytes] = {}
    queue = WriteQueue(Exchange(driver, names))
    queue.ask(INSERT, [1, "one", None])
    queue.ask("SELECT 1 / $1::int", [0])
    queue.ask("SELECT no_such_column FROM things", [])
    queue.ask(INSERT, [2, "two", None])
    with pytest.raises(DataError, match="division by zero"):
        queue.commit()
    # Whoever goes on as if nothing had happened is told.
    with pytest.raises(DBAPIError, match="nothing was committed"):
        queue.commit()
    assert _committed(driver) == []

    # Statements are prepared again where the preparation was not carried out either.
    queue.ask(INSERT, [3, "three", None])
    queue.commit()
    with pytest.raises(ProgrammingError, match="no_such_column"):
        queue.rows(queue.ask("SELECT no_such_column FROM things", []))
    driver.rollback()
    assert _committed(driver) == [3]
    assert not any("no_such_column" in text for text, _ in names)


def test_the_drivers_own_statements_go_between(driver: "psycopg.Connection[Any]") -> None:
    queue = WriteQueue(Exchange(driver, {}))
    queue.ask(INSERT, [1, "ours", None])
    queue.settle()
    driver.execute("INSERT INTO things VALUES (2, 'the driver''s', NULL)")
    queue.ask(INSERT, [3, "ours", None])
    queue.commit()
    driver.rollback()

    assert _committed(driver) == [1, 2, 3]


def test_more_statements_than_are_kept_prepared_work_as_well(
    driver: "psycopg.Connection[Any]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PREPARED_STATEMENTS", 3)
    queue = WriteQueue(Exchange(driver, {}))
    asked = [queue.ask(f"SELECT $1::int + {number}", [1]) for number in range(6)]

    assert [queue.rows(question) for question in asked * 2] == [[(number + 1,)] for number in range(6)] * 2
    assert driver.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() == (3,)


def test_a_value_that_no_text_can_hold_is_refused_and_nothing_is_sent(driver: "psycopg.Connection[Any]") -> None:
    queue = WriteQueue(Exchange(driver, {}))
    queue.ask(INSERT, [1, "one", None])
    with pytest.raises(DBAPIError, match="NUL"):
        queue.rows(queue.ask(INSERT, [2, "a\x00b", None]))

    assert driver.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert _committed(driver) == []


def test_a_server_that_goes_away_is_told_and_the_connection_is_closed(driver: "psycopg.Connection[Any]") -> None:
    queue = WriteQueue(Exchange(driver, {}))
    queue.ask(INSERT, [1, "ahead", None])
    assert queue.send_ahead()
    queue.ask("SELECT pg_terminate_backend(pg_backend_pid())", [])
    with pytest.raises(OperationalError):
        queue.commit()
    assert driver.closed
    queue.ask(COUNT, [])
    with pytest.raises(OperationalError):
        queue.settle()


def test_whoever_is_interrupted_while_waiting_leaves_no_answers_to_others(
    driver: "psycopg.Connection[Any]", monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(BaseException):
        pass

    def interrupted(_: Any) -> None:
        raise Interrupted

    queue = WriteQueue(Exchange(driver, {}))
    queue.ask(COUNT, [])
    with monkeypatch.context() as patched, pytest.raises(Interrupted):
        patched.setattr(driver, "wait", interrupted)
        queue.settle()

    assert driver.closed


def test_an_answer_without_an_end_is_not_waited_for_for_ever(driver: "psycopg.Connection[Any]") -> None:
    exchange = Exchange(driver, {})
    exchange.send([Statement(COUNT)])
    exchange.send([Statement(COUNT)])
    exchange._due.append(Statement(COUNT))

    with pytest.raises(OperationalError, match="does not answer"):
        exchange.wait()
    assert driver.closed


@pytest.mark.parametrize(
    "change", ["DEALLOCATE ALL", "ALTER TABLE things ALTER said TYPE varchar(9) USING left(said, 9)"]
)
def test_prepared_statements_that_the_server_takes_no_more_fail_once(
    driver: "psycopg.Connection[Any]", change: str
) -> None:
    """A pooler forgot them, or a migration changed what they return: the call that fails is repeated."""
    queue = WriteQueue(Exchange(driver, {}))
    assert queue.rows(queue.ask("SELECT said FROM things", [])) == []
    queue.commit()
    driver.execute(change.encode())
    driver.commit()

    with pytest.raises(DBAPIError):
        queue.rows(queue.ask("SELECT said FROM things", []))
    driver.rollback()
    assert queue.rows(queue.ask("SELECT said FROM things", [])) == []
