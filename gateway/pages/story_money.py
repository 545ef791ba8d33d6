"""The part of a dossier's story that is about money."""

from typing import Literal, cast

from sqlalchemy import or_, select

from gateway.db.tables.work import EventRow, WebhookDeliveryRow, WebhookEndpointRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.pages.break_words import KINDS, RULES
from gateway.pages.pay import receipt_link
from gateway.services import Services
from gateway.web.view_models import (
    BreakView,
    CallbackView,
    DeliveryView,
    FeeItem,
    JournalEntryView,
    MatchView,
    PostingView,
    StepKind,
    StepState,
    StoryStep,
    Text,
)
from payments.model import REFUSALS, SettlementOutcome
from payments.reconciliation.model import BreakKind, MatchRule
from payments.states import AttemptState
from payments.store.ledger_tables import JournalEntryRow
from payments.store.statement_tables import BreakRow, MatchRow, StatementEntryRow
from payments.store.tables import FeeOrderRow, PaymentAttemptRow, ProviderCallbackRow

ORDER_STATES = {
    "open": StepState.WAITING,
    "paid": StepState.DONE,
    "cancelled": StepState.CANCELLED,
    "expired": StepState.EXPIRED,
}
ATTEMPT_STATES = {
    AttemptState.STARTED: StepState.RUNNING,
    AttemptState.UNKNOWN: StepState.WAITING,
    AttemptState.SUCCEEDED: StepState.DONE,
    AttemptState.FAILED: StepState.FAILED,
    AttemptState.UNRESOLVED: StepState.ATTENTION,
}
DELIVERY_STATES = {"waiting": StepState.RETRYING, "delivered": StepState.DONE, "failed": StepState.FAILED}
Outcome = Literal["accepted", "repeated", "refused", "waiting"]


def order_steps(services: Services, work: UnitOfWork, order: FeeOrderRow) -> list[StoryStep]:
    """Return everything that happened to a fee order, unsorted."""
    steps = [_opened(order)]
    attempts = work.payments.attempts_of(order.id)
    steps += [_attempt(services, attempt) for attempt in attempts]
    steps += [_callback(row) for row in work.payments.callbacks.of_order(order.id)]
    entries = work.payments.journal.entries_about([order.id])
    steps += [_booked(entry) for entry in entries if entry.kind != "order-charged"]
    receipts = work.payments.receipts.of_order(order.id)
    for receipt in receipts:
        state = StepState.DONE if receipt.sealed_at else StepState.RUNNING
        steps.append(
            StoryStep(
                StepKind.RECEIPT_ISSUED, state, receipt.issued_at, receipt.sealed_by, receipts=(receipt_link(receipt),)
            )
        )
    steps += _deliveries(work, [order.id, *(receipt.id for receipt in receipts)])
    steps += _reconciled(work, attempts)
    return steps


def _opened(order: FeeOrderRow) -> StoryStep:
    items = tuple(
        FeeItem(cast("Literal['phi', 'le-phi']", item.kind), item.name, item.amount_minor) for item in order.items
    )
    return StoryStep(
        StepKind.FEE_ORDER_OPENED,
        ORDER_STATES[order.state],
        order.created_at,
        pay_token=order.pay_token,
        fee_items=items,
    )


def _attempt(services: Services, attempt: PaymentAttemptRow) -> StoryStep:
    titles = {provider.name: provider.title for provider in services.providers}
    return StoryStep(
        StepKind.ATTEMPT_STARTED,
        ATTEMPT_STATES[AttemptState(attempt.state)],
        attempt.started_at,
        titles.get(attempt.provider, attempt.provider),
        note=Text(f"Mã tham chiếu {attempt.reference}", f"Reference {attempt.reference}"),
    )


