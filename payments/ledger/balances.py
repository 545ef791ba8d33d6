"""Balances and the trial balance."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class PostedAmount:
    """What one posting, or many between the same two accounts, moved; accounts by their codes."""

    debit_account: str
    credit_account: str
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class AccountBalance:
    """An account's turnover; the balance is positive where debits outweigh credits."""

    account: str
    currency: str
    debit_minor: int
    credit_minor: int

    @property
    def balance_minor(self) -> int:
        """Debits less credits."""
        return self.debit_minor - self.credit_minor


@dataclass(frozen=True)
class TrialBalance:
    """All accounts' balances, by code; difference_minor is zero for each currency or the books are broken."""

    accounts: tuple[AccountBalance, ...]
    difference_minor: Mapping[str, int]

    @property
    def holds(self) -> bool:
        """Whether debits equal credits in every currency."""
        return not any(self.difference_minor.values())

    def balance_minor(self, account: str, currency: str = "VND") -> int:
        """Return an account's balance; zero for one that was never posted to."""
        found = (row.balance_minor for row in self.accounts if (row.account, row.currency) == (account, currency))
        return next(found, 0)


def trial_balance(posted: Iterable[PostedAmount]) -> TrialBalance:
    """Add up what was posted; the order in which it comes does not matter."""
    debits: dict[tuple[str, str], int] = {}
    credits_: dict[tuple[str, str], int] = {}
    for amount in posted:
        debit, credit = (amount.debit_account, amount.currency), (amount.credit_account, amount.currency)
        debits[debit] = debits.get(debit, 0) + amount.amount_minor
        credits_[credit] = credits_.get(credit, 0) + amount.amount_minor
    rows = tuple(
        AccountBalance(account, currency, debits.get((account, currency), 0), credits_.get((account, currency), 0))
        for account, currency in sorted(debits.keys() | credits_.keys())
    )
    currencies = {row.currency for row in rows}
    difference = {c: sum(row.balance_minor for row in rows if row.currency == c) for c in currencies}
    return TrialBalance(rows, difference)
