"""What a bank statement says, as plain frozen values.

Signs: an amount is positive when it came to the account (credit) and negative when it left it (debit). A reversal
keeps the sign of what it does to the account: the reversal of a credit is a debit, so it is negative.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class StatementKind(StrEnum):
    """What the bank vouches for: the day's end (camt.053), the day so far (camt.052), or single bookings (camt.054)."""

    STATEMENT = "statement"
    REPORT = "report"
    NOTIFICATION = "notification"


class EntryStatus(StrEnum):
    """Only a booked entry changed the balance."""

    BOOKED = "booked"
    PENDING = "pending"
    INFORMATION = "information"
    FUTURE = "future"


class Severity(StrEnum):
    """How a finding is to be taken: nothing to do, worth knowing, or somebody has to ask the bank."""

    GOOD = "good"
    NOTICE = "notice"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found when a statement was checked, in words for the finance officer."""

    code: str
    severity: Severity
    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class Balance:
    """A balance as the bank gives it.

    Attributes:
        code: ISO 20022 balance type: OPBD, PRCD, CLBD, ITBD…; `interim` marks one that closes or opens a page only.
        amount_minor: Negative when the account is overdrawn.
    """

    code: str
    interim: bool
    amount_minor: int
    currency: str
    day: date


@dataclass(frozen=True, slots=True)
class EntryDetail:
    """One of the transfers inside a booked entry (TxDtls).

    Attributes:
        amount_minor: Signed; None where the bank gives none, as it does when the entry has one transfer only.
        references: Every identifier of the transfer, in the file's order, without NOTPROVIDED.
        texts: Free text of the transfer, as the payer's bank passed it on.
    """

    amount_minor: int | None
    currency: str | None
    references: tuple[str, ...]
    texts: tuple[str, ...]
    counterparty_name: str | None
    counterparty_account: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement of the account.

    Attributes:
        position: 1 for the statement's first entry.
        amount_minor: Signed, in minor units of currency.
        booking_date: The bank's own calendar day; a booked entry always has one.
        bank_reference: The bank's reference of the entry (AcctSvcrRef), which should be unique in the account.
        references, texts: Those of the entry as a whole; the details have their own.
        line: Line in the file.
    """

    position: int
    amount_minor: int
    currency: str
    reversal: bool
    status: EntryStatus
    booking_date: date | None
    value_date: date | None
    bank_reference: str | None
    references: tuple[str, ...]
    texts: tuple[str, ...]
    details: tuple[EntryDetail, ...]
    line: int


@dataclass(frozen=True, slots=True)
class DeclaredTotals:
    """The bank's own count and sums over the entries (TxsSummry); None where it gives none."""

    entries: int | None
    credit_minor: int | None
    debit_minor: int | None


@dataclass(frozen=True, slots=True)
class Statement:
    """One account over one period.

    Attributes:
        format: Message name and version, such as camt.053.001.08.
        identification: The bank's identification of the statement.
        account: IBAN or account number, without spaces.
        currency: Of the account; taken from its balances where the account names none; None where nothing says.
        created_at: Aware; a time without a zone is the bank's local time, taken as Vietnam's.
        copy: The bank marks the statement as a copy or a duplicate.
        last_page: False when the bank says that more pages of this statement follow in other files.
    """

    kind: StatementKind
    format: str
    identification: str
    sequence_number: int | None
    created_at: datetime | None
    period_from: date | None
    period_to: date | None
    copy: bool
    page: int | None
    last_page: bool
    account: str
    currency: str | None
    balances: tuple[Balance, ...]
    declared: DeclaredTotals
    entries: tuple[Entry, ...]

    @property
    def booked(self) -> tuple[Entry, ...]:
        """The entries that changed the balance."""
        return tuple(entry for entry in self.entries if entry.status is EntryStatus.BOOKED)

    def find_opening(self) -> Balance | None:
        """Return the booked balance before the first entry: OPBD, else the previous statement's closing (PRCD)."""
        return self._find_balance("OPBD") or self._find_balance("PRCD")

    def find_closing(self) -> Balance | None:
        """Return the booked balance after the last entry."""
        return self._find_balance("CLBD")

    def _find_balance(self, code: str) -> Balance | None:
        found = [
            balance
            for balance in self.balances
            if balance.code == code and (self.currency is None or balance.currency == self.currency)
        ]
        final = [balance for balance in found if not balance.interim]
        return next(iter(final or found), None)
