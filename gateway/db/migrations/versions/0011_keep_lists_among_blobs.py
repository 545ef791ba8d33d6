"""keep_lists_among_blobs"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

CACHE, CERTIFICATES = "revocation_cache", "signing_certificates"


def upgrade() -> None:
    # What is kept can be asked for again, and an old row does not know its size.
    op.execute("DELETE FROM revocation_cache")
    with op.batch_alter_table(CACHE) as batch_op:
        batch_op.add_column(sa.Column("blob_sha256", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("size_bytes", sa.Integer(), server_default="0", nullable=False))
    op.add_column(CERTIFICATES, sa.Column("status_due_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_signing_certificates_status_due_at"), CERTIFICATES, ["status_due_at"], unique=False)


def downgrade() -> None:
    op.execute("DELETE FROM revocation_cache")
    with op.batch_alter_table(CACHE) as batch_op:
        batch_op.drop_column("size_bytes")
        batch_op.drop_column("blob_sha256")
    op.drop_index(op.f("ix_signing_certificates_status_due_at"), table_name=CERTIFICATES)
    op.drop_column(CERTIFICATES, "status_due_at")
