"""number_documents"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    values = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.add_column("signing_requests", sa.Column("numbering", values, nullable=True))
    op.add_column("signing_request_documents", sa.Column("number", values, nullable=True))
    numbered: sa.Column[bool] = sa.Column("numbered", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("signing_request_documents", numbered)
    with op.batch_alter_table("signing_request_documents") as table:
        table.alter_column("numbered", server_default=None)


def downgrade() -> None:
    op.drop_column("signing_request_documents", "numbered")
    op.drop_column("signing_request_documents", "number")
    op.drop_column("signing_requests", "numbering")
