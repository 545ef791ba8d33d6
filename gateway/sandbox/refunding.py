"""Refunds as any provider takes them: within what was paid, each once, and how they end by the payment's mode."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from gateway.sandbox.book import Book, Payment, PaymentState, Refund, RefundState
from gateway.sandbox.modes import Mode


class AnswerLost(Exception):
    """The request was taken and its answer is lost on its way; the frame answers with an error of the server."""


class RefundVerdict(StrEnum):
    """What a provider decides about a request to pay back."""

    TAKEN = "taken"
    UNKNOWN_PAYMENT = "unknown-payment"
    NOT_PAID = "not-paid"
    REPEATED = "repeated"
    TOO_MUCH = "too-much"
    REFUSED = "refused"


def take_refund(book: Book, payment: Payment | None, key: str, amount: int) -> tuple[RefundVerdict, Refund | None]:
    """Take or refuse a refund; the refund is given where it is on file.

    Raises:
        AnswerLost: It was taken, and the merchant is not to know.
    """
    if payment is None:
        return RefundVerdict.UNKNOWN_PAYMENT, None
    if payment.mode is Mode.REFUND_REFUSED:
        return RefundVerdict.REFUSED, None
    refund = Refund(key, amount, datetime.now(UTC))
    before, after = book.change(payment.provider, payment.reference, lambda known: _with(known, refund))
    taken = len(after.refunds) > len(before.refunds)
    if taken and payment.mode is Mode.REFUND_UNANSWERED:
        raise AnswerLost
    return (RefundVerdict.TAKEN, refund) if taken else _refusal(before, key)


def _with(payment: Payment, refund: Refund) -> Payment:
    known = refund.key in {earlier.key for earlier in payment.refunds}
    fits = 0 < refund.amount <= payment.amount - payment.refunded
    taken = payment.state is PaymentState.PAID and fits and not known
    return replace(payment, refunds=(*payment.refunds, refund)) if taken else payment


def _refusal(payment: Payment, key: str) -> tuple[RefundVerdict, Refund | None]:
    if payment.state is not PaymentState.PAID:
        return RefundVerdict.NOT_PAID, None
    known = next((refund for refund in payment.refunds if refund.key == key), None)
    return (RefundVerdict.REPEATED, known) if known else (RefundVerdict.TOO_MUCH, None)


def settle_refunds(book: Book, payment: Payment, after_seconds: float, now: datetime) -> Payment:
    """Bring the refunds of a payment to their end that were worked on for long enough; returns the payment."""
    end = RefundState.FAILED if payment.mode is Mode.REFUND_FAILING else RefundState.DONE

    def ended(refund: Refund) -> Refund:
        over = refund.taken_at + timedelta(seconds=after_seconds) <= now
        return replace(refund, state=end) if over and refund.state is RefundState.WORKING else refund

    return book.change(
        payment.provider,
        payment.reference,
        lambda known: replace(known, refunds=tuple(ended(refund) for refund in known.refunds)),
    )[1]