def _callback(row: ProviderCallbackRow) -> StoryStep:
    outcome = _outcome(row)
    state = {"refused": StepState.REFUSED, "waiting": StepState.WAITING}.get(outcome, StepState.DONE)
    view = CallbackView(
        received_at=row.received_at,
        provider=row.provider,
        outcome=outcome,
        answer_code=row.answer_code or "",
        amount_minor=row.amount_minor,
    )
    note = Text(row.problem, row.problem) if row.problem else None
    return StoryStep(StepKind.CALLBACK_RECEIVED, state, row.received_at, row.provider, note=note, callbacks=(view,))


def _outcome(row: ProviderCallbackRow) -> Outcome:
    if row.outcome is None:
        return "waiting"
    outcome = SettlementOutcome(row.outcome)
    if outcome in REFUSALS:
        return "refused"
    return "repeated" if outcome is SettlementOutcome.DUPLICATE else "accepted"


def _booked(entry: JournalEntryRow) -> StoryStep:
    postings = tuple(
        PostingView(posting.debit_account.code, posting.credit_account.code, posting.amount_minor)
        for posting in entry.postings
    )
    view = JournalEntryView(entry.sequence, entry.booked_at, entry.description, postings)
    return StoryStep(StepKind.PAYMENT_BOOKED, StepState.DONE, entry.booked_at, entries=(view,))


def _deliveries(work: UnitOfWork, subject_ids: list[str]) -> list[StoryStep]:
    query = (
        select(WebhookDeliveryRow, EventRow, WebhookEndpointRow)
        .join(EventRow, EventRow.id == WebhookDeliveryRow.event_id)
        .join(WebhookEndpointRow, WebhookEndpointRow.id == WebhookDeliveryRow.endpoint_id)
        .where(EventRow.subject_id.in_(subject_ids))
    )
    return [
        StoryStep(
            StepKind.WEBHOOK_DELIVERED,
            DELIVERY_STATES[delivery.state],
            delivery.delivered_at or delivery.created_at,
            deliveries=(
                DeliveryView(
                    event_type=event.type,
                    address=endpoint.url,
                    attempts=delivery.attempts,
                    state=DELIVERY_STATES[delivery.state],
                    response_status=delivery.last_status,
                    last_attempt_at=delivery.delivered_at,
                ),
            ),
        )
        for delivery, event, endpoint in work.session.execute(query).tuples()
    ]


def _reconciled(work: UnitOfWork, attempts: list[PaymentAttemptRow]) -> list[StoryStep]:
    """Return what statements said of these attempts, and the unexplained credits found in the same accounts."""
    ids = [attempt.id for attempt in attempts]
    matches = work.session.execute(
        select(MatchRow, StatementEntryRow)
        .join(StatementEntryRow, StatementEntryRow.id == MatchRow.entry_id)
        .where(MatchRow.payment_id.in_(ids))
    ).tuples()
    steps = [
        StoryStep(StepKind.RECONCILED, StepState.DONE, match.matched_at, matches=(_match(match, entry),))
        for match, entry in matches
    ]
    accounts = {match.account for match in work.session.scalars(select(MatchRow).where(MatchRow.payment_id.in_(ids)))}
    unexplained = BreakRow.account.in_(accounts) & BreakRow.payment_id.is_(None) & (BreakRow.state == "open")
    for row in work.session.scalars(select(BreakRow).where(or_(BreakRow.payment_id.in_(ids), unexplained))):
        steps.append(StoryStep(StepKind.RECONCILED, StepState.ATTENTION, row.found_at, breaks=(_break(row),)))
    return steps


def _match(match: MatchRow, entry: StatementEntryRow) -> MatchView:
    return MatchView(
        entry.bank_reference or entry.entry_key, entry.booking_date, match.amount_minor, RULES[MatchRule(match.rule)]
    )


def _break(row: BreakRow) -> BreakView:
    return BreakView(
        kind=KINDS[BreakKind(row.kind)],
        amount_minor=row.amount_minor,
        booking_date=row.occurred_on,
        description=row.account,
        explanation=Text(row.explanation_vi, row.explanation_en),
    )
