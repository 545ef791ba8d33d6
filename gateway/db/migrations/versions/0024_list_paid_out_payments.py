"""list_paid_out_payments"""

import sqlalchemy as sa
from alembic import op

from gateway.db.history_triggers import History, create_statements

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

FUNCTION = "payments_history_of_paid_out_payments"
HISTORY = History(FUNCTION, append_only=("paid_out_payments",))


def upgrade() -> None:
    op.create_table(
        "paid_out_payments",
        sa.Column("transfer_id", sa.String(length=36), nullable=False),
        sa.Column("attempt_id", sa.String(length=36), nullable=False),
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["expected_transfers.id"], name=op.f("fk_paid_out_payments_transfer_id")
        ),
        sa.ForeignKeyConstraint(["attempt_id"], ["payment_attempts.id"], name=op.f("fk_paid_out_payments_attempt_id")),
        sa.PrimaryKeyConstraint("transfer_id", "attempt_id", name=op.f("pk_paid_out_payments")),
    )
    op.create_index("ix_paid_out_payments_attempt", "paid_out_payments", ["attempt_id"])
    for statement in create_statements(op.get_bind().dialect.name, HISTORY):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("paid_out_payments")
    if op.get_bind().dialect.name != "sqlite":
        op.execute(f"DROP FUNCTION {FUNCTION}()")
