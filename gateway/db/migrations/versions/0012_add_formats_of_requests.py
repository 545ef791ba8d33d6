"""add_formats_of_requests"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # All requests so far were for PAdES.
    op.add_column("signing_requests", sa.Column("format", sa.String(length=20), nullable=False, server_default="pades"))
    with op.batch_alter_table("signing_requests") as table:
        table.alter_column("format", server_default=None)
    op.add_column("signing_requests", sa.Column("level", sa.String(length=10), nullable=True))


def downgrade() -> None:
    op.drop_column("signing_requests", "level")
    op.drop_column("signing_requests", "format")
