"""What payments talk about, as plain frozen values."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import reduce
from operator import add
from typing import Any

from payments.errors import FeeOrderUnsound
from payments.money import VND, Money

CHAPTER = re.compile(r"[0-9]{3}")
SUB_ITEM = re.compile(r"[0-9]{4}")
MOST_ITEMS = 50
MOST_MINOR = 10**15
# Who tells of a transfer that only a statement shows.
STATEMENT = "bank-transfer"


class FeeKind(StrEnum):
    """The two kinds of fee, which go on separate receipts: `phi` for a service, `le-phi` for a state act."""

    PHI = "phi"
    LE_PHI = "le-phi"


@dataclass(frozen=True)
class FeeItem:
    """One line of a fee order.

    Attributes:
        chapter: Budget chapter, 3 digits. sub_item: Budget sub-item (tiểu mục), 4 digits.
        credited_unit: Code of the unit whose account is credited; it may differ from the one that receives the dossier.
        amount: What is owed. full_amount: What would be, without the exemption or reduction of the legal_ground.
        catalogue_entry_id, quantities: How a fee of the catalogue was worked out.
    """

    kind: FeeKind
    name: str
    procedure_code: str
    chapter: str
    sub_item: str
    credited_unit: str
    amount: Money
    full_amount: Money | None = None
    legal_ground: str | None = None
    catalogue_entry_id: str | None = None
    quantities: Mapping[str, int] | None = None

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.credited_unit.strip():
            raise FeeOrderUnsound("an item needs a name and the unit credited")
        if not CHAPTER.fullmatch(self.chapter):
            raise FeeOrderUnsound("a chapter is three digits")
        if not SUB_ITEM.fullmatch(self.sub_item):
            raise FeeOrderUnsound("a sub-item is four digits")
        full = self.full_amount or self.amount
        if not full.is_positive or self.amount.amount_minor < 0 or full.currency != self.amount.currency:
            raise FeeOrderUnsound("an item's amount is more than zero, or nothing by an exemption")
        if full.amount_minor < self.amount.amount_minor:
            raise FeeOrderUnsound("what is owed of an item is not more than its full amount")
        if full != self.amount and not (self.legal_ground or "").strip():
            raise FeeOrderUnsound("an exemption or reduction names its legal ground")


@dataclass(frozen=True)
class Payer:
    """Who pays, beyond a name: number (tax code or citizen number), address, e-mail and telephone, as far as known."""

    number: str | None = None
    address: str | None = None
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True)
class FeeOrderChange:
    """What of an open order is to be otherwise; None leaves it."""

    items: tuple[FeeItem, ...] | None = None
    purpose: str | None = None
    payer_name: str | None = None
    payer: Payer | None = None
    expires_at: datetime | None = None
    metadata: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class FeeOrderDraft:
    """A fee order as asked for.

    Raises:
        FeeOrderUnsound: No items, too many, two currencies, no dossier or no payer.
    """

    unit_id: str
    dossier_code: str
    purpose: str
    payer_name: str
    items: tuple[FeeItem, ...]
    expires_at: datetime
    client_id: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    payer: "Payer | None" = None

    def __post_init__(self) -> None:
        total_of(self.items)
        if not self.dossier_code.strip() or not self.payer_name.strip():
            raise FeeOrderUnsound("a fee order names its dossier and its payer")
        if self.expires_at.tzinfo is None:
            raise FeeOrderUnsound("a time without a zone cannot be kept")

    @property
    def total(self) -> Money:
        """What is owed."""
        return total_of(self.items)


def total_of(items: Sequence[FeeItem]) -> Money:
    """Return what items come to.

    Raises:
        FeeOrderUnsound: No items, too many, another currency, or more than can be charged.
    """
    if not 0 < len(items) <= MOST_ITEMS:
        raise FeeOrderUnsound(f"a fee order has between 1 and {MOST_ITEMS} items")
    if {item.amount.currency for item in items} != {VND}:
        raise FeeOrderUnsound("fees are charged in VND")
    total = reduce(add, (item.amount for item in items))
    if total.amount_minor > MOST_MINOR:
        raise FeeOrderUnsound("an order comes to at most 10^15 VND")
    return total


class ProviderOutcome(StrEnum):
    """What a provider says of one transaction; a word of theirs that we do not know is UNKNOWN, never a success."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_FOUND = "not-found"


