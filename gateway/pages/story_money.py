"""The part of a dossier's story that is about money."""

import hashlib
from datetime import datetime
from typing import Literal, cast

from sqlalchemy import select

from gateway.db.tables.documents import DocumentRow
from gateway.db.tables.work import EventRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.pages.callback_words import STATES, note_of, outcome_of
from gateway.pages.files import file_link
from gateway.pages.names import Names, same
from gateway.pages.pay import receipt_link
from gateway.pages.story_list import ORDER_STATES
from gateway.web.formats import moment
from gateway.web.pay_views import FeeItem
from gateway.web.story_views import CallbackView, JournalEntryView, PostingView, StepKind, StepState, StoryStep
from gateway.web.view_models import Text
from payments.states import AttemptState, OrderState
from payments.store.ledger_tables import JournalEntryRow
from payments.store.tables import FeeOrderRow, PaymentAttemptRow, ProviderCallbackRow, ReceiptRow

ATTEMPT_STATES = {
    AttemptState.STARTED: StepState.RUNNING,
    AttemptState.UNKNOWN: StepState.WAITING,
    AttemptState.SUCCEEDED: StepState.DONE,
    AttemptState.FAILED: StepState.FAILED,
    AttemptState.UNRESOLVED: StepState.ATTENTION,
}
# The method of a kept message that is the answer to a question of ours.
OUR_QUESTIONS = ("QUERY", "REFUND")


def order_steps(work: UnitOfWork, names: Names, order: FeeOrderRow) -> list[StoryStep]:
    """Return everything that happened to a fee order, unsorted; deliveries and statements are told elsewhere."""
    steps = [_opened(names, order)]
    started = _exact_starts(work, order.id)
    steps += [_attempt(names, row, started) for row in work.payments.attempts_of(order.id)]
    steps += [_callback(names, row) for row in work.payments.callbacks.of_order(order.id)]
    entries = work.payments.journal.entries_about([order.id])
    steps += [_booked(names, entry) for entry in entries if entry.kind != "order-charged"]
    steps += _closed(work, order)
    steps += [_receipt(work, receipt) for receipt in work.payments.receipts.of_order(order.id)]
    return steps


def _opened(names: Names, order: FeeOrderRow) -> StoryStep:
    items = tuple(
        FeeItem(cast("Literal['phi', 'le-phi']", item.kind), item.name, item.amount_minor) for item in order.items
    )
    return StoryStep(
        StepKind.FEE_ORDER_OPENED,
        ORDER_STATES[order.state],
        order.created_at,
        names.client(order.client_id),
        pay_token=order.pay_token,
        fee_items=items,
    )


def _exact_starts(work: UnitOfWork, order_id: str) -> dict[str, datetime]:
    """Return when each attempt started; attempts themselves keep whole seconds, as providers do."""
    query = select(EventRow).where(EventRow.subject_id == order_id, EventRow.type == "attempt.started")
    return {event.data.get("attempt_id", ""): event.occurred_at for event in work.session.scalars(query)}


def _attempt(names: Names, attempt: PaymentAttemptRow, started: dict[str, datetime]) -> StoryStep:
    return StoryStep(
        StepKind.ATTEMPT_STARTED,
        ATTEMPT_STATES[AttemptState(attempt.state)],
        started.get(attempt.id, attempt.started_at),
        names.provider(attempt.provider),
        note=Text(f"Mã tham chiếu {attempt.reference}", f"Reference {attempt.reference}"),
    )


def _callback(names: Names, row: ProviderCallbackRow) -> StoryStep:
    outcome, provider = outcome_of(row), names.provider(row.provider)
    view = CallbackView(
        received_at=row.received_at,
        provider=provider,
        outcome=outcome,
        answer_code=row.answer_code or "",
        amount_minor=row.amount_minor,
        body_sha256=hashlib.sha256(row.body or row.query).hexdigest(),
    )
    kind = StepKind.PROVIDER_ASKED if row.method in OUR_QUESTIONS else StepKind.CALLBACK_RECEIVED
    return StoryStep(kind, STATES[outcome], row.received_at, provider, note=note_of(row), callbacks=(view,))


def _booked(names: Names, entry: JournalEntryRow) -> StoryStep:
    postings = tuple(
        PostingView(
            names.account(posting.debit_account.code),
            posting.debit_account.code,
            names.account(posting.credit_account.code),
            posting.credit_account.code,
            posting.amount_minor,
        )
        for posting in entry.postings
    )
    view = JournalEntryView(entry.sequence, entry.booked_at, entry.description, postings)
    return StoryStep(StepKind.PAYMENT_BOOKED, StepState.DONE, entry.booked_at, entries=(view,))


def _closed(work: UnitOfWork, order: FeeOrderRow) -> list[StoryStep]:
    """Return the end of an order that was not paid."""
    if order.state not in {OrderState.CANCELLED, OrderState.EXPIRED}:
        return []
    query = select(EventRow.occurred_at).where(
        EventRow.subject_id == order.id, EventRow.type.in_(("order.cancelled", "order.expired"))
    )
    at = work.session.scalars(query).first() or order.updated_at
    note = Text(f"Lý do: {order.cancel_reason}", f"Reason: {order.cancel_reason}") if order.cancel_reason else None
    return [StoryStep(StepKind.FEE_ORDER_CLOSED, ORDER_STATES[order.state], at, note=note)]


def _receipt(work: UnitOfWork, receipt: ReceiptRow) -> StoryStep:
    document = work.session.get(DocumentRow, receipt.document_id) if receipt.document_id else None
    sealed = receipt.sealed_at
    return StoryStep(
        StepKind.RECEIPT_ISSUED,
        StepState.DONE if sealed else StepState.RUNNING,
        receipt.issued_at,
        same(receipt.sealed_by) if receipt.sealed_by else None,
        note=Text(f"Ký số lúc {moment(sealed)}", f"Sealed at {moment(sealed)}") if sealed else None,
        files=(file_link(document, None),) if document else (),
        receipts=(receipt_link(receipt),),
    )
