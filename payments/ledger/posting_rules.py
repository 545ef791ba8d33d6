"""Which accounts an occurrence moves; pure, one function for each occurrence."""

from collections.abc import Sequence
from typing import Protocol

from payments.ledger.accounts import (
    CASH_IN_TRANSIT,
    DRAWER,
    RECEIVABLE,
    REFUNDS,
    SUSPENSE,
    Account,
    bank,
    charged,
    clearing,
    income,
    provider_fees,
    treasury,
)
from payments.ledger.journal import Posting
from payments.money import Money


class ChargedFee(Protocol):
    """An order's item, as far as the ledger needs to know it."""

    @property
    def kind(self) -> str: ...
    @property
    def chapter(self) -> str: ...
    @property
    def sub_item(self) -> str: ...
    @property
    def credited_unit(self) -> str: ...
    @property
    def amount(self) -> Money: ...


def order_charged(items: Sequence[ChargedFee]) -> tuple[Posting, ...]:
    """Fees are charged: they are owed to us, and are no income yet."""
    return tuple(Posting(RECEIVABLE, charged(*_line(item)), item.amount) for item in items if item.amount.is_positive)


def order_released(items: Sequence[ChargedFee]) -> tuple[Posting, ...]:
    """An order was cancelled or its time ran out: nothing is owed any more."""
    return tuple(Posting(charged(*_line(item)), RECEIVABLE, item.amount) for item in items if item.amount.is_positive)


def order_paid(items: Sequence[ChargedFee], total: Money, received_on: Account) -> tuple[Posting, ...]:
    """An order was paid: the claim is settled, and what was charged becomes income of its budget lines."""
    earned = tuple(
        Posting(charged(*_line(item)), income(*_line(item)), item.amount) for item in items if item.amount.is_positive
    )
    return (Posting(received_on, RECEIVABLE, total), *earned)


def money_suspended(amount: Money, received_on: Account) -> tuple[Posting, ...]:
    """Money came that no open order is waiting for, or not in this amount: kept apart until a person decides."""
    return (Posting(received_on, SUSPENSE, amount),)


def refund_owed_of_income(parts: Sequence[tuple[ChargedFee, Money]]) -> tuple[Posting, ...]:
    """Part of what was earned is to be paid back: each line's income gives its part."""
    return tuple(Posting(income(*_line(item)), REFUNDS, amount) for item, amount in parts)


def refund_owed_of_suspense(amount: Money) -> tuple[Posting, ...]:
    """Money that was kept apart is to be paid back."""
    return (Posting(SUSPENSE, REFUNDS, amount),)


def refund_paid(amount: Money, paid_from: Account) -> tuple[Posting, ...]:
    """What was owed went back to the payer."""
    return (Posting(REFUNDS, paid_from, amount),)


def provider_paid_out(gross: Money, fee: Money, provider: str, received_on: Account) -> tuple[Posting, ...]:
    """A provider paid out what it had taken, less the fee that it kept, if any."""
    kept = (Posting(provider_fees(provider), clearing(provider), fee),) if fee.is_positive else ()
    return (Posting(received_on, clearing(provider), gross - fee), *kept)


def provider_fee_paid(fee: Money, provider: str, paid_from: Account) -> tuple[Posting, ...]:
    """A provider's fee left the account by itself."""
    return (Posting(provider_fees(provider), paid_from, fee),)


def remitted(amount: Money, paid_from: Account, treasury_account: str) -> tuple[Posting, ...]:
    """Money went from the unit's account to the State Treasury."""
    return (Posting(treasury(treasury_account), paid_from, amount),)


def moved_to_treasury(amount: Money, account_number: str, *, overdrawn: bool) -> tuple[Posting, ...]:
    """An account that was taken for a bank's is kept at the treasury."""
    sides = (treasury(account_number), bank(account_number))
    debit, credit = reversed(sides) if overdrawn else sides
    return (Posting(debit, credit, amount),)


def cash_handed_over(amount: Money) -> tuple[Posting, ...]:
    """Cash left the drawer for the bank."""
    return (Posting(CASH_IN_TRANSIT, DRAWER, amount),)


def cash_arrived(amount: Money, received_on: Account) -> tuple[Posting, ...]:
    """A statement shows cash that was on its way."""
    return (Posting(received_on, CASH_IN_TRANSIT, amount),)


def _line(item: ChargedFee) -> tuple[str, str, str, str]:
    return item.kind, item.chapter, item.sub_item, item.credited_unit
