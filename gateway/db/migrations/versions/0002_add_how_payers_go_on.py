"""add_how_payers_go_on"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS = {
    "redirect_url": sa.String(),
    "qr_text": sa.String(),
    "app_url": sa.String(),
    "provider_reference": sa.String(length=100),
    "received_on": sa.String(length=120),
    "statement_reference": sa.String(length=40),
}


def upgrade() -> None:
    for name, kind in COLUMNS.items():
        op.add_column("payment_attempts", sa.Column(name, kind, nullable=True))
    # What was booked before: transfers on the bank account of their entry, the rest on the provider's clearing.
    op.execute(
        "UPDATE payment_attempts SET received_on = 'clearing:' || provider "
        "WHERE state = 'succeeded' AND provider <> 'bank-transfer'"
    )
    op.execute(
        "UPDATE payment_attempts SET received_on = (SELECT min(a.code) FROM journal_entries e "
        "JOIN journal_postings p ON p.entry_id = e.id JOIN ledger_accounts a ON a.id = p.debit_account_id "
        "WHERE e.subject_id = payment_attempts.order_id AND a.kind = 'bank') "
        "WHERE state = 'succeeded' AND provider = 'bank-transfer'"
    )


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_column("payment_attempts", name)
