"""VNPAY writes VND amounts times 100."""

from payments.errors import PaymentNotPossible
from payments.money import VND, Money

MOST_DIGITS = 12


def amount_text(amount: Money) -> str:
    """Return an amount as vnp_Amount.

    Raises:
        PaymentNotPossible: Not VND, not positive, or more than the 12 digits that VNPAY takes.
    """
    text = str(amount.amount_minor * 100)
    if amount.currency != VND or not amount.is_positive or len(text) > MOST_DIGITS:
        raise PaymentNotPossible("VNPAY takes from 1 to 9,999,999,999 VND")
    return text


def parse_amount(text: str) -> Money:
    """Return the amount that vnp_Amount names.

    Raises:
        ValueError: Not digits, not whole VND, or nothing.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise ValueError("vnp_Amount is not a number")
    amount_vnd, hundredths = divmod(int(text), 100)
    if hundredths or not amount_vnd:
        raise ValueError("vnp_Amount is not a whole positive VND amount")
    return Money(amount_vnd, VND)
