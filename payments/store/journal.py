"""The journal: entries are added, numbered without gaps for each unit, and never changed."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from config.identifiers import new_id
from payments.errors import JournalEntryNotFound
from payments.ledger.accounts import parse_account
from payments.ledger.balances import PostedAmount, TrialBalance, trial_balance
from payments.ledger.journal import JournalEntry, Posting
from payments.money import Money
from payments.store.ledger_tables import JournalEntryRow, JournalHeadRow, LedgerAccountRow, PostingRow
from payments.store.posting import PostedEntry, account_ids, add_entry


class JournalStore:
    """The journals of all units, seen through one session; commits are the caller's."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def post(self, entry: JournalEntry) -> PostedEntry:
        """Add an entry under its unit's next number; the number's lock holds until the transaction ends."""
        accounts = account_ids(self._session, entry)
        posted = PostedEntry(new_id())
        add_entry(self._session, posted.id, entry, accounts)
        return posted

    def reverse(self, entry_id: str, booked_at: datetime) -> PostedEntry:
        """Add the entry that takes another back; an entry can be taken back once.

        Raises:
            JournalEntryNotFound: There is no such entry.
        """
        return self.post(self.get(entry_id).reversal(entry_id, booked_at))

    def get(self, entry_id: str) -> JournalEntry:
        """Return an entry in the ledger's words.

        Raises:
            JournalEntryNotFound: There is no such entry.
        """
        row = self._session.get(JournalEntryRow, entry_id)
        if row is None:
            raise JournalEntryNotFound(f"there is no journal entry {entry_id}")
        postings = tuple(
            Posting(
                parse_account(posting.debit_account.code),
                parse_account(posting.credit_account.code),
                Money(posting.amount_minor, posting.currency),
            )
            for posting in row.postings
        )
        return JournalEntry(
            row.unit_id, row.kind, row.subject_id, row.description, row.booked_at, postings, row.reverses_entry_id
        )

    def find_about(self, subject_id: str, kind: str) -> JournalEntryRow | None:
        """Return the newest entry of a kind about a row."""
        query = select(JournalEntryRow).where(JournalEntryRow.subject_id == subject_id, JournalEntryRow.kind == kind)
        return self._session.scalars(query.order_by(JournalEntryRow.sequence.desc()).limit(1)).first()

    def entries_about(self, subject_ids: Iterable[str]) -> list[JournalEntryRow]:
        """Return the entries about these rows, in the order in which they were booked."""
        query = select(JournalEntryRow).where(JournalEntryRow.subject_id.in_(list(subject_ids)))
        return list(self._session.scalars(query.order_by(JournalEntryRow.unit_id, JournalEntryRow.sequence)))

    def entries(self, unit_id: str, *, after_sequence: int = 0, limit: int = 100) -> list[JournalEntryRow]:
        """Return a unit's entries in order, from the one after a number."""
        query = select(JournalEntryRow).where(
            JournalEntryRow.unit_id == unit_id, JournalEntryRow.sequence > after_sequence
        )
        return list(self._session.scalars(query.order_by(JournalEntryRow.sequence).limit(limit)))

    def trial_balance(self, unit_id: str, until: datetime | None = None) -> TrialBalance:
        """Return a unit's balances over all that was booked before a moment (or at all)."""
        debit, credit = aliased(LedgerAccountRow), aliased(LedgerAccountRow)
        query = (
            select(debit.code, credit.code, func.sum(PostingRow.amount_minor), PostingRow.currency)
            .join(debit, debit.id == PostingRow.debit_account_id)
            .join(credit, credit.id == PostingRow.credit_account_id)
            .where(PostingRow.unit_id == unit_id)
            .group_by(debit.code, credit.code, PostingRow.currency)
        )
        if until is not None:
            query = query.join(JournalEntryRow, JournalEntryRow.id == PostingRow.entry_id).where(
                JournalEntryRow.booked_at < until
            )
        rows = self._session.execute(query)
        return trial_balance(PostedAmount(debit_code, credit_code, int(s), c) for debit_code, credit_code, s, c in rows)

    def sequence_faults(self, unit_id: str) -> list[str]:
        """Name what is wrong with a unit's numbering: entries that are missing, or a head that is not the last."""
        numbers = select(func.count(), func.min(JournalEntryRow.sequence), func.max(JournalEntryRow.sequence))
        count, first, last = self._session.execute(numbers.where(JournalEntryRow.unit_id == unit_id)).one()
        head = self._session.get(JournalHeadRow, unit_id)
        faults = []
        if count and (first, last) != (1, count):
            faults.append(f"{count} entries are numbered from {first} to {last}")
        if (head.sequence if head else 0) != (last or 0):
            faults.append(f"the last entry is {last or 0}, the head says {head.sequence if head else 0}")
        return faults
