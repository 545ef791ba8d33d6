"""Amounts of money: whole minor units with a currency, and nothing that could round."""

from dataclasses import dataclass
from typing import Self

from payments.errors import CurrencyMismatch, MoneyUnsound

VND = "VND"
# What a BIGINT column holds; far above any sum that a city takes.
LARGEST_AMOUNT_MINOR = 2**63 - 1


@dataclass(frozen=True, order=False)
class Money:
    """An amount in minor units of an ISO 4217 currency; VND has no minor unit, so 1 is one dong.

    Raises:
        MoneyUnsound: The amount is not an integer (a bool or a float is none), too large, or the currency is no code.
    """

    amount_minor: int
    currency: str = VND

    def __post_init__(self) -> None:
        if type(self.amount_minor) is not int:
            raise MoneyUnsound(f"an amount is a whole number of minor units, not a {type(self.amount_minor).__name__}")
        if abs(self.amount_minor) > LARGEST_AMOUNT_MINOR:
            raise MoneyUnsound("the amount is larger than can be kept")
        if not (len(self.currency) == 3 and self.currency.isascii() and self.currency.isupper()):
            raise MoneyUnsound("a currency is three capital letters (ISO 4217)")

    def __add__(self, other: Self) -> "Money":
        self._same_currency(other)
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __sub__(self, other: Self) -> "Money":
        self._same_currency(other)
        return Money(self.amount_minor - other.amount_minor, self.currency)

    @property
    def is_positive(self) -> bool:
        """Whether there is anything to pay."""
        return self.amount_minor > 0

    def _same_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} do not add up")
