"""What reconciliation compares and what it finds, as plain frozen values."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from payments.local_time import HANOI
from payments.statements.checks import details_add_up
from payments.statements.model import Entry

# An entry's id and the detail inside it: 0 is the entry as a whole, 1 its first detail.
MovementKey = tuple[str, int]


class FoundReference(Protocol):
    """A reference of ours found in free text; exact is False where it had to be mended, which only proposes."""

    @property
    def reference(self) -> str: ...

    @property
    def exact(self) -> bool: ...


FindReferences = Callable[[str], Iterable[FoundReference]]


class PaymentKind(StrEnum):
    """What is expected: an order's payment, cash paid in, or what a partner's or our own document announces."""

    ORDER = "order"
    CASH = "cash"
    PAYOUT = "payout"
    PROVIDER_FEE = "provider-fee"
    REMITTANCE = "remittance"


@dataclass(frozen=True, slots=True)
class ExpectedPayment:
    """Money that we expect in the account or, where the amount is negative, to leave it.

    Attributes:
        our_reference: What the payer or the provider was given; other_references name the same payment too.
        provider_transaction: The provider's own number, or that of its settlement.
        paid_at: When we booked it as paid; None for an order that is still open, which a transfer may pay any day
            and which is therefore never missed.
        dossier: The dossier's code, for the explanation; empty unless it is an order's.
        entry_id: The statement's entry that two people say it is; that entry then names nothing else.
    """

    id: str
    our_reference: str
    provider_transaction: str | None
    amount_minor: int
    currency: str
    paid_at: datetime | None
    dossier: str
    other_references: tuple[str, ...] = ()
    kind: PaymentKind = PaymentKind.ORDER
    entry_id: str | None = None

    @property
    def leaves(self) -> bool:
        """Whether the money goes out."""
        return self.amount_minor < 0


@dataclass(frozen=True, slots=True)
class BookedEntry:
    """An imported entry under our id."""

    id: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Movement:
    """What can be matched with one payment: an entry, or one detail of an entry that holds several."""

    key: MovementKey
    amount_minor: int
    currency: str
    booking_date: date
    reversal: bool
    references: tuple[str, ...]
    texts: tuple[str, ...]

    @property
    def is_credit(self) -> bool:
        """Whether money came in."""
        return self.amount_minor > 0


class MatchRule(StrEnum):
    """By what a movement was recognised; amount and currency are equal in every match."""

    OUR_REFERENCE = "our-reference"
    PROVIDER_TRANSACTION = "provider-transaction"
    OFFICERS = "officers"


@dataclass(frozen=True, slots=True)
class Match:
    """A movement that is a payment."""

    movement: MovementKey
    payment_id: str
    rule: MatchRule
    amount_minor: int
    currency: str


class BreakKind(StrEnum):
    """What does not fit."""

    UNKNOWN_CREDIT = "unknown-credit"
    MISSING_IN_STATEMENT = "missing-in-statement"
    AMOUNT_DIFFERS = "amount-differs"
    DUPLICATE_CREDIT = "duplicate-credit"
    SEVERAL_PAYMENTS = "several-payments"
    CREDIT_TAKEN_BACK = "credit-taken-back"
    DEBIT_RETURNED = "debit-returned"
    DEBIT_UNEXPLAINED = "debit-unexplained"
    # Found when it was booked, not on a statement: a payment that no open order was waiting for.
    MONEY_IN_SUSPENSE = "money-in-suspense"
    # Found when its time was over: a payment of which the provider never said how it ended.
    OUTCOME_UNKNOWN = "outcome-unknown"


class ProposalKind(StrEnum):
    """Why movements and payments might belong together although no rule is sure of it."""

    REFERENCE_MISTYPED = "reference-mistyped"
    SAME_AMOUNT = "same-amount"
    SUM_OF_PAYMENTS = "sum-of-payments"
    SUM_OF_DAY = "sum-of-day"
    SUM_OF_CREDITS = "sum-of-credits"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a person may accept; nothing books it by itself."""

    kind: ProposalKind
    payment_ids: tuple[str, ...]
    movements: tuple[MovementKey, ...]


@dataclass(frozen=True, slots=True)
class Break:
    """One difference between the bank and us.

    Attributes:
        movement: What the bank booked; None for a payment that is missing.
        payment_id: Our payment; None where there is none to compare with.
        amount_minor: Signed amount of the movement, or the amount that is missing.
        difference_minor: What came in more (or, negative, less) than expected.
        occurred_on: The bank's booking day, or Vietnam's day on which we booked the payment.
        vi, en: The explanation; it says nothing that depends on today.
    """

    kind: BreakKind
    movement: MovementKey | None
    payment_id: str | None
    amount_minor: int
    currency: str
    difference_minor: int
    occurred_on: date
    age_days: int
    vi: str
    en: str
    proposals: tuple[Proposal, ...] = ()

    @property
    def key(self) -> str:
        """What stays the same when the same difference is found again."""
        return break_key(self.kind, self.movement, self.payment_id)


def break_key(kind: BreakKind, movement: MovementKey | None, payment_id: str | None) -> str:
    """Return what a break is known by."""
    entry_id, detail = movement or ("-", 0)
    return f"{kind}:{entry_id}:{detail}:{payment_id or '-'}"


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The new matches, and every break that stands."""

    matches: tuple[Match, ...]
    breaks: tuple[Break, ...]


def movements_of(booked: BookedEntry) -> tuple[Movement, ...]:
    """Return the entry's details, where there are several and they add up to it, else the entry as a whole.

    The whole carries the references and texts of all its details. A detail carries its own only: what stands on the
    entry speaks of the batch.
    """
    entry = booked.entry
    if entry.booking_date is None:
        raise ValueError("only booked entries are reconciled")
    details = [detail for detail in entry.details if detail.amount_minor is not None]
    if len(entry.details) > 1 and details_add_up(entry):
        return tuple(
            Movement(
                key=(booked.id, number),
                amount_minor=detail.amount_minor or 0,
                currency=entry.currency,
                booking_date=entry.booking_date,
                reversal=entry.reversal,
                references=detail.references,
                texts=detail.texts,
            )
            for number, detail in enumerate(details, start=1)
        )
    return (
        Movement(
            key=(booked.id, 0),
            amount_minor=entry.amount_minor,
            currency=entry.currency,
            booking_date=entry.booking_date,
            reversal=entry.reversal,
            references=(*entry.references, *(found for detail in entry.details for found in detail.references)),
            texts=(*(text for detail in entry.details for text in detail.texts), *entry.texts),
        ),
    )


def local_day(moment: datetime) -> date:
    """Return the calendar day in Vietnam, as banks there book it."""
    return moment.astimezone(HANOI).date()
