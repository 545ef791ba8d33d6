"""An attempt of which nobody ever said how it ended: a break for finance staff, until the provider tells after all."""

from datetime import datetime

from config.identifiers import new_id
from payments.events import Record
from payments.journeys.orders import order_event
from payments.ledger.accounts import clearing
from payments.local_time import HANOI
from payments.reconciliation.model import BreakKind
from payments.statements.currencies import amount_vi
from payments.states import ATTEMPTS, AttemptMove, AttemptState, may_move, next_state
from payments.store.payments import PaymentStore
from payments.store.statement_tables import BreakClosing, BreakRow, BreakState
from payments.store.tables import FeeOrderRow, PaymentAttemptRow


def give_up(store: PaymentStore, attempt: PaymentAttemptRow, *, now: datetime, record: Record) -> None:
    """Ask about a locked attempt no more; if nothing final is known of it, tell finance staff to look for its money."""
    attempt.next_query_at = None
    if not may_move(ATTEMPTS, AttemptState(attempt.state), AttemptMove.GIVE_UP):
        return
    attempt.state = next_state(ATTEMPTS, AttemptState(attempt.state), AttemptMove.GIVE_UP)
    order = store.get_order(attempt.order_id)
    store.statements.add_breaks([_break(order, attempt, now)])
    record(order_event("attempt.unresolved", order, attempt_id=attempt.id, provider=attempt.provider))


def note_told(store: PaymentStore, unit_id: str, attempt_id: str, now: datetime) -> None:
    """Close the break of an attempt that had been given up: its provider told how it ended."""
    store.statements.close_breaks_of(unit_id, [attempt_id], BreakClosing.OUTCOME_TOLD, now)


def _break(order: FeeOrderRow, attempt: PaymentAttemptRow, now: datetime) -> BreakRow:
    name, reference = attempt.provider, attempt.reference
    vnd_vi, vnd_en = amount_vi(attempt.amount_minor, attempt.currency), f"{attempt.amount_minor:,} VND"
    return BreakRow(
        id=new_id(),
        unit_id=order.unit_id,
        account=clearing(name).code,
        break_key=attempt.id,
        kind=BreakKind.OUTCOME_UNKNOWN,
        state=BreakState.OPEN,
        payment_id=attempt.id,
        amount_minor=attempt.amount_minor,
        currency=attempt.currency,
        difference_minor=attempt.amount_minor,
        occurred_on=attempt.started_at.astimezone(HANOI).date(),
        explanation_vi=f"Hồ sơ {order.dossier_code}: {name} không báo kết quả lần trả {vnd_vi}, mã tham chiếu"
        f" {reference}. Hãy tìm mã này trong sao kê hoặc hỏi {name}; người nộp có thể đã mất tiền.",
        explanation_en=f"Dossier {order.dossier_code}: {name} never told how a payment of {vnd_en} ended, reference"
        f" {reference}. Look for it in the statements or ask {name}; the payer's money may have left.",
        proposals=[],
        found_at=now,
    )
