"""add_refunds_and_fee_catalogue

Also: orders whose items change or are exempt, receipts that are cancelled or replaced, money in suspense as a break.
Tables whose constraints change are copied out and made anew; nothing points at them. fee_orders is pointed at, so on
SQLite the text of its checks is edited instead (https://www.sqlite.org/lang_altertable.html#otheralter).
"""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gateway.db.history_triggers import History, create_statements

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
BEFORE_FUNCTION = "payments_history_is_not_changed"
FUNCTION = "payments_history_since_0008"
RECEIPTS = (
    *("id", "unit_id", "code", "order_id", "attempt_id", "kind", "form_code", "series", "number"),
    *("unit_name", "payer_name", "dossier_code", "payment_method", "amount_minor", "currency"),
    *("amount_in_words", "items", "paid_at", "issued_at"),
)
ORDERS = ("id", "unit_id", "currency", "pay_token", "transfer_reference", "created_at")
NEW_FROZEN = {
    "receipts": (*RECEIPTS, "payer_number", "payer_address", "replaces_id"),
    "fee_orders": ORDERS,
    "refunds": (
        *("id", "unit_id", "order_id", "attempt_id", "source", "source_entry_id", "action_key", "reference"),
        "payment_transaction",
        *("transfer_reference", "amount_minor", "currency", "lines", "created_at"),
    ),
    "fee_catalogue": (
        *("id", "unit_id", "procedure_code", "fee_code", "kind", "name", "chapter", "sub_item", "credited_unit"),
        *("formula", "legal_basis", "valid_from", "imported_at"),
    ),
}
# What an order comes to may change while it is open.
AMOUNT = "fee_orders_amount_no_update"
CHECKS = {
    "fee_orders": {
        "ck_fee_orders_state": (
            "state IN ('open', 'paid', 'cancelled', 'expired')",
            "state IN ('open', 'paid', 'cancelled', 'expired', 'exempt')",
        ),
        "ck_fee_orders_amount": ("amount_minor > 0", "amount_minor >= 0"),
    },
    "breaks": {
        "ck_breaks_kind": (
            "kind IN ('unknown-credit', 'missing-in-statement', 'amount-differs', 'duplicate-credit', 'several-payments', 'credit-taken-back', 'debit-returned', 'debit-unexplained')",
            "kind IN ('unknown-credit', 'missing-in-statement', 'amount-differs', 'duplicate-credit', 'several-payments', 'credit-taken-back', 'debit-returned', 'debit-unexplained', 'money-in-suspense')",
        )
    },
}
ORDER_COLUMNS = {
    "payer_number": sa.String(length=20),
    "payer_address": sa.String(),
    "payer_email": sa.String(length=254),
    "payer_phone": sa.String(length=20),
}
ITEMS_BEFORE = (
    *("id", "unit_id", "order_id", "line_no", "kind", "name", "procedure_code", "chapter", "sub_item"),
    *("credited_unit", "amount_minor", "currency"),
)
RECEIPTS_BEFORE = (*RECEIPTS, "state", "document_id", "document_sha256", "sealed_by", "sealed_at", "delivered_at")
STANDING = sa.text("state NOT IN ('cancelled', 'replaced')")


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    for table in ("receipts", "fee_orders"):
        _drop_triggers(table)
    for name, kind in ORDER_COLUMNS.items():
        op.add_column("fee_orders", sa.Column(name, kind, nullable=True))
    op.add_column("fee_orders", sa.Column("revision", sa.Integer(), server_default="1", nullable=False))
    op.add_column("receipt_series", sa.Column("closed_at", MOMENT, nullable=True))
    op.add_column("receipt_series", sa.Column("closed_by", sa.String(length=120), nullable=True))
    _change_checks(forwards=True)
    _made_anew("fee_order_items", _new_items, ITEMS_BEFORE, {"full_amount_minor": "amount_minor"})
    _made_anew("receipts", _new_receipts, RECEIPTS_BEFORE)
    _make_refunds()
    _make_catalogue()
    history = History(FUNCTION, append_only=("fee_order_items",), frozen_columns=NEW_FROZEN)
    for statement in (*create_statements(dialect, history), _amount_trigger(dialect)):
        op.execute(statement)


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    op.execute(f"DROP TRIGGER {AMOUNT}" + ("" if dialect == "sqlite" else " ON fee_orders"))
    _drop_triggers("fee_orders")
    op.drop_table("fee_catalogue")
    op.drop_table("refunds")
    _made_anew("receipts", _old_receipts, RECEIPTS_BEFORE)
    _made_anew("fee_order_items", _old_items, ITEMS_BEFORE)
    _change_checks(forwards=False)
    op.drop_column("receipt_series", "closed_by")
    op.drop_column("receipt_series", "closed_at")
    op.drop_column("fee_orders", "revision")
    for name in ORDER_COLUMNS:
        op.drop_column("fee_orders", name)
    history = History(
        BEFORE_FUNCTION,
        append_only=("fee_order_items",),
        frozen_columns={"receipts": RECEIPTS, "fee_orders": (*ORDERS, "amount_minor")},
    )
    statements = create_statements(dialect, history)
    if dialect != "sqlite":
        op.execute(f"DROP FUNCTION {FUNCTION}()")
        # The function of old is still there: other tables' triggers call it.
        statements = statements[1:]
    for statement in statements:
        op.execute(statement)


