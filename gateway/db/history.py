"""Triggers that keep the gateway's own history as it was; migrations make them."""

# Nothing in these may change or go: who did what, and what was told to others.
APPEND_ONLY = ("audit_entries", "events")
FUNCTION = "gateway_history_is_not_changed"


def create_statements(dialect: str) -> list[str]:
    """Return the DDL that makes the triggers on `sqlite` or `postgresql`."""
    if dialect == "sqlite":
        return [_sqlite(table, verb) for table in APPEND_ONLY for verb in ("UPDATE", "DELETE")]
    function = (
        f"CREATE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '%: history is not changed', TG_TABLE_NAME USING ERRCODE = '23514'; END $$"
    )
    return [function, *(_postgresql(table, verb) for table in APPEND_ONLY for verb in ("UPDATE", "DELETE", "TRUNCATE"))]


def drop_statements(dialect: str) -> list[str]:
    """Return the DDL that removes them."""
    if dialect == "sqlite":
        return [f"DROP TRIGGER {table}_no_{verb}" for table in APPEND_ONLY for verb in ("update", "delete")]
    drops = [
        f"DROP TRIGGER {table}_no_{verb} ON {table}"
        for table in APPEND_ONLY
        for verb in ("update", "delete", "truncate")
    ]
    return [*drops, f"DROP FUNCTION {FUNCTION}()"]


def _sqlite(table: str, verb: str) -> str:
    return (
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table}: history is not changed'); END"
    )


def _postgresql(table: str, verb: str) -> str:
    level = "STATEMENT" if verb == "TRUNCATE" else "ROW"
    return (
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"FOR EACH {level} EXECUTE FUNCTION {FUNCTION}()"
    )
