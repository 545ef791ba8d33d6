"""add_inventory_rules"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    json = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
    op.add_column("signing_certificates", sa.Column("held_by", sa.Text(), nullable=True))
    op.add_column("signing_certificates", sa.Column("allowed_profiles", json, nullable=True))
    op.add_column("signing_certificates", sa.Column("self_checked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("signing_certificates", sa.Column("self_check_code", sa.Text(), nullable=True))


def downgrade() -> None:
    for column in ("self_check_code", "self_checked_at", "allowed_profiles", "held_by"):
        op.drop_column("signing_certificates", column)