@dataclass(frozen=True)
class ProviderEvent:
    """An authenticated statement of a provider, in our words.

    Attributes:
        reference: Our reference of the attempt.
        transaction: The provider's own number of the transaction.
        code: The provider's words for the outcome, for support staff.
        paid_at: When the provider took the money, where it says so.
        payer_cancelled: Whether a failure is the payer's own wish.
        needs_query: Whether a success counts only once the provider says so in its answer to a question of ours.
    """

    provider: str
    reference: str
    transaction: str
    amount: Money
    outcome: ProviderOutcome
    code: str
    paid_at: datetime | None = None
    payer_cancelled: bool = False
    needs_query: bool = False

    @property
    def key(self) -> str:
        """What makes two reports the same event, whether they came by callback or by query."""
        return f"{self.reference}:{self.transaction}:{self.outcome}"


@dataclass(frozen=True)
class BankTransfer:
    """Money that a bank says has arrived, by a statement or by its own notice.

    Attributes:
        transfer_reference: The order's, as found exactly in the transfer's text.
        bank_reference: What makes the credit unique at the bank, at most 40 characters.
        account_number: Ours, that was credited; virtual_account: the number under it that the payer wrote, if any.
        provider: Who told us: `bank-transfer` for a statement, else the name of the provider whose notice it is.
        notice: The notice's own number at its provider, at most 40 characters; None where bank_reference is that.
    """

    transfer_reference: str
    bank_reference: str
    account_number: str
    amount: Money
    received_at: datetime
    provider: str = STATEMENT
    virtual_account: str = ""
    notice: str | None = None

    @property
    def key(self) -> str:
        """What makes two tellings by the same provider the same."""
        return self.notice or self.bank_reference


class RefundOutcome(StrEnum):
    """What a provider says of one refund; ACCEPTED is a promise, not yet money, and silence is UNKNOWN."""

    ACCEPTED = "accepted"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class RefundEvent:
    """An authenticated statement of a provider about one refund, in our words.

    Attributes:
        reference: Our reference of the refund. transaction: The provider's own number of it, empty until it has one.
        code: The provider's words for the outcome, for support staff.
    """

    provider: str
    reference: str
    transaction: str
    amount: Money
    outcome: RefundOutcome
    code: str


@dataclass(frozen=True)
class NothingToSettle:
    """An authentic call that is about no payment of ours: a test, money that went out, a text without reference."""

    reason: str


ProviderReport = ProviderEvent | BankTransfer | RefundEvent | NothingToSettle


@dataclass(frozen=True)
class CallbackCall:
    """A call as it arrived, byte for byte.

    Attributes:
        query: The raw query string without the question mark. headers: Names in lower case, only what a proof needs.
        received_at: When we took it in, for proofs that end; None for what is no call but an answer.
    """

    method: str
    query: bytes
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    client_address: str = ""
    received_at: datetime | None = None


class SettlementOutcome(StrEnum):
    """What became of a provider's report."""

    BOOKED = "booked"
    SUSPENDED = "suspended"
    FAILURE_NOTED = "failure-noted"
    UNKNOWN_NOTED = "unknown-noted"
    DUPLICATE = "duplicate"
    REFUND_NOTED = "refund-noted"
    NOTHING_TO_SETTLE = "nothing-to-settle"
    ATTEMPT_NOT_FOUND = "attempt-not-found"
    AMOUNT_MISMATCH = "amount-mismatch"
    NOT_AUTHENTIC = "not-authentic"
    UNREADABLE = "unreadable"
    OUR_FAULT = "our-fault"


REFUSALS = frozenset(
    {
        SettlementOutcome.ATTEMPT_NOT_FOUND,
        SettlementOutcome.AMOUNT_MISMATCH,
        SettlementOutcome.NOT_AUTHENTIC,
        SettlementOutcome.UNREADABLE,
        SettlementOutcome.OUR_FAULT,
    }
)


@dataclass(frozen=True)
class Acknowledgement:
    """The HTTP answer in the provider's dialect; code is the provider's own word in it."""

    status: int
    content_type: str
    body: bytes
    code: str


@dataclass(frozen=True)
class Settlement:
    """The end of one report: what it changed, and what the provider is told (nothing where we had asked)."""

    outcome: SettlementOutcome
    acknowledgement: Acknowledgement | None = None
    order_id: str | None = None
    attempt_id: str | None = None
    entry_id: str | None = None
    unit_id: str | None = None
    event: ProviderReport | None = None