def _drop_triggers(table: str) -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for verb in ("update", "delete") if sqlite else ("update", "delete", "truncate"):
        op.execute(f"DROP TRIGGER {table}_no_{verb}" + ("" if sqlite else f" ON {table}"))


def _amount_trigger(dialect: str) -> str:
    changed = "OLD.state <> 'open' AND OLD.amount_minor <> NEW.amount_minor"
    if dialect == "sqlite":
        action = "SELECT RAISE(ABORT, 'fee_orders: history is not changed')"
        return f"CREATE TRIGGER {AMOUNT} BEFORE UPDATE ON fee_orders WHEN {changed} BEGIN {action}; END"
    return (
        f"CREATE TRIGGER {AMOUNT} BEFORE UPDATE ON fee_orders FOR EACH ROW WHEN ({changed}) "
        f"EXECUTE FUNCTION {FUNCTION}()"
    )


def _change_checks(*, forwards: bool) -> None:
    for table, checks in CHECKS.items():
        pairs = {name: pair if forwards else pair[::-1] for name, pair in checks.items()}
        if op.get_bind().dialect.name == "sqlite":
            _edit_sqlite(table, pairs)
            continue
        for name, (_, after) in pairs.items():
            op.drop_constraint(op.f(name), table, type_="check")
            op.create_check_constraint(op.f(name), table, after)


def _edit_sqlite(table: str, pairs: dict[str, tuple[str, str]]) -> None:
    connection = op.get_bind()
    ddl = connection.execute(sa.text("SELECT sql FROM sqlite_schema WHERE name = :name"), {"name": table}).scalar_one()
    for name, (before, after) in pairs.items():
        wanted = f"CONSTRAINT {name} CHECK ({before})"
        if wanted not in ddl:
            raise LookupError(f"{table}: {name} is not as the migration before made it")
        ddl = ddl.replace(wanted, f"CONSTRAINT {name} CHECK ({after})")
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(sa.text("UPDATE sqlite_schema SET sql = :ddl WHERE name = :name"), {"ddl": ddl, "name": table})
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")


def _made_anew(
    table: str, make: Callable[[], None], columns: tuple[str, ...], filled: dict[str, str] | None = None
) -> None:
    """Copy a table out, make it as it is to be, and copy its rows back; filled: new columns from old ones."""
    filled = filled or {}
    op.execute(f"CREATE TABLE {table}_copied AS SELECT * FROM {table}")  # noqa: S608 - our own names
    op.drop_table(table)
    make()
    into, from_ = ", ".join((*columns, *filled)), ", ".join((*columns, *filled.values()))
    op.execute(f"INSERT INTO {table} ({into}) SELECT {from_} FROM {table}_copied")  # noqa: S608 - our own names
    op.drop_table(f"{table}_copied")


