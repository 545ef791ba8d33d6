"""widen_purposes_of_anchors"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BEFORE = "purpose IN ('official', 'organisation', 'citizen', 'tsa')"
AFTER = "purpose IN ('official', 'organisation', 'citizen', 'tsa', 'remote-service', 'psp', 'tls')"
PURPOSE = "ck_trust_anchors_purpose"


def upgrade() -> None:
    _replace(AFTER)


def downgrade() -> None:
    op.execute("DELETE FROM trust_anchors WHERE purpose IN ('remote-service', 'psp', 'tls')")
    _replace(BEFORE)


def _replace(condition: str) -> None:
    with op.batch_alter_table("trust_anchors") as batch_op:
        batch_op.drop_constraint(op.f(PURPOSE), type_="check")
        batch_op.create_check_constraint(op.f(PURPOSE), condition)
