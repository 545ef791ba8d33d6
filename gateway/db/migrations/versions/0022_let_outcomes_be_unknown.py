"""let_outcomes_be_unknown"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

KINDS = (
    *("unknown-credit", "missing-in-statement", "amount-differs", "duplicate-credit", "several-payments"),
    *("credit-taken-back", "debit-returned", "debit-unexplained", "money-in-suspense"),
)
NEW = "outcome-unknown"


def upgrade() -> None:
    _replace((*KINDS, NEW))


def downgrade() -> None:
    op.execute(f"DELETE FROM breaks WHERE kind = '{NEW}'")  # noqa: S608 - our own name
    _replace(KINDS)


def _replace(kinds: tuple[str, ...]) -> None:
    name = op.f("ck_breaks_kind")
    with op.batch_alter_table("breaks") as table:
        table.drop_constraint(name, type_="check")
        table.create_check_constraint(name, "kind IN ({})".format(", ".join(f"'{kind}'" for kind in kinds)))
