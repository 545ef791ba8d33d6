"""Services that tell of credits on our bank accounts: no payer chooses them, and they are asked nothing."""

from datetime import datetime

from payments.errors import PaymentNotPossible, ProviderUnavailable
from payments.model import BankTransfer, NothingToSettle
from payments.money import VND, Money
from payments.providers.base import (
    PaymentRequest,
    QueryAnswer,
    QueryRequest,
    StartedPayment,
    WithoutProvenReturn,
    WithoutRefunds,
)
from payments.providers.vietqr.reference import find_references

NO_PAYMENTS = "it only tells of bank transfers"


class NoticesOnly(WithoutRefunds, WithoutProvenReturn):
    """For adapters of such services: what they cannot do."""

    page_origin = None
    returns_payer = False
    can_query = False

    def new_reference(self, now: datetime) -> str:
        """Refuse, before anything is kept of an attempt."""
        raise PaymentNotPossible(NO_PAYMENTS)

    def start(self, payment: PaymentRequest) -> StartedPayment:
        """Refuse."""
        raise PaymentNotPossible(NO_PAYMENTS)

    def query(self, asked: QueryRequest, now: datetime) -> QueryAnswer:
        """Refuse."""
        raise ProviderUnavailable(NO_PAYMENTS)


def credit_of(
    *,
    provider: str,
    notice: str,
    bank_reference: str,
    amount_minor: int,
    accounts: tuple[str, str],
    texts: tuple[str, ...],
    received_at: datetime,
) -> BankTransfer | NothingToSettle:
    """Return the transfer that a notice of a credit names, if it names exactly one order.

    Args:
        accounts: Ours that was credited, and the virtual one under it, or nothing.
        texts: What the payer and the bank wrote.
    """
    found = [reference for text in texts for reference in find_references(text)]
    exact = {reference.reference for reference in found if reference.exact}
    if len(exact) > 1:
        return NothingToSettle(f"{provider}: the text names several orders")
    if not exact:
        nearly = sorted({reference.reference for reference in found})
        told = f"; with one character mended it would be {', '.join(nearly)}" if nearly else ""
        return NothingToSettle(f"{provider}: the text names no order{told}")
    return BankTransfer(
        transfer_reference=exact.pop(),
        bank_reference=bank_reference or notice,
        account_number=accounts[0],
        amount=Money(amount_minor, VND),
        received_at=received_at,
        provider=provider,
        virtual_account=accounts[1],
        notice=notice,
    )
