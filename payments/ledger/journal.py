"""Journal entries: made of postings that debit one account and credit another, so that none can be out of balance."""

from dataclasses import dataclass, replace
from datetime import datetime

from payments.errors import JournalEntryUnsound
from payments.ledger.accounts import Account
from payments.money import Money


@dataclass(frozen=True)
class Posting:
    """One amount, debited to one account and credited to another.

    Raises:
        JournalEntryUnsound: The amount is not positive, or both accounts are the same.
    """

    debit: Account
    credit: Account
    amount: Money

    def __post_init__(self) -> None:
        if not self.amount.is_positive:
            raise JournalEntryUnsound("a posting's amount is more than zero")
        if self.debit == self.credit:
            raise JournalEntryUnsound(f"a posting moves money between two accounts, not within {self.debit.code}")


@dataclass(frozen=True)
class JournalEntry:
    """What is booked at once for one unit; the store gives it its id and its number.

    Attributes:
        kind: The rule that made it, such as `order-paid`. subject_id: The row that it is about.
        reverses_entry_id: The entry that it takes back, if it is a reversal.
    """

    unit_id: str
    kind: str
    subject_id: str
    description: str
    booked_at: datetime
    postings: tuple[Posting, ...]
    reverses_entry_id: str | None = None

    def __post_init__(self) -> None:
        if not self.postings:
            raise JournalEntryUnsound("an entry has at least one posting")

    def reversal(self, entry_id: str, booked_at: datetime) -> "JournalEntry":
        """Return the entry that takes this one, booked as entry_id, back in full."""
        return replace(
            self,
            kind=f"{self.kind}-reversed",
            booked_at=booked_at,
            postings=tuple(Posting(posting.credit, posting.debit, posting.amount) for posting in self.postings),
            reverses_entry_id=entry_id,
        )
