"""A bank's file from upload to matches and breaks: parsed in the child, booked in one transaction."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from gateway.blobs import Blob
from gateway.db.unit_of_work import UnitOfWork
from gateway.payment_events import recorder
from gateway.refusal import ApiProblem
from gateway.services import Services
from payments.journeys import book_arrivals, expected_payments, settle_refund_debits, settle_transfers
from payments.providers.vietqr.reference import find_references
from payments.reconciliation.journey import Reconciled, StatementImport, import_statement, reconcile
from payments.statements.model import Statement
from payments.statements.parse import parse_statement
from payments.store.tables import CollectionAccountRow


@dataclass(frozen=True)
class ImportResult:
    """What a file brought, and for each of its accounts what reconciliation made of it."""

    imported: StatementImport
    reconciled: dict[str, Reconciled]


def parse_file(services: Services, sha256: str) -> tuple[Statement, ...]:
    """Parse a kept file in the child process.

    Raises:
        StatementUnreadable, ConfinementError: The file is refused whole.
    """
    with services.blobs.local(sha256) as path:
        return services.confined.run(parse_statement, path)


def import_file(
    work: UnitOfWork, unit_id: str, actor: str, blob: Blob, parsed: tuple[Statement, ...], now: datetime
) -> ImportResult:
    """Keep a file's statements, book transfers that pay orders, and reconcile its days; again changes nothing.

    Raises:
        ApiProblem: The account is not the unit's.
        StatementNotFinal, StatementContradictsEarlier, StatementAmountUnsound: Nothing is kept.
    """
    _check_accounts(work, unit_id, parsed)
    record = recorder(work, actor, now)
    imported = import_statement(unit_id=unit_id, file_sha256=blob.sha256, parsed=parsed, store=work.statements, now=now)
    if not imported.already_imported:
        for statement in imported.statements:
            entries = work.statements.entries_of(statement.id, limit=statement.entries_new)
            settle_transfers(work.payments, entries, now=now, record=record)
            settle_refund_debits(work.payments, entries, now=now, record=record)
            work.audited(actor, "statement.imported", statement.id, unit_id, now, sha256=blob.sha256)
    days = _days_of(parsed)
    reconciled = {
        account: reconcile_days(work, unit_id, account, first, last, actor=actor, now=now)
        for account, (first, last) in days.items()
    }
    return ImportResult(imported, reconciled)


def _check_accounts(work: UnitOfWork, unit_id: str, parsed: tuple[Statement, ...]) -> None:
    """Refuse a statement of an account that is not the unit's: its payments would all look missing."""
    known = set(
        work.session.scalars(select(CollectionAccountRow.account_number).where(CollectionAccountRow.unit_id == unit_id))
    )
    for statement in parsed:
        if statement.account not in known:
            raise ApiProblem("statement-account-unknown", f"the unit has no account {statement.account}")


def reconcile_days(
    work: UnitOfWork, unit_id: str, account: str, first_day: date, last_day: date, *, actor: str, now: datetime
) -> Reconciled:
    """Match an account's entries of some days with payments, and book what reached the bank."""
    found = reconcile(
        unit_id=unit_id,
        account=account,
        first_day=first_day,
        last_day=last_day,
        expected=expected_payments(work.payments, unit_id, account, first_day, last_day),
        store=work.statements,
        now=now,
        find_references=find_references,
    )
    book_arrivals(work.payments, account, found.matches, now=now, record=recorder(work, actor, now))
    if found.matches or found.opened:
        data = {"account": account, "matches": len(found.matches), "breaks": len(found.breaks)}
        work.happened("reconciliation.done", account, unit_id, data, now)
    return found


def _days_of(parsed: tuple[Statement, ...]) -> dict[str, tuple[date, date]]:
    """Return the days that each account's statements span: those they state, else their entries' own."""
    days: dict[str, tuple[date, date]] = {}
    for statement in parsed:
        stated = [day for day in (statement.period_from, statement.period_to) if day is not None]
        booked = [entry.booking_date for entry in statement.booked if entry.booking_date is not None]
        all_days = [*stated, *booked]
        if not all_days:
            continue
        first, last = days.get(statement.account, (min(all_days), max(all_days)))
        days[statement.account] = (min(first, *all_days), max(last, *all_days))
    return days
