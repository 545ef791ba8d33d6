"""Statement import and reconciliation: what is written, once, whatever is repeated."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from payments.money import LARGEST_AMOUNT_MINOR
from payments.reconciliation.match import match_entries
from payments.reconciliation.model import (
    BookedEntry,
    Break,
    ExpectedPayment,
    FindReferences,
    Match,
    Reconciliation,
)
from payments.reconciliation.rows import break_row, entry_of, entry_values, match_row, statement_row, update_break
from payments.statements.checks import PreviousStatement, check_continuity, check_statement
from payments.statements.currencies import DECIMALS
from payments.statements.errors import StatementAmountUnsound, StatementContradictsEarlier, StatementNotFinal
from payments.statements.identity import entry_keys
from payments.statements.model import Finding, Severity, Statement, StatementKind
from payments.store.statement_tables import BreakClosing, BreakRow, BreakState, StatementRow
from payments.store.statements import StatementStore

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ImportedStatement:
    """One statement as it stands in the store.

    Attributes:
        entries_new: Entries that no earlier statement had brought. entries_known: The others.
    """

    id: str
    account: str
    currency: str | None
    entries_new: int
    entries_known: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class StatementImport:
    """What became of a file; already_imported when it came before and nothing was written."""

    already_imported: bool
    statements: tuple[ImportedStatement, ...]


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a reconciliation wrote and found.

    Attributes:
        matches: New ones only. matches_kept: How many earlier ones stand.
        breaks: All that stand now, with today's age. opened, closed: How many rows that changed.
    """

    matches: tuple[Match, ...]
    matches_kept: int
    breaks: tuple[Break, ...]
    opened: int
    closed: int


def import_statement(
    *, unit_id: str, file_sha256: str, parsed: Sequence[Statement], store: StatementStore, now: datetime
) -> StatementImport:
    """Keep the statements of one file with their booked entries; the same file again changes nothing.

    Args:
        file_sha256: Of the file as received, 64 hexadecimal digits in lower case.
        parsed: What parse_statement returned for it.
    Raises:
        StatementNotFinal: An intraday report or a notification.
        StatementContradictsEarlier: An entry known by its place in a statement comes with other content.
    """
    if not _SHA256.fullmatch(file_sha256):
        raise ValueError("a SHA-256 is 64 hexadecimal digits in lower case")
    for account in sorted({statement.account for statement in parsed}):
        store.lock_account(unit_id, account)
    earlier = store.find_file(unit_id, file_sha256)
    if earlier:
        return StatementImport(True, tuple(_as_imported(row) for row in earlier))
    for statement in parsed:
        _check_importable(statement)
    rows = [
        _keep_statement(unit_id, file_sha256, position, statement, store, now)
        for position, statement in enumerate(parsed, start=1)
    ]
    return StatementImport(False, tuple(_as_imported(row) for row in rows))


def reconcile(
    *,
    unit_id: str,
    account: str,
    first_day: date,
    last_day: date,
    expected: Sequence[ExpectedPayment],
    store: StatementStore,
    now: datetime,
    find_references: FindReferences,
) -> Reconciled:
    """Match an account's entries of some days with payments, and keep matches and breaks; repeating changes nothing.

    Args:
        first_day, last_day: Booking days, both included.
        expected: Every payment that those entries could name, matched before or not: a payment left out makes its
            credit look unknown. Payments that an earlier run missed belong in again.
    """
    store.lock_account(unit_id, account)
    rows = store.entries_between(unit_id, account, first_day, last_day)
    entry_ids, payment_ids = [row.id for row in rows], [payment.id for payment in expected]
    settled = store.settled(entry_ids, payment_ids)
    found = match_entries(
        [BookedEntry(row.id, entry_of(row)) for row in rows],
        expected,
        now,
        find_references=find_references,
        settled=settled,
    )
    store.add_matches([match_row(unit_id, account, match, now) for match in found.matches])
    within_reach = store.open_breaks(unit_id, account, entry_ids, payment_ids)
    closed = _close_breaks(within_reach, found, now)
    opened = _keep_breaks(store, unit_id, account, found.breaks, now)
    return Reconciled(found.matches, len(settled), found.breaks, opened, closed)


