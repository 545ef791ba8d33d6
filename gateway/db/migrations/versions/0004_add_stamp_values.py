"""add_stamp_values"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    values = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.add_column("signing_steps", sa.Column("stamp_values", values, nullable=True))


def downgrade() -> None:
    op.drop_column("signing_steps", "stamp_values")