def _item_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("order_id", sa.String(length=36), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("procedure_code", sa.String(length=60), nullable=False),
        sa.Column("chapter", sa.String(length=3), nullable=False),
        sa.Column("sub_item", sa.String(length=4), nullable=False),
        sa.Column("credited_unit", sa.String(length=36), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
    ]


def _make_items(amount: str, *more: sa.schema.SchemaItem) -> None:
    op.create_table(
        "fee_order_items",
        *_item_columns(),
        sa.CheckConstraint("kind IN ('phi', 'le-phi')", name=op.f("ck_fee_order_items_kind")),
        sa.CheckConstraint(amount, name=op.f("ck_fee_order_items_amount")),
        sa.ForeignKeyConstraint(["order_id"], ["fee_orders.id"], name=op.f("fk_fee_order_items_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fee_order_items")),
        sa.UniqueConstraint("order_id", "line_no", name=op.f("uq_fee_order_items_order_id_line_no")),
        *more,
    )


def _old_items() -> None:
    _make_items("amount_minor > 0")


def _new_items() -> None:
    ground = "full_amount_minor = amount_minor OR legal_ground IS NOT NULL"
    _make_items(
        "amount_minor >= 0",
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("full_amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("legal_ground", sa.String(), nullable=True),
        sa.Column("catalogue_entry_id", sa.String(length=36), nullable=True),
        sa.Column("quantities", JSON, nullable=True),
        sa.CheckConstraint("full_amount_minor >= amount_minor", name=op.f("ck_fee_order_items_full_amount")),
        sa.CheckConstraint(ground, name=op.f("ck_fee_order_items_legal_ground")),
    )


def _make_receipts(states: str, *more: sa.schema.SchemaItem) -> None:
    op.create_table(
        "receipts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=22), nullable=False),
        sa.Column("order_id", sa.String(length=36), nullable=False),
        sa.Column("attempt_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("form_code", sa.String(length=20), nullable=False),
        sa.Column("series", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("unit_name", sa.String(), nullable=False),
        sa.Column("payer_name", sa.String(), nullable=False),
        sa.Column("dossier_code", sa.String(length=120), nullable=False),
        sa.Column("payment_method", sa.String(length=40), nullable=False),
        sa.Column("items", JSON, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_in_words", sa.String(), nullable=False),
        sa.Column("paid_at", MOMENT, nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("document_id", sa.String(length=36), nullable=True),
        sa.Column("document_sha256", sa.String(length=64), nullable=True),
        sa.Column("sealed_by", sa.String(), nullable=True),
        sa.Column("sealed_at", MOMENT, nullable=True),
        sa.Column("delivered_at", MOMENT, nullable=True),
        sa.CheckConstraint("kind IN ('phi', 'le-phi')", name=op.f("ck_receipts_kind")),
        sa.CheckConstraint(f"state IN ({states})", name=op.f("ck_receipts_state")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_receipts_amount")),
        sa.CheckConstraint("number > 0", name=op.f("ck_receipts_number")),
        sa.ForeignKeyConstraint(["attempt_id"], ["payment_attempts.id"], name=op.f("fk_receipts_attempt_id")),
        sa.ForeignKeyConstraint(["order_id"], ["fee_orders.id"], name=op.f("fk_receipts_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
        sa.UniqueConstraint("code", name=op.f("uq_receipts_code")),
        sa.UniqueConstraint(
            "unit_id", "form_code", "series", "number", name=op.f("uq_receipts_unit_id_form_code_series_number")
        ),
        *more,
    )
    op.create_index(op.f("ix_receipts_unit_id"), "receipts", ["unit_id"], unique=False)


def _old_receipts() -> None:
    once = sa.UniqueConstraint("order_id", "kind", name=op.f("uq_receipts_order_id_kind"))
    _make_receipts("'numbered', 'sealed', 'delivered'", once)


def _new_receipts() -> None:
    _make_receipts(
        "'numbered', 'sealed', 'delivered', 'cancelled', 'replaced'",
        sa.Column("payer_number", sa.String(length=20), nullable=True),
        sa.Column("payer_address", sa.String(), nullable=True),
        sa.Column("xml_document_id", sa.String(length=36), nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_by", sa.String(length=120), nullable=True),
        sa.Column("end_reason", sa.String(), nullable=True),
        sa.Column("replaces_id", sa.String(length=36), nullable=True),
    )
    op.create_index(op.f("ix_receipts_replaces_id"), "receipts", ["replaces_id"], unique=False)
    op.create_index(
        "uq_receipts_standing",
        "receipts",
        ["order_id", "kind"],
        unique=True,
        sqlite_where=STANDING,
        postgresql_where=STANDING,
    )


def _make_refunds() -> None:
    op.create_table(
        "refunds",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("order_id", sa.String(length=36), nullable=False),
        sa.Column("attempt_id", sa.String(length=36), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("source_entry_id", sa.String(length=36), nullable=False),
        sa.Column("payment_transaction", sa.String(length=100), nullable=False),
        sa.Column("action_key", sa.String(length=255), nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("transfer_reference", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("route", sa.String(length=10), nullable=True),
        sa.Column("lines", JSON, nullable=False),
        sa.Column("beneficiary", JSON, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("requested_by", sa.String(length=120), nullable=True),
        sa.Column("requested_at", MOMENT, nullable=True),
        sa.Column("approved_by", sa.String(length=120), nullable=True),
        sa.Column("approved_at", MOMENT, nullable=True),
        sa.Column("owed_entry_id", sa.String(length=36), nullable=True),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("paper_number", sa.String(length=60), nullable=True),
        sa.Column("provider_transaction", sa.String(length=100), nullable=True),
        sa.Column("provider_code", sa.String(length=60), nullable=True),
        sa.Column("next_step_at", MOMENT, nullable=True),
        sa.Column("query_count", sa.Integer(), nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_by", sa.String(length=120), nullable=True),
        sa.Column("end_reason", sa.String(), nullable=True),
        sa.Column("statement_entry_id", sa.String(length=36), nullable=True),
        sa.CheckConstraint(
            "state IN ('proposed', 'requested', 'approved', 'rejected', 'unknown', 'sent', 'confirmed', 'failed')",
            name=op.f("ck_refunds_state"),
        ),
        sa.CheckConstraint("source IN ('income', 'suspense')", name=op.f("ck_refunds_source")),
        sa.CheckConstraint("route IS NULL OR route IN ('provider', 'paper')", name=op.f("ck_refunds_route")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refunds_amount")),
        sa.CheckConstraint("approved_by IS NULL OR approved_by <> requested_by", name=op.f("ck_refunds_four_eyes")),
        sa.CheckConstraint(
            "state IN ('proposed', 'requested', 'rejected') OR (approved_by IS NOT NULL AND requested_by IS NOT NULL)",
            name=op.f("ck_refunds_approved"),
        ),
        sa.ForeignKeyConstraint(["attempt_id"], ["payment_attempts.id"], name=op.f("fk_refunds_attempt_id")),
        sa.ForeignKeyConstraint(["order_id"], ["fee_orders.id"], name=op.f("fk_refunds_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
        sa.UniqueConstraint("order_id", "action_key", name=op.f("uq_refunds_order_id_action_key")),
        sa.UniqueConstraint("reference", name=op.f("uq_refunds_reference")),
        sa.UniqueConstraint("transfer_reference", name=op.f("uq_refunds_transfer_reference")),
    )
    for column in ("attempt_id", "order_id", "source_entry_id"):
        op.create_index(op.f(f"ix_refunds_{column}"), "refunds", [column], unique=False)
    due = sa.text("next_step_at IS NOT NULL")
    op.create_index("ix_refunds_due", "refunds", ["next_step_at"], unique=False, postgresql_where=due)
    op.create_index("ix_refunds_unit_state", "refunds", ["unit_id", "state", "id"], unique=False)


def _make_catalogue() -> None:
    op.create_table(
        "fee_catalogue",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("procedure_code", sa.String(length=60), nullable=False),
        sa.Column("fee_code", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("chapter", sa.String(length=3), nullable=False),
        sa.Column("sub_item", sa.String(length=4), nullable=False),
        sa.Column("credited_unit", sa.String(length=36), nullable=False),
        sa.Column("formula", JSON, nullable=False),
        sa.Column("legal_basis", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("imported_at", MOMENT, nullable=False),
        sa.CheckConstraint("kind IN ('phi', 'le-phi')", name=op.f("ck_fee_catalogue_kind")),
        sa.CheckConstraint("valid_until IS NULL OR valid_until > valid_from", name=op.f("ck_fee_catalogue_period")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fee_catalogue")),
        sa.UniqueConstraint(
            *("unit_id", "procedure_code", "fee_code", "valid_from"),
            name=op.f("uq_fee_catalogue_unit_id_procedure_code_fee_code_valid_from"),
        ),
    )
    op.create_index("ix_fee_catalogue_procedure", "fee_catalogue", ["unit_id", "procedure_code"], unique=False)
