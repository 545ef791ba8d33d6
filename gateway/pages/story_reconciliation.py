"""What bank statements say of a dossier's payments."""

import re
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Text as SqlText
from sqlalchemy import cast, or_, select

from gateway.db.unit_of_work import UnitOfWork
from gateway.pages.break_words import CLOSED, KINDS, RULES
from gateway.web.story_views import BreakView, MatchView, StepKind, StepState, StoryStep
from gateway.web.view_models import Text
from payments.reconciliation.model import BreakKind, MatchRule
from payments.store.statement_tables import (
    BreakClosing,
    BreakRow,
    BreakState,
    MatchRow,
    StatementEntryRow,
    StatementRow,
)
from payments.store.tables import FeeOrderRow

MOST_HINTS = 20
HINT = Text(
    "Khoản này chưa gắn với khoản thu nào, nhưng nội dung có nhắc mã hồ sơ.",
    "This credit belongs to no payment yet, but its text names the dossier.",
)


def reconciliation_steps(
    work: UnitOfWork, orders: Sequence[FeeOrderRow], attempt_ids: Sequence[str]
) -> list[StoryStep]:
    """Return matches and breaks of the dossier's payments, and credits nobody knows whose text names the dossier."""
    matched = list(
        work.session.execute(
            select(MatchRow, StatementEntryRow)
            .join(StatementEntryRow, StatementEntryRow.id == MatchRow.entry_id)
            .where(MatchRow.payment_id.in_(attempt_ids))
        )
    )
    breaks = list(work.session.scalars(select(BreakRow).where(BreakRow.payment_id.in_(attempt_ids))))
    hints = _hints(work, orders[0].dossier_code, {order.unit_id for order in orders}) if orders else []
    steps = [
        StoryStep(StepKind.RECONCILED, StepState.DONE, match.matched_at, matches=(_match(match, entry),))
        for match, entry in matched
    ]
    steps += [_break_step(row) for row in breaks]
    # Perhaps meant for this dossier, but not a difference of its payments: it waits for finance staff to say.
    steps += [replace(_break_step(row), state=StepState.WAITING, note=HINT) for row in hints]
    return _imported(work, matched, [*breaks, *hints]) + steps


def _hints(work: UnitOfWork, dossier_code: str, unit_ids: set[str]) -> list[BreakRow]:
    """Return open credits of these units that match no payment but whose text carries the dossier's code."""
    columns = (cast(StatementEntryRow.texts, SqlText), cast(StatementEntryRow.details, SqlText))
    query = (
        select(BreakRow, StatementEntryRow)
        .join(StatementEntryRow, StatementEntryRow.id == BreakRow.entry_id)
        .where(BreakRow.unit_id.in_(unit_ids), BreakRow.payment_id.is_(None), BreakRow.state == BreakState.OPEN)
        .where(or_(*(column.icontains(dossier_code, autoescape=True) for column in columns)))
        .order_by(BreakRow.found_at)
        .limit(MOST_HINTS)
    )
    # HS-1 is not named by a text that says HS-12 or HS-1-B.
    alone = re.compile(rf"(?<![\w-]){re.escape(dossier_code)}(?![\w-])", re.IGNORECASE)
    found = work.session.execute(query)
    return [row for row, entry in found if any(alone.search(line) for line in _lines(entry))]


def _lines(entry: StatementEntryRow) -> list[str]:
    return [*entry.texts, *(line for detail in entry.details for line in detail.get("texts", ()))]


def _imported(
    work: UnitOfWork, matched: Sequence[tuple[MatchRow, StatementEntryRow]], breaks: Sequence[BreakRow]
) -> list[StoryStep]:
    entry_ids = {entry.id for _, entry in matched} | {row.entry_id for row in breaks if row.entry_id}
    query = (
        select(StatementRow)
        .join(StatementEntryRow, StatementEntryRow.statement_id == StatementRow.id)
        .where(StatementEntryRow.id.in_(entry_ids))
        .distinct()
    )
    return [
        StoryStep(StepKind.STATEMENT_IMPORTED, StepState.DONE, row.imported_at, note=_statement(row))
        for row in work.session.scalars(query)
    ]


def _statement(row: StatementRow) -> Text:
    return Text(
        f"Sao kê {row.identification} của tài khoản {row.account}, {row.entry_count} bút toán",
        f"Statement {row.identification} of account {row.account}, {row.entry_count} entries",
    )


def _match(match: MatchRow, entry: StatementEntryRow) -> MatchView:
    return MatchView(
        entry.bank_reference or entry.entry_key, entry.booking_date, match.amount_minor, RULES[MatchRule(match.rule)]
    )


def _break_step(row: BreakRow) -> StoryStep:
    view = BreakView(
        kind=KINDS[BreakKind(row.kind)],
        amount_minor=row.amount_minor,
        booking_date=row.occurred_on,
        account=row.account,
        explanation=Text(row.explanation_vi, row.explanation_en),
    )
    open_still = row.state == BreakState.OPEN
    note = CLOSED[BreakClosing(row.closed_because)] if row.closed_because else None
    state = StepState.ATTENTION if open_still else StepState.DONE
    return StoryStep(StepKind.RECONCILED, state, row.found_at, note=note, breaks=(view,))
