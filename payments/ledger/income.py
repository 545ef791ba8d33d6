"""Fees collected in a period, by budget line and by the unit credited."""

from collections.abc import Iterable
from dataclasses import dataclass

from payments.ledger.accounts import AccountKind, parse_account
from payments.ledger.balances import AccountBalance, TrialBalance


@dataclass(frozen=True)
class IncomeLine:
    """What one budget line of one unit took in and gave back; kind is `phi` or `le-phi`."""

    kind: str
    chapter: str
    sub_item: str
    credited_unit: str
    currency: str
    collected_minor: int
    returned_minor: int

    @property
    def net_minor(self) -> int:
        """What is left of it."""
        return self.collected_minor - self.returned_minor


def income_lines(through: TrialBalance, before: TrialBalance) -> tuple[IncomeLine, ...]:
    """Return the income between two trial balances, by chapter, sub-item and unit; lines without any are left out."""
    earlier = {(row.account, row.currency): row for row in _income(before.accounts)}
    lines = []
    for row in _income(through.accounts):
        start = earlier.get((row.account, row.currency), AccountBalance(row.account, row.currency, 0, 0))
        collected, returned = row.credit_minor - start.credit_minor, row.debit_minor - start.debit_minor
        if collected or returned:
            kind, budget, credited_unit = parse_account(row.account).qualifier.split(":", 2)
            chapter, _, sub_item = budget.partition("-")
            lines.append(IncomeLine(kind, chapter, sub_item, credited_unit, row.currency, collected, returned))
    return tuple(sorted(lines, key=lambda line: (line.chapter, line.sub_item, line.credited_unit, line.kind)))


def _income(accounts: Iterable[AccountBalance]) -> Iterable[AccountBalance]:
    return (row for row in accounts if parse_account(row.account).kind is AccountKind.INCOME)
