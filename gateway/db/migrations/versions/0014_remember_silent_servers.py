"""remember_silent_servers"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLE = "silent_servers"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("server", sa.String(length=300), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("resting_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("server", name=op.f("pk_silent_servers")),
    )
    op.create_index(op.f("ix_silent_servers_resting_until"), TABLE, ["resting_until"])


def downgrade() -> None:
    op.drop_table(TABLE)
