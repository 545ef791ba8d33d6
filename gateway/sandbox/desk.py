"""What the frame offers to a simulated provider: payments, the payer's page, refunds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import render_template, url_for

from gateway.sandbox.book import Book, Payment, Refund
from gateway.sandbox.modes import WORDS, Mode
from gateway.sandbox.refunding import RefundVerdict, settle_refunds, take_refund


@dataclass(frozen=True)
class Desk:
    """One provider's place in the sandbox.

    Attributes:
        modes: Those that the provider's payments can go by. mode_of_next: Says how one goes that opens now.
        refund_seconds: How long a refund is worked on.
    """

    provider: str
    title: str
    book: Book
    modes: tuple[Mode, ...]
    mode_of_next: Callable[[], Mode]
    refund_seconds: float
    may_choose: bool

    def open(
        self,
        reference: str,
        amount: int,
        purpose: str,
        *,
        return_url: str = "",
        callback_url: str = "",
        asked: Mapping[str, Any],
    ) -> Payment:
        """Open a payment; the same reference again gives the payment that is there, whatever is asked now."""
        payment = Payment(
            provider=self.provider,
            reference=reference,
            amount=amount,
            purpose=purpose,
            return_url=return_url,
            callback_url=callback_url,
            asked=asked,
            mode=self.mode_of_next(),
        )
        return self.book.open(payment)

    def find(self, reference: str) -> Payment | None:
        """Return a payment by the merchant's reference, its refunds as they stand now."""
        found = self.book.find(self.provider, reference)
        return settle_refunds(self.book, found, self.refund_seconds, datetime.now(UTC)) if found else None

    def find_by_number(self, number: str) -> Payment | None:
        """Return the payment to which the provider gave a number, its refunds as they stand now."""
        found = self.book.find_where(lambda known: known.provider == self.provider and known.number == number != "0")
        return self.find(found.reference) if found else None

    def page(self, payment: Payment) -> str:
        """Return the page on which the payer decides."""
        modes = self.modes if self.may_choose else ()
        return render_template("sandbox/pay.html", payment=payment, provider_title=self.title, modes=modes, words=WORDS)

    def page_url(self, payment: Payment) -> str:
        """Return the whole address of the page on which the payer decides."""
        return url_for("pages.show", page_token=payment.page_token, _external=True)

    def refund(self, payment: Payment | None, key: str, amount: int) -> tuple[RefundVerdict, Refund | None]:
        """Take or refuse a refund. AnswerLost, which this may raise, is the frame's to answer."""
        return take_refund(self.book, payment, key, amount)

    def find_refund(self, key: str) -> tuple[Payment, Refund] | None:
        """Return a refund by the merchant's name for it, as it stands now, with its payment."""
        keyed = self.book.find_where(
            lambda known: known.provider == self.provider and key in {refund.key for refund in known.refunds}
        )
        payment = self.find(keyed.reference) if keyed else None
        if payment is None:
            return None
        return payment, next(refund for refund in payment.refunds if refund.key == key)
