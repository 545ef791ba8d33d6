"""let_people_act_on_steps"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gateway.db.history_triggers import History, create_statements, drop_statements

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# What people did is not rewritten.
ACTS = History("signing_history_is_not_changed", append_only=("signing_acts",))
STATES_BEFORE = "state IN ('pending', 'ready', 'held', 'completed', 'refused', 'failed', 'cancelled')"
STATES = "state IN ('pending', 'awaiting', 'ready', 'held', 'completed', 'refused', 'failed', 'cancelled', 'skipped')"


def upgrade() -> None:
    _add_acts()
    with op.batch_alter_table("signing_request_documents") as batch:
        batch.add_column(sa.Column("state", sa.String(length=20), nullable=False, server_default="open"))
        batch.add_column(sa.Column("problem_code", sa.String(length=80), nullable=True))
        batch.add_column(sa.Column("problem_detail", sa.String(), nullable=True))
    op.execute(
        "UPDATE signing_request_documents SET state = 'signed' "
        "WHERE request_id IN (SELECT id FROM signing_requests WHERE state = 'completed')"
    )
    with op.batch_alter_table("signing_request_documents") as batch:
        batch.alter_column("state", server_default=None)
        batch.create_check_constraint(
            op.f("ck_signing_request_documents_state"), "state IN ('open', 'signed', 'failed')"
        )
    with op.batch_alter_table("signing_steps") as batch:
        batch.add_column(sa.Column("stage", sa.Integer(), nullable=False, server_default="1"))
        batch.add_column(sa.Column("quorum", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("signer_role", sa.String(length=120), nullable=True))
        batch.add_column(sa.Column("needs_approval", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
        batch.alter_column("certificate_id", existing_type=sa.String(length=36), nullable=True)
        batch.drop_constraint(op.f("ck_signing_steps_state"), type_="check")
        batch.create_check_constraint(op.f("ck_signing_steps_state"), STATES)
    op.execute("UPDATE signing_steps SET stage = position + 1")
    with op.batch_alter_table("signing_steps") as batch:
        batch.alter_column("stage", server_default=None)
        batch.alter_column("needs_approval", server_default=None)


def _add_acts() -> None:
    op.create_table(
        "signing_acts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("unit_id", sa.String(length=36), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.Column("step_id", sa.String(length=36), nullable=True),
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("actor_role", sa.String(length=120), nullable=True),
        sa.Column("from_address", sa.String(length=45), nullable=True),
        sa.Column("client_id", sa.String(length=36), nullable=True),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("details", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("acted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "act IN ('comment', 'approve', 'refuse', 'delegate', 'cancel', 'number')", name=op.f("ck_signing_acts_act")
        ),
        sa.ForeignKeyConstraint(["request_id"], ["signing_requests.id"], name=op.f("fk_signing_acts_request_id")),
        sa.ForeignKeyConstraint(["step_id"], ["signing_steps.id"], name=op.f("fk_signing_acts_step_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_acts")),
    )
    op.create_index(op.f("ix_signing_acts_request_id"), "signing_acts", ["request_id"])
    for statement in create_statements(op.get_bind().dialect.name, ACTS):
        op.execute(statement)


def downgrade() -> None:
    for statement in drop_statements(op.get_bind().dialect.name, ACTS):
        op.execute(statement)
    op.drop_table("signing_acts")
    op.execute("UPDATE signing_steps SET state = 'cancelled' WHERE state IN ('awaiting', 'skipped')")
    op.execute("UPDATE signing_steps SET certificate_id = '' WHERE certificate_id IS NULL")
    with op.batch_alter_table("signing_steps") as batch:
        batch.drop_constraint(op.f("ck_signing_steps_state"), type_="check")
        batch.create_check_constraint(op.f("ck_signing_steps_state"), STATES_BEFORE)
        batch.alter_column("certificate_id", existing_type=sa.String(length=36), nullable=False)
        for name in ("stage", "quorum", "signer_role", "needs_approval", "expires_at"):
            batch.drop_column(name)
    with op.batch_alter_table("signing_request_documents") as batch:
        batch.drop_constraint(op.f("ck_signing_request_documents_state"), type_="check")
        for name in ("state", "problem_code", "problem_detail"):
            batch.drop_column(name)
