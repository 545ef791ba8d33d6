"""What the sandbox remembers: payments by provider and merchant's reference, in memory, for as long as it runs."""

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from gateway.sandbox.modes import Mode


class PaymentState(StrEnum):
    """Where a payment stands; PENDING: the payer decided, and the provider still works on it."""

    OPEN = "open"
    PENDING = "pending"
    PAID = "paid"
    CANCELLED = "cancelled"
    FAILED = "failed"


class RefundState(StrEnum):
    """Where a refund stands."""

    WORKING = "working"
    DONE = "done"
    FAILED = "failed"


def _number() -> str:
    return str(10_000_000 + secrets.randbelow(90_000_000))


@dataclass(frozen=True)
class Refund:
    """One refund that was taken: key is the merchant's name for it, number the provider's."""

    key: str
    amount: int
    taken_at: datetime
    number: str = field(default_factory=_number)
    state: RefundState = RefundState.WORKING


@dataclass(frozen=True)
class Payment:
    """One payment as the merchant asked for it, and how it went on; amounts are whole VND.

    Attributes:
        reference: The merchant's. number: The provider's, 0 until money was taken.
        asked: What the request said in the provider's own words, for what only that provider needs.
        callback_url: Where the merchant wants to be called; empty for the provider's usual address.
    """

    provider: str
    reference: str
    amount: int
    purpose: str
    return_url: str = ""
    callback_url: str = ""
    asked: Mapping[str, Any] = field(default_factory=dict)
    mode: Mode = Mode.HONEST
    state: PaymentState = PaymentState.OPEN
    number: str = "0"
    opened_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    decided_at: datetime | None = None
    page_token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    refunds: tuple[Refund, ...] = ()

    @property
    def refunded(self) -> int:
        """What was taken to be paid back and has not failed."""
        return sum(refund.amount for refund in self.refunds if refund.state is not RefundState.FAILED)

    def paid(self) -> "Payment":
        """Return this payment with its money taken."""
        number = _number() if self.number == "0" else self.number
        return replace(self, state=PaymentState.PAID, number=number, decided_at=self.decided_at or datetime.now(UTC))


class Book:
    """All payments; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._payments: dict[tuple[str, str], Payment] = {}

    def open(self, asked: Payment) -> Payment:
        """Keep a payment; a reference that its provider knows already gives the payment that is there."""
        with self._lock:
            return self._payments.setdefault((asked.provider, asked.reference), asked)

    def find(self, provider: str, reference: str) -> Payment | None:
        """Return a payment by the merchant's reference."""
        with self._lock:
            return self._payments.get((provider, reference))

    def find_where(self, wanted: Callable[[Payment], bool]) -> Payment | None:
        """Return the first payment of which something holds."""
        return next((payment for payment in self.all() if wanted(payment)), None)

    def all(self) -> list[Payment]:
        """Return all payments, oldest first."""
        with self._lock:
            return list(self._payments.values())

    def change(self, provider: str, reference: str, change: Callable[[Payment], Payment]) -> tuple[Payment, Payment]:
        """Change one payment; returns it as it was and as it is. The change sees it as nobody else can alter it.

        Raises:
            KeyError: There is none.
        """
        with self._lock:
            before = self._payments[(provider, reference)]
            after = change(before)
            self._payments[(provider, reference)] = after
            return before, after
