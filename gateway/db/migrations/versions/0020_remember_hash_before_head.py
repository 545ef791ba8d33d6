"""remember_hash_before_head"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

TABLE, COLUMN = "audit_heads", "previous_sha256"
HASH_OF_NEWEST = """
    UPDATE audit_heads SET previous_sha256 = (
        SELECT entry.previous_sha256 FROM audit_entries AS entry
        WHERE entry.unit_id = audit_heads.unit_id AND entry.sequence = audit_heads.sequence
    ) WHERE sequence > 0
"""


def upgrade() -> None:
    op.add_column(TABLE, sa.Column(COLUMN, sa.String(length=64), nullable=False, server_default="0" * 64))
    op.execute(HASH_OF_NEWEST)
    with op.batch_alter_table(TABLE) as table:
        table.alter_column(COLUMN, server_default=None)


def downgrade() -> None:
    op.drop_column(TABLE, COLUMN)
