"""add_lasting_evidence"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "archived_documents",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("document_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("renew_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("provable_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("problem_code", sa.String(length=80), nullable=True),
        sa.Column("problem_detail", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('kept', 'held', 'lapsed')", name=op.f("ck_archived_documents_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archived_documents")),
        sa.UniqueConstraint("document_id", name=op.f("uq_archived_documents_document_id")),
    )
    with op.batch_alter_table("archived_documents", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_archived_documents_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_archived_documents_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "augmentations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("document_id", sa.String(length=36), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("result_document_id", sa.String(length=36), nullable=True),
        sa.Column("problem_code", sa.String(length=80), nullable=True),
        sa.Column("problem_detail", sa.String(), nullable=True),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'completed', 'failed')", name=op.f("ck_augmentations_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_augmentations")),
    )
    with op.batch_alter_table("augmentations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_augmentations_document_id"), ["document_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_augmentations_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "timestamps",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("document_id", sa.String(length=36), nullable=True),
        sa.Column("digest_algorithm", sa.String(length=10), nullable=False),
        sa.Column("digest", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=True),
        sa.Column("gen_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("authority_name", sa.String(), nullable=True),
        sa.Column("policy", sa.String(length=120), nullable=True),
        sa.Column("problem_code", sa.String(length=80), nullable=True),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'completed', 'failed')", name=op.f("ck_timestamps_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timestamps")),
    )
    with op.batch_alter_table("timestamps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_timestamps_document_id"), ["document_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_timestamps_unit_id"), ["unit_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("timestamps", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_timestamps_unit_id"))
        batch_op.drop_index(batch_op.f("ix_timestamps_document_id"))

    op.drop_table("timestamps")
    with op.batch_alter_table("augmentations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_augmentations_unit_id"))
        batch_op.drop_index(batch_op.f("ix_augmentations_document_id"))

    op.drop_table("augmentations")
    with op.batch_alter_table("archived_documents", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_archived_documents_unit_id"))
        batch_op.drop_index(batch_op.f("ix_archived_documents_state"))

    op.drop_table("archived_documents")
