"""What each page shows, as plain frozen values; a template reads nothing else.

Amounts are whole VND (`amount_minor`), times are aware. Words that depend on data come as `Text` in both languages;
words that depend only on a state or a kind are the pages' own (gateway/web/wording.py).
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import IO, Literal


@dataclass(frozen=True)
class Text:
    """One sentence in the two languages of the pages."""

    vi: str
    en: str


class PayState(StrEnum):
    """What a payer needs to know about a fee order."""

    AWAITING_PAYMENT = "awaiting-payment"
    AWAITING_CONFIRMATION = "awaiting-confirmation"
    PAID = "paid"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    EXEMPT = "exempt"


@dataclass(frozen=True)
class FeeItem:
    """One line of a fee order or receipt; `phi` and `le-phi` are receipted apart."""

    kind: Literal["phi", "le-phi"]
    name: str
    amount_minor: int
    # What it would come to without the exemption or reduction on this ground.
    full_minor: int | None = None
    legal_ground: str | None = None


@dataclass(frozen=True)
class TransferDetails:
    """A bank transfer that books itself: qr_text is the VietQR payload, byte for byte as a bank reads it."""

    bank_name: str
    account_number: str
    account_name: str
    transfer_content: str
    qr_text: str


@dataclass(frozen=True)
class ProviderChoice:
    """A payment provider.

    origin is `scheme://host[:port]` of the page to which it takes the payer: the browser's policy must let the form's
    redirect end there. It is empty where the payer stays on our page and scans a code.
    """

    code: str
    name: str
    origin: str


@dataclass(frozen=True)
class ReceiptLink:
    """A receipt by its public code and by its printed number."""

    code: str
    number: str
    kind: Literal["phi", "le-phi"]
    amount_minor: int


@dataclass(frozen=True)
class OpenAttempt:
    """A visit to a provider of which we do not know the end yet.

    qr_text is what the provider's QR code holds, app_url what opens its app; both are for our own page to show.
    """

    provider_name: str
    started_at: datetime
    provider_code: str = ""
    qr_text: str | None = None
    app_url: str | None = None


@dataclass(frozen=True)
class PayPage:
    """A fee order as its payer sees it; no transfer and no providers once it cannot be paid any more."""

    token: str
    unit_name: str
    purpose: str
    dossier_code: str
    payer_name: str
    items: tuple[FeeItem, ...]
    total_minor: int
    state: PayState
    expires_at: datetime | None = None
    paid_at: datetime | None = None
    legal_basis: str | None = None
    transfer: TransferDetails | None = None
    providers: tuple[ProviderChoice, ...] = ()
    receipts: tuple[ReceiptLink, ...] = ()
    open_attempt: OpenAttempt | None = None


class ReturnClaim(StrEnum):
    """What the browser brought back from the provider: shown, never booked."""

    SUCCESS = "success"
    # Still with the provider, or in words that we do not know: to say "not paid" would have people pay twice.
    PENDING = "pending"
    FAILED = "failed"
    CANCELLED = "cancelled"
    NOT_AUTHENTIC = "not-authentic"


@dataclass(frozen=True)
class ReturnPage:
    """The browser's return: the provider's claim beside the order's booked state (page.state).

    provider_name is empty where nobody can be said to have made the claim.
    """

    page: PayPage
    provider_name: str
    claim: ReturnClaim
    provider_code: str | None = None


@dataclass(frozen=True)
class ReceiptPage:
    """A numbered receipt; state is what holds today, never a deletion."""

    code: str
    form_code: str
    series: str
    number: str
    kind: Literal["phi", "le-phi"]
    unit_name: str
    payer_name: str
    dossier_code: str
    items: tuple[FeeItem, ...]
    total_minor: int
    total_in_words: str
    issued_at: datetime
    payment_method: str
    state: Literal["preparing", "issued", "cancelled", "replaced"]
    document_ready: bool
    xml_ready: bool = False
    document_sha256: str | None = None
    sealed_by: str | None = None
    sealed_at: datetime | None = None
    replaced_by_code: str | None = None


class VerifyState(StrEnum):
    """How far a verification is."""

    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"


class Indication(StrEnum):
    """ETSI EN 319 102-1, 5.1.3, with the case of a document that nobody signed."""

    TOTAL_PASSED = "TOTAL_PASSED"
    TOTAL_FAILED = "TOTAL_FAILED"
    INDETERMINATE = "INDETERMINATE"
    NO_SIGNATURE = "NO_SIGNATURE"


@dataclass(frozen=True)
class SignatureView:
    """One signature as the validation found it. signed_at is the best signature time."""

    indication: Indication
    signer_name: str
    organisation: str | None
    signed_at: datetime | None
    time_proven_by: str | None
    reasons: tuple[Text, ...]
    covers_whole_document: bool
    role: Literal["person", "organisation"] | None = None
    sub_indication: str | None = None
    level: str | None = None
    field_name: str | None = None
    claimed_at: datetime | None = None
    chain: tuple[str, ...] = ()
    revocation_source: str | None = None
    revocation_updated_at: datetime | None = None


@dataclass(frozen=True)
class VerifyPage:
    """A verification: signatures and overall are there once the state is ready, problem once it has failed."""

    code: str
    file_name: str
    size_bytes: int
    sha256: str
    received_at: datetime
    state: VerifyState
    overall: Indication | None = None
    validated_at: datetime | None = None
    signatures: tuple[SignatureView, ...] = ()
    problem: Text | None = None


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
class FileLink:
    """A stored file: a document's revision, a signed receipt, a validation report, a statement."""

    file_id: str
    name: str
    size_bytes: int
    sha256: str
    revision: int | None = None


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


@dataclass(frozen=True)
class Download:
    """A file to hand out; the response closes content."""

    file_name: str
    media_type: str
    content: IO[bytes]
    sha256: str


@dataclass(frozen=True)
class ApiField:
    """One row of a schema table: the path of the field from the top, such as `items[].amount_minor`."""

    path: str
    type: str
    required: bool
    description: str


@dataclass(frozen=True)
class ApiParameter:
    """A parameter outside the body; place is path, query, header or cookie."""

    name: str
    place: str
    type: str
    required: bool
    description: str


@dataclass(frozen=True)
class ApiResponse:
    """What an operation answers with one status."""

    status: str
    description: str
    fields: tuple[ApiField, ...] = ()
    example: str | None = None


@dataclass(frozen=True)
class ApiOperation:
    """One operation of the API, read from the OpenAPI document."""

    operation_id: str
    method: str
    path: str
    tag: str
    summary: str
    description: str
    needs_token: bool
    scopes: tuple[str, ...] = ()
    parameters: tuple[ApiParameter, ...] = ()
    body_media_type: str | None = None
    body_fields: tuple[ApiField, ...] = ()
    body_example: str | None = None
    responses: tuple[ApiResponse, ...] = ()


@dataclass(frozen=True)
class ApiGuide:
    """The whole API: its name and its operations by tag, in the document's order."""

    title: str
    version: str
    description: str
    tags: tuple[tuple[str, str], ...]
    operations: tuple[ApiOperation, ...]

    def find_operation(self, operation_id: str) -> ApiOperation | None:
        """Return the operation with this id."""
        return next((operation for operation in self.operations if operation.operation_id == operation_id), None)
