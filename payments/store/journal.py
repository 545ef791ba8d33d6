"""The journal: entries are added, numbered without gaps for each unit, and never changed."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from config.identifiers import new_id
from payments.errors import JournalEntryNotFound
from payments.ledger.accounts import Account, parse_account
from payments.ledger.balances import PostedAmount, TrialBalance, trial_balance
from payments.ledger.journal import JournalEntry, Posting
from payments.money import Money
from payments.store.ledger_tables import JournalEntryRow, JournalHeadRow, LedgerAccountRow, PostingRow
from payments.store.upsert import insert_for


class JournalStore:
    """The journals of all units, seen through one session; commits are the caller's."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def post(self, entry: JournalEntry) -> JournalEntryRow:
        """Add an entry under its unit's next number; the number's lock holds until the transaction ends."""
        currencies = {posting.amount.currency for posting in entry.postings}
        accounts = {
            (account.code, currency): account_id
            for currency in sorted(currencies)
            for account, account_id in self._account_ids(entry, currency)
        }
        row = JournalEntryRow(
            id=new_id(),
            unit_id=entry.unit_id,
            sequence=self._next_sequence(entry.unit_id),
            kind=entry.kind,
            subject_id=entry.subject_id,
            description=entry.description,
            booked_at=entry.booked_at,
            reverses_entry_id=entry.reverses_entry_id,
        )
        row.postings = [
            PostingRow(
                line_no=line_no,
                unit_id=entry.unit_id,
                debit_account_id=accounts[posting.debit.code, posting.amount.currency],
                credit_account_id=accounts[posting.credit.code, posting.amount.currency],
                amount_minor=posting.amount.amount_minor,
                currency=posting.amount.currency,
            )
            for line_no, posting in enumerate(entry.postings, 1)
        ]
        self._session.add(row)
        self._session.flush()
        return row

    def reverse(self, entry_id: str, booked_at: datetime) -> JournalEntryRow:
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

    def _next_sequence(self, unit_id: str) -> int:
        insert = insert_for(self._session, JournalHeadRow, {"unit_id": unit_id, "sequence": 1})
        statement = insert.on_conflict_do_update(
            index_elements=["unit_id"], set_={"sequence": JournalHeadRow.sequence + 1}
        ).returning(JournalHeadRow.sequence)
        return int(self._session.execute(statement).scalar_one())

    def _account_ids(self, entry: JournalEntry, currency: str) -> list[tuple[Account, str]]:
        named = {
            account.code: account
            for posting in entry.postings
            if posting.amount.currency == currency
            for account in (posting.debit, posting.credit)
        }
        known = self._known(entry.unit_id, currency, list(named))
        missing = [account for code, account in sorted(named.items()) if code not in known]
        for account in missing:
            self._open(account, entry, currency)
        if missing:
            known = self._known(entry.unit_id, currency, list(named))
        return [(account, known[code]) for code, account in named.items()]

    def _known(self, unit_id: str, currency: str, codes: list[str]) -> dict[str, str]:
        query = select(LedgerAccountRow.code, LedgerAccountRow.id).where(
            LedgerAccountRow.unit_id == unit_id,
            LedgerAccountRow.currency == currency,
            LedgerAccountRow.code.in_(codes),
        )
        return {row.code: row.id for row in self._session.execute(query)}

    def _open(self, account: Account, entry: JournalEntry, currency: str) -> None:
        values = {
            "id": new_id(),
            "unit_id": entry.unit_id,
            "kind": account.kind.value,
            "code": account.code,
            "currency": currency,
            "created_at": entry.booked_at,
        }
        self._session.execute(insert_for(self._session, LedgerAccountRow, values).on_conflict_do_nothing())
