"""The audit chain shows every change to it, and grows in order under many writers."""

import threading
from datetime import datetime

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from gateway.db.audit import AuditFact, append, find_faults
from gateway.db.tables.work import AuditRow


def _append(engine: Engine, now: datetime, *actions: str, unit_id: str = "U") -> None:
    with Session(engine) as session:
        facts = [AuditFact(unit_id, "client:1", action, "D-1", now, {"số": 1}) for action in actions]
        append(session, facts)
        session.commit()


def _faults(engine: Engine) -> list[str]:
    with Session(engine) as session:
        return list(find_faults(session))


def _tamper(engine: Engine, statement: str) -> None:
    """Do what someone with the database's password could: take the triggers away, then change history."""
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER audit_entries_no_update"))
            connection.execute(text("DROP TRIGGER audit_entries_no_delete"))
        else:
            connection.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER USER"))
        connection.execute(text(statement))


def test_an_untouched_chain_holds(engine: Engine, now: datetime) -> None:
    _append(engine, now, "a", "b")
    _append(engine, now, "c")
    _append(engine, now, "x", unit_id="V")

    assert _faults(engine) == []
    with Session(engine) as session:
        rows = session.query(AuditRow).filter_by(unit_id="U").order_by(AuditRow.sequence).all()
    assert [row.sequence for row in rows] == [1, 2, 3]
    assert rows[1].previous_sha256 == rows[0].sha256


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE audit_entries SET actor = 'client:2' WHERE sequence = 2", "entry 2 (b) was changed"),
        ("DELETE FROM audit_entries WHERE sequence = 2", "entry 2 is missing before 3"),
        ("DELETE FROM audit_entries WHERE sequence = 3", "the chain does not end where its head says"),
        ("DELETE FROM audit_entries", "the chain does not end where its head says"),
    ],
)
def test_every_change_to_history_is_named(engine: Engine, now: datetime, statement: str, expected: str) -> None:
    _append(engine, now, "a", "b", "c")

    _tamper(engine, statement)

    assert any(expected in fault for fault in _faults(engine))


@pytest.mark.parametrize("statement", ["UPDATE audit_entries SET actor = 'x'", "DELETE FROM audit_entries"])
def test_the_database_itself_refuses_to_change_history(engine: Engine, now: datetime, statement: str) -> None:
    _append(engine, now, "a")

    with pytest.raises(DBAPIError, match="history is not changed"), engine.begin() as connection:
        connection.execute(text(statement))


def test_writers_at_once_make_one_chain_without_gaps(engine: Engine, now: datetime) -> None:
    _append(engine, now, "first")
    threads = [threading.Thread(target=_append, args=(engine, now, f"t{number}", "more")) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert _faults(engine) == []
    with Session(engine) as session:
        assert session.query(AuditRow).count() == 17
