"""let_requests_sign_over_broken"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLE, COLUMN = "signing_requests", "over_broken"


def upgrade() -> None:
    # Nobody has asked for it so far.
    op.add_column(TABLE, sa.Column(COLUMN, sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table(TABLE) as table:
        table.alter_column(COLUMN, server_default=None)


def downgrade() -> None:
    op.drop_column(TABLE, COLUMN)
