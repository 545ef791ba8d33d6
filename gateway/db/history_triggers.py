"""DDL of triggers that keep history as it was, whoever writes. Migrations call it, each with its own tables.

What these functions write for given arguments must stay as it is: migrations that have run somewhere rely on it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class History:
    """Which rows of which tables are history.

    Attributes:
        function: Name of the PostgreSQL function that the triggers call; each migration makes its own.
        append_only: Tables of which no row may change or go.
        frozen_columns: Tables of which no row may go, and the columns of each that may not change.
    """

    function: str
    append_only: Sequence[str] = ()
    frozen_columns: Mapping[str, Sequence[str]] = field(default_factory=dict)


def create_statements(dialect: str, history: History) -> list[str]:
    """Return the statements that make the triggers on `sqlite` or `postgresql`, in the order in which they run."""
    if dialect == "sqlite":
        return [_sqlite(*event) for event in _events(history, "IS NOT")]
    function = (
        f"CREATE FUNCTION {history.function}() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '%: history is not changed', TG_TABLE_NAME USING ERRCODE = '23514'; END $$"
    )
    events = [*_events(history, "IS DISTINCT FROM"), *((table, "TRUNCATE", "") for table in _tables(history))]
    return [function, *(_postgresql(history.function, *event) for event in events)]


def drop_statements(dialect: str, history: History) -> list[str]:
    """Return the statements that remove them."""
    if dialect == "sqlite":
        return [f"DROP TRIGGER {_name(table, verb)}" for table in _tables(history) for verb in ("UPDATE", "DELETE")]
    verbs = ("UPDATE", "DELETE", "TRUNCATE")
    drops = [f"DROP TRIGGER {_name(table, verb)} ON {table}" for table in _tables(history) for verb in verbs]
    return [*drops, f"DROP FUNCTION {history.function}()"]


def _tables(history: History) -> list[str]:
    return [*history.append_only, *history.frozen_columns]


def _events(history: History, unequal: str) -> list[tuple[str, str, str]]:
    """Return table, verb and condition of each trigger on rows."""
    events = [(table, verb, "") for table in history.append_only for verb in ("UPDATE", "DELETE")]
    for table, columns in history.frozen_columns.items():
        changed = " OR ".join(f"OLD.{column} {unequal} NEW.{column}" for column in columns)
        events += [(table, "UPDATE", changed), (table, "DELETE", "")]
    return events


def _name(table: str, verb: str) -> str:
    return f"{table}_no_{verb.lower()}"


def _sqlite(table: str, verb: str, condition: str) -> str:
    when = f" WHEN {condition}" if condition else ""
    return (
        f"CREATE TRIGGER {_name(table, verb)} BEFORE {verb} ON {table}{when} "
        f"BEGIN SELECT RAISE(ABORT, '{table}: history is not changed'); END"
    )


def _postgresql(function: str, table: str, verb: str, condition: str) -> str:
    level = "STATEMENT" if verb == "TRUNCATE" else "ROW"
    when = f" WHEN ({condition})" if condition else ""
    return (
        f"CREATE TRIGGER {_name(table, verb)} BEFORE {verb} ON {table} FOR EACH {level}{when} "
        f"EXECUTE FUNCTION {function}()"
    )
