"""add_expected_transfers"""

import sqlalchemy as sa
from alembic import op

from gateway.db.history_triggers import History, create_statements

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
FUNCTION = "payments_history_of_expected_transfers"
STANDS = sa.text("state NOT IN ('cancelled', 'reversed')")
HISTORY = History(
    FUNCTION,
    frozen_columns={
        "expected_transfers": (
            *("id", "unit_id", "kind", "counterparty", "reference", "transfer_reference", "account_number"),
            *("gross_minor", "fee_minor", "currency", "paid_on", "announced_by", "announced_at"),
        )
    },
)
RULE = "ck_matches_rule"
RULES_BEFORE = "rule IN ('our-reference', 'provider-transaction')"
RULES_AFTER = "rule IN ('our-reference', 'provider-transaction', 'officers')"


def upgrade() -> None:
    op.create_table(
        "expected_transfers",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("counterparty", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("transfer_reference", sa.String(length=20), nullable=False),
        sa.Column("account_number", sa.String(length=40), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("announced_by", sa.String(length=120), nullable=False),
        sa.Column("announced_at", MOMENT, nullable=False),
        sa.Column("approved_by", sa.String(length=120), nullable=True),
        sa.Column("approved_at", MOMENT, nullable=True),
        sa.Column("statement_entry_id", sa.String(length=36), nullable=True),
        sa.Column("arrived_at", MOMENT, nullable=True),
        sa.Column("ended_by", sa.String(length=120), nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("end_reason", sa.String(), nullable=True),
        sa.CheckConstraint("kind IN ('payout', 'provider-fee', 'remittance')", name=op.f("ck_expected_transfers_kind")),
        sa.CheckConstraint(
            "state IN ('announced', 'approved', 'arrived', 'cancelled', 'reversed')",
            name=op.f("ck_expected_transfers_state"),
        ),
        sa.CheckConstraint(
            "(kind = 'payout' AND gross_minor > 0 AND fee_minor >= 0 AND gross_minor > fee_minor)"
            " OR (kind = 'provider-fee' AND gross_minor = 0 AND fee_minor > 0)"
            " OR (kind = 'remittance' AND gross_minor < 0 AND fee_minor = 0)",
            name=op.f("ck_expected_transfers_amounts"),
        ),
        sa.CheckConstraint(
            "approved_by IS NULL OR approved_by <> announced_by", name=op.f("ck_expected_transfers_four_eyes")
        ),
        sa.CheckConstraint(
            "(approved_at IS NULL) = (approved_by IS NULL)"
            " AND (state NOT IN ('approved', 'arrived', 'reversed') OR approved_at IS NOT NULL)",
            name=op.f("ck_expected_transfers_approved"),
        ),
        sa.CheckConstraint(
            "(arrived_at IS NOT NULL) = (state IN ('arrived', 'reversed'))"
            " AND (arrived_at IS NULL OR statement_entry_id IS NOT NULL)",
            name=op.f("ck_expected_transfers_arrived"),
        ),
        sa.CheckConstraint(
            "(ended_by IS NOT NULL) = (state IN ('cancelled', 'reversed'))"
            " AND (ended_by IS NULL) = (end_reason IS NULL)",
            name=op.f("ck_expected_transfers_ended"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expected_transfers")),
        sa.UniqueConstraint("transfer_reference", name=op.f("uq_expected_transfers_transfer_reference")),
    )
    op.create_index("ix_expected_transfers_unit_state", "expected_transfers", ["unit_id", "state", "id"])
    op.create_index(
        "uq_expected_transfers_reference",
        "expected_transfers",
        ["unit_id", "kind", "counterparty", "reference"],
        unique=True,
        sqlite_where=STANDS,
        postgresql_where=STANDS,
    )
    for statement in create_statements(op.get_bind().dialect.name, HISTORY):
        op.execute(statement)
    _replace(RULES_AFTER)


def downgrade() -> None:
    op.execute("DELETE FROM matches WHERE rule = 'officers'")
    _replace(RULES_BEFORE)
    op.drop_table("expected_transfers")
    if op.get_bind().dialect.name != "sqlite":
        op.execute(f"DROP FUNCTION {FUNCTION}()")


def _replace(condition: str) -> None:
    with op.batch_alter_table("matches") as batch_op:
        batch_op.drop_constraint(op.f(RULE), type_="check")
        batch_op.create_check_constraint(op.f(RULE), condition)
