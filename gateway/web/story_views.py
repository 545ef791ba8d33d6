"""What the pages about dossiers show: the list, and one dossier's story."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from gateway.web.pay_views import FeeItem, ReceiptLink
from gateway.web.verify_views import VerifyPage
from gateway.web.view_models import FileLink, Text


class StepKind(StrEnum):
    """What a step of a dossier's story is about."""

    DOCUMENT_RECEIVED = "document-received"
    SIGNING_REQUESTED = "signing-requested"
    SIGNED_BY_PERSON = "signed-by-person"
    SEALED_BY_ORGANISATION = "sealed-by-organisation"
    VALIDATED = "validated"
    FEE_ORDER_OPENED = "fee-order-opened"
    FEE_ORDER_CLOSED = "fee-order-closed"
    ATTEMPT_STARTED = "attempt-started"
    CALLBACK_RECEIVED = "callback-received"
    PROVIDER_ASKED = "provider-asked"
    PAYMENT_BOOKED = "payment-booked"
    RECEIPT_ISSUED = "receipt-issued"
    WEBHOOK_DELIVERED = "webhook-delivered"
    STATEMENT_IMPORTED = "statement-imported"
    RECONCILED = "reconciled"


class StepState(StrEnum):
    """Where a step stands."""

    DONE = "done"
    RUNNING = "running"
    WAITING = "waiting"
    RETRYING = "retrying"
    ATTENTION = "attention"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True)
class CallbackView:
    """One provider call, or one answer to our question, as kept.

    answer_code is what we answered in the provider's own dialect; empty where we had asked. body_sha256 is the hash
    of what came: the body, or the query string where the provider says everything there.
    """

    received_at: datetime
    provider: Text
    outcome: Literal["booked", "suspended", "failed", "unknown", "repeated", "refunded", "other", "refused", "waiting"]
    answer_code: str
    amount_minor: int | None = None
    body_sha256: str | None = None


@dataclass(frozen=True)
class PostingView:
    """One posting: the same amount debited and credited; accounts by name and by code."""

    debit_name: Text
    debit_account: str
    credit_name: Text
    credit_account: str
    amount_minor: int


@dataclass(frozen=True)
class JournalEntryView:
    """One journal entry of a unit, by its gapless sequence number."""

    sequence: int
    booked_at: datetime
    description: str
    postings: tuple[PostingView, ...]


@dataclass(frozen=True)
class DeliveryView:
    """One webhook delivery; response_status is None where nobody answered."""

    event_name: Text
    event_type: str
    address: str
    attempts: int
    state: StepState
    response_status: int | None = None
    last_attempt_at: datetime | None = None
    next_attempt_at: datetime | None = None


@dataclass(frozen=True)
class MatchView:
    """A statement entry matched with a payment."""

    entry_reference: str
    booking_date: date
    amount_minor: int
    matched_by: Text


@dataclass(frozen=True)
class BreakView:
    """What did not match, and why, in words for finance staff."""

    kind: Text
    amount_minor: int
    booking_date: date | None
    account: str
    explanation: Text


@dataclass(frozen=True)
class StoryStep:
    """One step of the story, with whatever evidence belongs to it."""

    kind: StepKind
    state: StepState
    at: datetime | None
    actor: Text | None = None
    note: Text | None = None
    files: tuple[FileLink, ...] = ()
    verification: VerifyPage | None = None
    pay_token: str | None = None
    fee_items: tuple[FeeItem, ...] = ()
    callbacks: tuple[CallbackView, ...] = ()
    entries: tuple[JournalEntryView, ...] = ()
    receipts: tuple[ReceiptLink, ...] = ()
    deliveries: tuple[DeliveryView, ...] = ()
    matches: tuple[MatchView, ...] = ()
    breaks: tuple[BreakView, ...] = ()


@dataclass(frozen=True)
class AuditRow:
    """One audit entry; chained says whether its hash follows from the one before it.

    subject_name is what the entry is about, in words; subject its id.
    """

    sequence: int
    at: datetime
    actor: Text
    action_name: Text
    action: str
    subject_name: Text
    subject: str
    entry_hash: str
    previous_hash: str
    chained: bool


@dataclass(frozen=True)
class StoryRow:
    """A dossier in the list."""

    dossier_code: str
    title: str
    unit_name: str
    state: StepState
    updated_at: datetime
    document_count: int
    total_minor: int | None = None


@dataclass(frozen=True)
class StoryList:
    """One page of dossiers, newest first; next_cursor is opaque."""

    rows: tuple[StoryRow, ...]
    next_cursor: str | None = None


@dataclass(frozen=True)
class StoryPage:
    """A dossier's whole story, oldest step first."""

    dossier_code: str
    title: str
    unit_name: str
    state: StepState
    steps: tuple[StoryStep, ...]
    audit: tuple[AuditRow, ...] = ()
