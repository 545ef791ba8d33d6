"""Adding an entry to the journal: few statements, none of which waits for another's answer once accounts are known."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, bindparam, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from config.identifiers import new_id
from config.queued_writes import QueuedWrite
from payments.ledger.accounts import Account
from payments.ledger.journal import JournalEntry
from payments.store.ledger_tables import JournalEntryRow, JournalHeadRow, LedgerAccountRow, PostingRow
from payments.store.upsert import insert_for

AccountIds = Mapping[tuple[str, str], str]
_HEADS: Any = JournalHeadRow.__table__
_ENTRIES: Any = JournalEntryRow.__table__
_GIVEN = [column for column in _ENTRIES.c if column.name != "sequence"]
# In Session.info: this session opened accounts itself, so what it finds may never be committed.
_OPENED = "accounts-opened"
# Accounts stay for ever under their ids, so those that were seen committed need not be looked up again.
_known_accounts: WeakKeyDictionary[Engine, dict[tuple[str, str, str], str]] = WeakKeyDictionary()


@dataclass(frozen=True)
class PostedEntry:
    """An entry that was added; its number is known once the transaction is."""

    id: str


def _take_number_on(dialect: Any) -> Any:
    first = dialect.insert(_HEADS).values(unit_id=bindparam("unit_id"), sequence=1)
    return first.on_conflict_do_update(index_elements=["unit_id"], set_={"sequence": _HEADS.c.sequence + 1})


_TAKE_NUMBER = QueuedWrite(
    {
        "postgresql": _take_number_on(postgresql).returning(_HEADS.c.unit_id, _HEADS.c.sequence),
        "sqlite": _take_number_on(sqlite),
    },
    row=["unit_id"],
)
_ADD_ENTRY = QueuedWrite(
    insert(_ENTRIES).from_select(
        [*(column.name for column in _GIVEN), "sequence"],
        select(*(bindparam(f"given_{column.name}", type_=column.type) for column in _GIVEN), _HEADS.c.sequence).where(
            _HEADS.c.unit_id == bindparam("given_unit_id")
        ),
    )
)
_ADD_POSTING = QueuedWrite(insert(PostingRow))


def add_entry(session: Session, entry_id: str, entry: JournalEntry, accounts: AccountIds) -> None:
    """Add an entry and its postings under the unit's next number."""
    _TAKE_NUMBER(session, {"unit_id": entry.unit_id})
    given = {column.name: getattr(entry, column.name, entry_id) for column in _GIVEN}
    _ADD_ENTRY(session, {f"given_{name}": value for name, value in given.items()})
    for line_no, posting in enumerate(entry.postings, 1):
        currency = posting.amount.currency
        row = {
            "entry_id": entry_id,
            "line_no": line_no,
            "unit_id": entry.unit_id,
            "debit_account_id": accounts[posting.debit.code, currency],
            "credit_account_id": accounts[posting.credit.code, currency],
            "amount_minor": posting.amount.amount_minor,
            "currency": currency,
        }
        _ADD_POSTING(session, row)


def account_ids(session: Session, entry: JournalEntry) -> AccountIds:
    """Return the ids of an entry's accounts by code and currency; those that are missing are opened."""
    named = {
        (account.code, posting.amount.currency): account
        for posting in entry.postings
        for account in (posting.debit, posting.credit)
    }
    known = _known_accounts.setdefault(session.connection().engine, {})
    ids = {key: known[entry.unit_id, *key] for key in named if (entry.unit_id, *key) in known}
    unknown = {key: account for key, account in named.items() if key not in ids}
    if not unknown:
        return ids
    found = _found(session, entry.unit_id, unknown)
    missing = {key: account for key, account in unknown.items() if key not in found}
    if missing:
        session.info[_OPENED] = True
        for (_, currency), account in sorted(missing.items(), key=lambda item: item[0]):
            _open(session, account, entry, currency)
        found = _found(session, entry.unit_id, unknown)
    if _OPENED not in session.info:
        known.update({(entry.unit_id, *key): account_id for key, account_id in found.items()})
    return {**ids, **found}


def _found(session: Session, unit_id: str, named: Mapping[tuple[str, str], Account]) -> dict[tuple[str, str], str]:
    query = select(LedgerAccountRow.code, LedgerAccountRow.currency, LedgerAccountRow.id).where(
        LedgerAccountRow.unit_id == unit_id, LedgerAccountRow.code.in_({code for code, _ in named})
    )
    found = {(code, currency): account_id for code, currency, account_id in session.execute(query)}
    return {key: found[key] for key in named if key in found}


def _open(session: Session, account: Account, entry: JournalEntry, currency: str) -> None:
    values = {
        "id": new_id(),
        "unit_id": entry.unit_id,
        "kind": account.kind.value,
        "code": account.code,
        "currency": currency,
        "created_at": entry.booked_at,
    }
    session.execute(insert_for(session, LedgerAccountRow, values).on_conflict_do_nothing())
