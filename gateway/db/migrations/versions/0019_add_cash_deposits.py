"""add_cash_deposits"""

import sqlalchemy as sa
from alembic import op

from gateway.db.history_triggers import History, create_statements

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
FUNCTION = "payments_history_of_cash_deposits"
STANDS = sa.text("state <> 'cancelled'")
HISTORY = History(
    FUNCTION,
    frozen_columns={
        "cash_deposits": (
            *("id", "unit_id", "amount_minor", "currency", "account_number", "transfer_reference"),
            *("prepared_by", "prepared_at"),
        )
    },
)


def upgrade() -> None:
    op.create_table(
        "cash_deposits",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("account_number", sa.String(length=40), nullable=False),
        sa.Column("transfer_reference", sa.String(length=20), nullable=False),
        sa.Column("prepared_by", sa.String(length=120), nullable=False),
        sa.Column("prepared_at", MOMENT, nullable=False),
        sa.Column("handed_over_by", sa.String(length=120), nullable=True),
        sa.Column("handed_over_at", MOMENT, nullable=True),
        sa.Column("slip_number", sa.String(length=40), nullable=True),
        sa.Column("arrived_at", MOMENT, nullable=True),
        sa.Column("statement_entry_id", sa.String(length=36), nullable=True),
        sa.Column("cancelled_by", sa.String(length=120), nullable=True),
        sa.Column("cancelled_at", MOMENT, nullable=True),
        sa.Column("cancel_reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "state IN ('prepared', 'handed-over', 'arrived', 'cancelled')", name=op.f("ck_cash_deposits_state")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_cash_deposits_amount")),
        sa.CheckConstraint(
            "handed_over_by IS NULL OR handed_over_by <> prepared_by", name=op.f("ck_cash_deposits_four_eyes")
        ),
        sa.CheckConstraint(
            "(handed_over_at IS NULL) = (handed_over_by IS NULL) AND (handed_over_at IS NULL) = (slip_number IS NULL)"
            " AND (state NOT IN ('handed-over', 'arrived') OR handed_over_at IS NOT NULL)",
            name=op.f("ck_cash_deposits_handed_over"),
        ),
        sa.CheckConstraint(
            "(state = 'arrived') = (statement_entry_id IS NOT NULL)", name=op.f("ck_cash_deposits_arrived")
        ),
        sa.CheckConstraint(
            "(state = 'cancelled') = (cancelled_by IS NOT NULL) AND (state = 'cancelled') = (cancel_reason IS NOT NULL)",
            name=op.f("ck_cash_deposits_cancelled"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cash_deposits")),
        sa.UniqueConstraint("transfer_reference", name=op.f("uq_cash_deposits_transfer_reference")),
    )
    op.create_index("ix_cash_deposits_unit_state", "cash_deposits", ["unit_id", "state", "id"])
    op.create_index(
        "uq_cash_deposits_slip",
        "cash_deposits",
        ["unit_id", "account_number", "slip_number"],
        unique=True,
        sqlite_where=STANDS,
        postgresql_where=STANDS,
    )
    for statement in create_statements(op.get_bind().dialect.name, HISTORY):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("cash_deposits")
    if op.get_bind().dialect.name != "sqlite":
        op.execute(f"DROP FUNCTION {FUNCTION}()")
