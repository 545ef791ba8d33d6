"""add_fee_reductions"""

import sqlalchemy as sa
from alembic import op

from gateway.db.history_triggers import History, create_statements, drop_statements

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

HISTORY = History(
    "fee_reductions_history",
    frozen_columns={
        "fee_reductions": (
            *("id", "unit_id", "code", "procedure_code", "fee_code", "percent", "amount_minor", "legal_ground"),
            *("valid_from", "imported_at"),
        )
    },
)


def upgrade() -> None:
    op.create_table(
        "fee_reductions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("procedure_code", sa.String(length=60), nullable=False),
        sa.Column("fee_code", sa.String(length=60), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("legal_ground", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(percent IS NULL) <> (amount_minor IS NULL)", name=op.f("ck_fee_reductions_one_measure")),
        sa.CheckConstraint(
            "percent IS NULL OR (percent > 0 AND percent <= 100)", name=op.f("ck_fee_reductions_percent")
        ),
        sa.CheckConstraint("amount_minor IS NULL OR amount_minor > 0", name=op.f("ck_fee_reductions_amount")),
        sa.CheckConstraint("valid_until IS NULL OR valid_until > valid_from", name=op.f("ck_fee_reductions_period")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fee_reductions")),
        sa.UniqueConstraint(
            *("unit_id", "code", "procedure_code", "fee_code", "valid_from"),
            name=op.f("uq_fee_reductions_unit_id_code_procedure_code_fee_code_valid_from"),
        ),
    )
    for statement in create_statements(op.get_bind().dialect.name, HISTORY):
        op.execute(statement)


def downgrade() -> None:
    for statement in drop_statements(op.get_bind().dialect.name, HISTORY):
        op.execute(statement)
    op.drop_table("fee_reductions")
