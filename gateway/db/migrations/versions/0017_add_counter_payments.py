"""add_counter_payments

Also: where providers' own receipts lie.
"""

import sqlalchemy as sa
from alembic import op

from gateway.db.history_triggers import History, create_statements

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
FUNCTION = "payments_history_of_counters"
IN_FORCE = sa.text("voided_at IS NULL")
HISTORY = History(
    FUNCTION,
    append_only=("provider_receipts",),
    frozen_columns={
        "counter_payments": (
            *("id", "unit_id", "order_id", "attempt_id", "method", "amount_minor", "currency"),
            *("received_by", "received_at", "terminal", "slip_number"),
        )
    },
)


def upgrade() -> None:
    op.create_table(
        "counter_payments",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("order_id", sa.String(length=36), nullable=False),
        sa.Column("attempt_id", sa.String(length=36), nullable=False),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("received_by", sa.String(length=120), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("terminal", sa.String(length=40), nullable=True),
        sa.Column("slip_number", sa.String(length=40), nullable=True),
        sa.Column("voided_at", MOMENT, nullable=True),
        sa.Column("voided_by", sa.String(length=120), nullable=True),
        sa.Column("void_reason", sa.String(), nullable=True),
        sa.CheckConstraint("method IN ('cash', 'pos')", name=op.f("ck_counter_payments_method")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_counter_payments_amount")),
        sa.CheckConstraint(
            "(method = 'pos' AND terminal IS NOT NULL AND slip_number IS NOT NULL)"
            " OR (method = 'cash' AND terminal IS NULL AND slip_number IS NULL)",
            name=op.f("ck_counter_payments_slip"),
        ),
        sa.CheckConstraint("voided_by IS NULL OR voided_by <> received_by", name=op.f("ck_counter_payments_four_eyes")),
        sa.CheckConstraint(
            "(voided_at IS NULL) = (voided_by IS NULL) AND (voided_at IS NULL) = (void_reason IS NULL)",
            name=op.f("ck_counter_payments_voided"),
        ),
        sa.ForeignKeyConstraint(["order_id"], ["fee_orders.id"], name=op.f("fk_counter_payments_order_id")),
        sa.ForeignKeyConstraint(["attempt_id"], ["payment_attempts.id"], name=op.f("fk_counter_payments_attempt_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter_payments")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_counter_payments_attempt_id")),
    )
    op.create_index(op.f("ix_counter_payments_order_id"), "counter_payments", ["order_id"])
    op.create_index(
        "uq_counter_payments_slip",
        "counter_payments",
        ["unit_id", "terminal", "slip_number"],
        unique=True,
        sqlite_where=IN_FORCE,
        postgresql_where=IN_FORCE,
    )
    op.create_table(
        "provider_receipts",
        sa.Column("attempt_id", sa.String(length=36), nullable=False),
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("order_id", sa.String(length=36), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", MOMENT, nullable=False),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_provider_receipts_size")),
        sa.ForeignKeyConstraint(["attempt_id"], ["payment_attempts.id"], name=op.f("fk_provider_receipts_attempt_id")),
        sa.ForeignKeyConstraint(["order_id"], ["fee_orders.id"], name=op.f("fk_provider_receipts_order_id")),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_provider_receipts")),
    )
    op.create_index(op.f("ix_provider_receipts_order_id"), "provider_receipts", ["order_id"])
    op.create_index(op.f("ix_provider_receipts_unit_id"), "provider_receipts", ["unit_id"])
    for statement in create_statements(op.get_bind().dialect.name, HISTORY):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("provider_receipts")
    op.drop_table("counter_payments")
    if op.get_bind().dialect.name != "sqlite":
        op.execute(f"DROP FUNCTION {FUNCTION}()")
