"""say_who_keeps_accounts"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

TABLE, COLUMN = "collection_accounts", "held_at"
CHECK = "ck_collection_accounts_held_at"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column(COLUMN, sa.String(length=10), nullable=False, server_default="bank"))
    with op.batch_alter_table(TABLE) as table:
        table.alter_column(COLUMN, server_default=None)
        table.create_check_constraint(op.f(CHECK), "held_at IN ('bank', 'treasury')")


def downgrade() -> None:
    with op.batch_alter_table(TABLE) as table:
        table.drop_constraint(op.f(CHECK), type_="check")
        table.drop_column(COLUMN)
