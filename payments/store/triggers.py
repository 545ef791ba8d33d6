"""Triggers that keep history as it was, whoever writes; migrations run create_ and drop_ of their dialect.

Journal entries, postings, providers' reports and the items of an order cannot be changed or deleted. Orders, attempts,
callbacks and receipts cannot be deleted, and only what happens to them later (states, outcomes, documents) is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

# Nothing may change.
APPEND_ONLY: Final = ("journal_entries", "journal_postings", "provider_events", "fee_order_items")
# Nothing may be deleted, and these columns may not change.
FROZEN_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "ledger_accounts": ("id", "unit_id", "kind", "code", "currency"),
    "provider_callbacks": ("id", "provider", "received_at", "method", "query", "body", "headers", "client_address"),
    "receipts": (
        *("id", "unit_id", "code", "order_id", "attempt_id", "kind", "form_code", "series", "number"),
        *("unit_name", "payer_name", "dossier_code", "payment_method", "amount_minor", "currency", "amount_in_words"),
        *("items", "paid_at", "issued_at"),
    ),
    "fee_orders": ("id", "unit_id", "amount_minor", "currency", "pay_token", "transfer_reference", "created_at"),
    "payment_attempts": (
        "id",
        "unit_id",
        "order_id",
        "provider",
        "reference",
        "amount_minor",
        "currency",
        "started_at",
    ),
}


@dataclass(frozen=True)
class Trigger:
    """One trigger as the statements that make it and remove it, in the order in which they run."""

    create: tuple[str, ...]
    drop: tuple[str, ...]


def _sqlite(table: str, verb: str, condition: str = "") -> Trigger:
    name = f"{table}_no_{verb.lower()}"
    when = f" WHEN {condition}" if condition else ""
    create = (
        f"CREATE TRIGGER {name} BEFORE {verb} ON {table}{when} "
        f"BEGIN SELECT RAISE(ABORT, '{table}: history is not changed'); END"
    )
    return Trigger((create,), (f"DROP TRIGGER {name}",))


def _postgresql(table: str, verb: str, condition: str = "") -> Trigger:
    name = f"{table}_no_{verb.lower()}"
    when = f" WHEN ({condition})" if condition else ""
    level = "STATEMENT" if verb == "TRUNCATE" else "ROW"
    create = f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH {level}{when} EXECUTE FUNCTION {FUNCTION}()"
    return Trigger((create,), (f"DROP TRIGGER {name} ON {table}",))


def _changed(table: str, operator: str) -> str:
    return " OR ".join(f"OLD.{column} {operator} NEW.{column}" for column in FROZEN_COLUMNS[table])


FUNCTION: Final = "payments_history_is_not_changed"
POSTGRESQL_FUNCTION: Final = Trigger(
    (
        f"CREATE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '%: history is not changed', TG_TABLE_NAME USING ERRCODE = '23514'; END $$",
    ),
    (f"DROP FUNCTION {FUNCTION}()",),
)

SQLITE_TRIGGERS: Final[tuple[Trigger, ...]] = (
    *(_sqlite(table, verb) for table in APPEND_ONLY for verb in ("UPDATE", "DELETE")),
    *(_sqlite(table, "UPDATE", _changed(table, "IS NOT")) for table in FROZEN_COLUMNS),
    *(_sqlite(table, "DELETE") for table in FROZEN_COLUMNS),
)

POSTGRESQL_TRIGGERS: Final[tuple[Trigger, ...]] = (
    POSTGRESQL_FUNCTION,
    *(_postgresql(table, verb) for table in APPEND_ONLY for verb in ("UPDATE", "DELETE", "TRUNCATE")),
    *(_postgresql(table, "UPDATE", _changed(table, "IS DISTINCT FROM")) for table in FROZEN_COLUMNS),
    *(_postgresql(table, verb) for table in FROZEN_COLUMNS for verb in ("DELETE", "TRUNCATE")),
)


def create_statements(dialect: str) -> tuple[str, ...]:
    """Return the DDL that makes the triggers on `sqlite` or `postgresql`."""
    triggers = POSTGRESQL_TRIGGERS if dialect == "postgresql" else SQLITE_TRIGGERS
    return tuple(statement for trigger in triggers for statement in trigger.create)


def drop_statements(dialect: str) -> tuple[str, ...]:
    """Return the DDL that removes them, in the opposite order."""
    triggers = POSTGRESQL_TRIGGERS if dialect == "postgresql" else SQLITE_TRIGGERS
    return tuple(statement for trigger in reversed(triggers) for statement in trigger.drop)
