"""The accounts of a unit; a code is the kind and what tells accounts of that kind apart."""

from dataclasses import dataclass
from enum import StrEnum

from payments.errors import JournalEntryUnsound


class AccountKind(StrEnum):
    """What an account is for.

    RECEIVABLE what open fee orders still have to pay, against CHARGED, the same fees before they are income;
    CLEARING money that a provider has taken and not yet paid out; BANK, TREASURY where the money lies;
    INCOME fees collected, by budget chapter and sub-item and the unit credited; PROVIDER_FEES what providers keep;
    REFUNDS what is to be paid back; SUSPENSE money of which we do not yet know whose it is or what for.
    """

    RECEIVABLE = "receivable"
    CHARGED = "charged"
    CLEARING = "clearing"
    BANK = "bank"
    TREASURY = "treasury"
    INCOME = "income"
    PROVIDER_FEES = "provider-fees"
    REFUNDS = "refunds"
    SUSPENSE = "suspense"


# Where a statement, not a provider, says what there is.
OWN_ACCOUNTS = frozenset({AccountKind.BANK, AccountKind.TREASURY})


@dataclass(frozen=True)
class Account:
    """An account by its kind and qualifier, within a unit that the entry names."""

    kind: AccountKind
    qualifier: str = ""

    @property
    def code(self) -> str:
        """The account's code: `suspense`, `clearing:vnpay`, `income:phi:423-2716:H13.01`."""
        return f"{self.kind.value}:{self.qualifier}" if self.qualifier else self.kind.value


def parse_account(code: str) -> Account:
    """Return the account that a code names.

    Raises:
        JournalEntryUnsound: The code starts with no kind that there is.
    """
    kind, _, qualifier = code.partition(":")
    try:
        return Account(AccountKind(kind), qualifier)
    except ValueError:
        raise JournalEntryUnsound(f"there is no kind of account called {kind!r}") from None


RECEIVABLE = Account(AccountKind.RECEIVABLE)
SUSPENSE = Account(AccountKind.SUSPENSE)
REFUNDS = Account(AccountKind.REFUNDS)


def clearing(provider: str) -> Account:
    """Return the account of money that a provider has taken and not yet paid out."""
    return Account(AccountKind.CLEARING, provider)


DRAWER = clearing("counter-cash")
# Handed to the bank, and not on a statement yet.
CASH_IN_TRANSIT = clearing("cash-in-transit")


def bank(account_number: str) -> Account:
    """Return the account that mirrors one bank account."""
    return Account(AccountKind.BANK, account_number)


def treasury(account_number: str) -> Account:
    """Return the account that mirrors one account at the State Treasury."""
    return Account(AccountKind.TREASURY, account_number)


def provider_fees(provider: str) -> Account:
    """Return the account of what a provider keeps for itself."""
    return Account(AccountKind.PROVIDER_FEES, provider)


def charged(kind: str, chapter: str, sub_item: str, credited_unit: str) -> Account:
    """Return the account of fees charged and not yet paid, for one budget line."""
    return Account(AccountKind.CHARGED, f"{kind}:{chapter}-{sub_item}:{credited_unit}")


def income(kind: str, chapter: str, sub_item: str, credited_unit: str) -> Account:
    """Return the account of fees collected, for one budget line."""
    return Account(AccountKind.INCOME, f"{kind}:{chapter}-{sub_item}:{credited_unit}")
