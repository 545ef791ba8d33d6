"""match_remittances_at_the_treasury"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

INDEX = "uq_expected_transfers_arrival"


def upgrade() -> None:
    op.add_column("expected_transfers", sa.Column("arrival_id", sa.String(length=36), nullable=True))
    op.create_index(INDEX, "expected_transfers", ["arrival_id"], unique=True)


def downgrade() -> None:
    op.drop_index(INDEX, "expected_transfers")
    op.drop_column("expected_transfers", "arrival_id")
