"""Bank statements and what reconciliation made of them, in one session."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy.orm import Session

from payments.reconciliation.model import MovementKey
from payments.statements.errors import BreakNotFound, StatementNotFound
from payments.store.newest import newest_of_unit
from payments.store.statement_tables import (
    BreakClosing,
    BreakRow,
    BreakState,
    MatchRow,
    StatementEntryRow,
    StatementRow,
)

# Both databases bound the number of parameters in one statement.
CHUNK = 1000
T = TypeVar("T")


class StatementStore:
    """Statements, entries, matches and breaks seen through one session; it never commits."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def lock_account(self, unit_id: str, account: str) -> None:
        """Keep other imports and reconciliations of this account waiting until the transaction ends.

        On SQLite every writing transaction is alone already.
        """
        if self._session.get_bind().dialect.name == "postgresql":
            name = f"statements:{unit_id}:{account}"
            self._session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))

    def find_file(self, unit_id: str, file_sha256: str) -> list[StatementRow]:
        """Return the statements that a file brought, in its order; none if the file is new."""
        query = select(StatementRow).where(StatementRow.unit_id == unit_id, StatementRow.file_sha256 == file_sha256)
        return list(self._session.scalars(query.order_by(StatementRow.position)))

    def find_before(
        self, unit_id: str, account: str, currency: str | None, closing_day: date, identification: str
    ) -> StatementRow | None:
        """Return the account's last statement up to a day, other than the statement itself sent again."""
        query = (
            select(StatementRow)
            .where(
                StatementRow.unit_id == unit_id,
                StatementRow.account == account,
                StatementRow.currency == currency,
                StatementRow.closing_day <= closing_day,
                or_(StatementRow.identification != identification, StatementRow.closing_day != closing_day),
            )
            .order_by(StatementRow.closing_day.desc(), StatementRow.id.desc())
            .limit(1)
        )
        return self._session.scalars(query).first()

    def add_statement(self, row: StatementRow, entries: Sequence[Mapping[str, Any]]) -> None:
        """Add a statement with its new entries, given as column values."""
        self._session.add(row)
        self._session.flush()
        for chunk in _chunks(entries):
            self._session.execute(insert(StatementEntryRow), [dict(values) for values in chunk])

    def known_entries(self, unit_id: str, account: str, entry_keys: Sequence[str]) -> dict[str, tuple[int, str, date]]:
        """Return amount, currency and booking day of those entries that were imported before, by key."""
        known: dict[str, tuple[int, str, date]] = {}
        for chunk in _chunks(entry_keys):
            query = select(
                StatementEntryRow.entry_key,
                StatementEntryRow.amount_minor,
                StatementEntryRow.currency,
                StatementEntryRow.booking_date,
            ).where(
                StatementEntryRow.unit_id == unit_id,
                StatementEntryRow.account == account,
                StatementEntryRow.entry_key.in_(chunk),
            )
            known.update({key: (amount, currency, day) for key, amount, currency, day in self._session.execute(query)})
        return known

    def get_statement(self, statement_id: str) -> StatementRow:
        """Return a statement.

        Raises:
            StatementNotFound: There is no such statement.
        """
        row = self._session.get(StatementRow, statement_id)
        if row is None:
            raise StatementNotFound(f"there is no statement {statement_id}")
        return row

    def list_statements(self, unit_id: str, *, before_id: str | None = None, limit: int = 100) -> list[StatementRow]:
        """Return a unit's statements, the newest import first, from the one before an id."""
        return newest_of_unit(self._session, StatementRow, unit_id, before_id=before_id, limit=limit)

    def entries_of(self, statement_id: str, *, after_position: int = 0, limit: int = 1000) -> list[StatementEntryRow]:
        """Return the entries that a statement brought first, in its order."""
        query = select(StatementEntryRow).where(
            StatementEntryRow.statement_id == statement_id, StatementEntryRow.position > after_position
        )
        return list(self._session.scalars(query.order_by(StatementEntryRow.position).limit(limit)))

    def entries_between(self, unit_id: str, account: str, first_day: date, last_day: date) -> list[StatementEntryRow]:
        """Return an account's entries by booking day, both days included."""
        query = select(StatementEntryRow).where(
            StatementEntryRow.unit_id == unit_id,
            StatementEntryRow.account == account,
            StatementEntryRow.booking_date.between(first_day, last_day),
        )
        return list(self._session.scalars(query.order_by(StatementEntryRow.booking_date, StatementEntryRow.id)))

    def settled(self, entry_ids: Iterable[str], payment_ids: Iterable[str]) -> dict[MovementKey, str]:
        """Return the matches that concern any of these entries or payments: movement to payment id."""
        found: dict[MovementKey, str] = {}
        columns = select(MatchRow.entry_id, MatchRow.detail, MatchRow.payment_id)
        for condition, ids in ((MatchRow.entry_id, entry_ids), (MatchRow.payment_id, payment_ids)):
            for chunk in _chunks(list(ids)):
                rows = self._session.execute(columns.where(condition.in_(chunk)))
                found.update({(entry_id, detail): payment_id for entry_id, detail, payment_id in rows})
        return found

    def add_matches(self, rows: Sequence[MatchRow]) -> None:
        """Add matches; a second match of a movement or a payment violates a constraint."""
        self._session.add_all(rows)
        self._session.flush()

    def matches_of(self, entry_ids: Iterable[str]) -> list[MatchRow]:
        """Return the matches of these entries."""
        found: list[MatchRow] = []
        for chunk in _chunks(list(entry_ids)):
            found += self._session.scalars(select(MatchRow).where(MatchRow.entry_id.in_(chunk)).order_by(MatchRow.id))
        return found

    def find_match(self, payment_id: str) -> MatchRow | None:
        """Return the match of a payment."""
        return self._session.scalars(select(MatchRow).where(MatchRow.payment_id == payment_id)).one_or_none()

    def find_entry(self, entry_id: str) -> StatementEntryRow | None:
        """Return an entry."""
        return self._session.get(StatementEntryRow, entry_id)

    def release_match(self, payment_id: str) -> None:
        """Forget the match of a payment that was entered wrongly, so that its entry can be matched again."""
        self._session.execute(delete(MatchRow).where(MatchRow.payment_id == payment_id))

    def breaks_by_key(self, unit_id: str, account: str, break_keys: Sequence[str]) -> dict[str, BreakRow]:
        """Return the breaks, open or closed, that have these keys."""
        found: dict[str, BreakRow] = {}
        for chunk in _chunks(break_keys):
            query = select(BreakRow).where(
                BreakRow.unit_id == unit_id, BreakRow.account == account, BreakRow.break_key.in_(chunk)
            )
            found.update({row.break_key: row for row in self._session.scalars(query)})
        return found

    def open_breaks(
        self, unit_id: str, account: str, entry_ids: Sequence[str], payment_ids: Sequence[str]
    ) -> list[BreakRow]:
        """Return the account's open breaks that concern any of these entries or payments."""
        found: dict[str, BreakRow] = {}
        scope = select(BreakRow).where(
            BreakRow.unit_id == unit_id, BreakRow.account == account, BreakRow.state == BreakState.OPEN
        )
        for condition, ids in ((BreakRow.entry_id, entry_ids), (BreakRow.payment_id, payment_ids)):
            for chunk in _chunks(ids):
                found.update({row.id: row for row in self._session.scalars(scope.where(condition.in_(chunk)))})
        return list(found.values())

    def add_breaks(self, rows: Sequence[BreakRow]) -> None:
        """Add breaks."""
        self._session.add_all(rows)
        self._session.flush()

    def close_breaks_of(self, unit_id: str, break_keys: Sequence[str], because: BreakClosing, now: datetime) -> None:
        """Close the open breaks with these keys, whatever their account."""
        for chunk in _chunks(break_keys):
            query = select(BreakRow).where(
                BreakRow.unit_id == unit_id, BreakRow.break_key.in_(chunk), BreakRow.state == BreakState.OPEN
            )
            for row in self._session.scalars(query):
                row.state, row.closed_at, row.closed_because = BreakState.CLOSED.value, now, because.value

    def get_break(self, break_id: str) -> BreakRow:
        """Return a break.

        Raises:
            BreakNotFound: There is no such break.
        """
        row = self._session.get(BreakRow, break_id)
        if row is None:
            raise BreakNotFound(f"there is no break {break_id}")
        return row

    def list_breaks(
        self,
        unit_id: str,
        *,
        state: BreakState | None = BreakState.OPEN,
        account: str | None = None,
        before_id: str | None = None,
        limit: int = 100,
    ) -> list[BreakRow]:
        """Return a unit's breaks, newest first; state None for open and closed ones."""
        asked = ((BreakRow.state, state), (BreakRow.account, account))
        wanted = [column == value for column, value in asked if value is not None]
        return newest_of_unit(self._session, BreakRow, unit_id, *wanted, before_id=before_id, limit=limit)


def _chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]