def _check_importable(statement: Statement) -> None:
    if statement.kind is not StatementKind.STATEMENT:
        raise StatementNotFinal(f"{statement.format} is a {statement.kind.value}, not an end-of-day statement")
    if statement.currency is not None and statement.currency not in DECIMALS:
        raise StatementAmountUnsound(f"the currency {statement.currency[:10]!r} has no known minor unit")
    if sum(abs(entry.amount_minor) for entry in statement.booked) > LARGEST_AMOUNT_MINOR:
        raise StatementAmountUnsound("the entries of one statement add up to more than can be kept")


def _keep_statement(
    unit_id: str, file_sha256: str, position: int, statement: Statement, store: StatementStore, now: datetime
) -> StatementRow:
    keys = entry_keys(statement)
    known = store.known_entries(unit_id, statement.account, keys)
    for key, entry in zip(keys, statement.booked, strict=True):
        if key in known and known[key] != (entry.amount_minor, entry.currency, entry.booking_date):
            raise StatementContradictsEarlier(
                f"entry {entry.position} of statement {statement.identification} was imported before"
                " with another amount or day"
            )
    findings = (*check_statement(statement), *_continuity(unit_id, statement, store), *_known(len(keys), len(known)))
    row = statement_row(unit_id, file_sha256, position, statement, findings, len(keys) - len(known), now)
    entries = [
        entry_values(row, key, entry) for key, entry in zip(keys, statement.booked, strict=True) if key not in known
    ]
    store.add_statement(row, entries)
    return row


def _continuity(unit_id: str, statement: Statement, store: StatementStore) -> tuple[Finding, ...]:
    closing = statement.find_closing()
    if closing is None:
        return ()
    before = store.find_before(unit_id, statement.account, statement.currency, closing.day, statement.identification)
    if before is None:
        return check_continuity(statement, None)
    previous = PreviousStatement(
        before.identification, before.sequence_number, before.closing_minor, before.closing_day
    )
    return check_continuity(statement, previous)


def _known(entries: int, known: int) -> tuple[Finding, ...]:
    if not known:
        return ()
    return (
        Finding(
            "entries-imported-before",
            Severity.NOTICE if known == entries else Severity.WARNING,
            f"{known} trên {entries} bút toán đã có từ sao kê trước và không được ghi lần nữa.",
            f"{known} of {entries} entries had come with an earlier statement and were not recorded again.",
        ),
    )


def _as_imported(row: StatementRow) -> ImportedStatement:
    findings = tuple(
        Finding(found["code"], Severity(found["severity"]), found["vi"], found["en"]) for found in row.findings
    )
    known = row.entry_count - row.new_entry_count
    return ImportedStatement(row.id, row.account, row.currency, row.new_entry_count, known, findings)


def _close_breaks(within_reach: Sequence[BreakRow], found: Reconciliation, now: datetime) -> int:
    """Close the open breaks that this run would have found again and did not; return how many."""
    standing = {each.key for each in found.breaks}
    matched_entries = {match.movement for match in found.matches}
    matched_payments = {match.payment_id for match in found.matches}
    closing = [row for row in within_reach if row.break_key not in standing]
    for row in closing:
        matched = row.payment_id in matched_payments or (row.entry_id, row.detail) in matched_entries
        row.state = BreakState.CLOSED.value
        row.closed_at = now
        row.closed_because = (BreakClosing.MATCHED if matched else BreakClosing.SUPERSEDED).value
    return len(closing)


def _keep_breaks(store: StatementStore, unit_id: str, account: str, breaks: Sequence[Break], now: datetime) -> int:
    """Add the breaks that are new and reopen those that had been closed; return how many are open that were not."""
    kept = store.breaks_by_key(unit_id, account, [each.key for each in breaks])
    new = [break_row(unit_id, account, each, now) for each in breaks if each.key not in kept]
    reopened = [row for row in kept.values() if row.state != BreakState.OPEN]
    for row in reopened:
        row.state, row.closed_at, row.closed_because = BreakState.OPEN.value, None, None
    for each in breaks:
        if each.key in kept:
            update_break(kept[each.key], each)
    store.add_breaks(new)
    return len(new) + len(reopened)
