"""Writes that nobody waits for: whole or not at all, and never a failure that goes unheard."""

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from config.identifiers import new_id
from gateway.db.audit import find_faults
from gateway.db.tables.work import AuditRow, EventRow, OutboxRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.services import Services
from payments.ledger.accounts import SUSPENSE, clearing
from payments.ledger.journal import JournalEntry, Posting
from payments.money import Money
from payments.store.ledger_tables import JournalEntryRow, JournalHeadRow


def _counts(services: Services) -> list[int]:
    with services.unit_of_work(read_only=True) as work:
        return [
            work.session.scalars(select(func.count()).select_from(t)).one() for t in (EventRow, OutboxRow, AuditRow)
        ]


def test_what_is_written_in_a_pipeline_is_there_after_each_commit(services: Services) -> None:
    now = datetime.now(UTC)
    with services.pipelined_work() as work:
        for number in range(2):
            work.happened("order.paid", f"subject-{number}", "unit", {"amount_minor": 1}, now)
            work.audited("somebody", "order.paid", f"subject-{number}", "unit", now)
            assert work.session.scalars(select(func.count()).select_from(EventRow)).one() == number + 1
            work.commit()

    assert _counts(services) == [2, 2, 2]


def test_without_a_commit_nothing_stays(services: Services) -> None:
    with services.pipelined_work() as work:
        work.happened("order.paid", "subject", "unit", {}, datetime.now(UTC))

    assert _counts(services) == [0, 0, 0]


def test_a_write_that_the_database_refuses_is_raised_at_the_commit_at_the_latest(services: Services) -> None:
    now, callback_id = datetime.now(UTC), new_id()
    call = {
        "id": callback_id,
        "provider": "vnpay",
        "received_at": now,
        "method": "GET",
        "query": b"",
        "body": b"",
        "headers": {},
        "client_address": "",
    }
    with pytest.raises(IntegrityError), services.pipelined_work() as work:
        work.happened("order.paid", "subject", "unit", {}, now)
        work.payments.callbacks.keep(call)
        work.payments.callbacks.keep(call)
        work.commit()

    assert _counts(services) == [0, 0, 0]
    with services.pipelined_work() as work:
        work.payments.callbacks.keep(call)
        work.commit()


def test_a_task_that_becomes_due_twice_in_one_transaction_is_one_task(services: Services) -> None:
    now, later = datetime.now(UTC), datetime(2099, 1, 1, tzinfo=UTC)
    with services.pipelined_work() as work:
        for at in (now, later):
            work.due("receipts", "order", "unit", now, at=at)
            work.due("receipts", "another", "unit", now, at=at)
        work.commit()

    with services.unit_of_work(read_only=True) as work:
        rows = work.session.scalars(select(OutboxRow)).all()
        assert {(row.subject_id, row.due_at) for row in rows} == {("order", later), ("another", later)}


def test_entries_of_one_transaction_take_numbers_one_after_the_other(services: Services) -> None:
    now = datetime.now(UTC)
    with services.pipelined_work() as work:
        for unit_id in ("U", "V", "U"):
            _book(work, unit_id, now)
        work.commit()

    with services.unit_of_work(read_only=True) as work:
        booked = work.session.execute(select(JournalEntryRow.unit_id, JournalEntryRow.sequence))
        assert sorted(tuple(row) for row in booked) == [("U", 1), ("U", 2), ("V", 1)]
        assert [work.payments.journal.sequence_faults(unit_id) for unit_id in ("U", "V")] == [[], []]
        assert work.session.get(JournalHeadRow, "U").sequence == 2


def test_facts_of_several_units_are_chained_each_in_its_own(services: Services) -> None:
    now = datetime.now(UTC)
    for _ in range(2):
        with services.pipelined_work() as work:
            for unit_id in ("V", "U", "V"):
                work.audited("ai đó", "order.paid", f"S-{unit_id}", unit_id, now, số=1, lý_do='"khác"')
            work.commit()

    with services.unit_of_work(read_only=True) as work:
        assert list(find_faults(work.session)) == []
        found = work.session.execute(select(AuditRow.unit_id, AuditRow.sequence)).all()
    assert sorted(tuple(row) for row in found) == [("U", 1), ("U", 2), *(("V", number) for number in range(1, 5))]


def test_a_transaction_that_is_rolled_back_sends_nothing_afterwards(services: Services) -> None:
    now = datetime.now(UTC)
    with services.pipelined_work() as work:
        work.happened("order.paid", "subject", "unit", {}, now)
        work.session.rollback()
        work.audited("somebody", "order.paid", "subject", "unit", now)
        work.commit()

    assert _counts(services) == [0, 0, 1]


def test_many_at_once_in_pipelines_and_beside_them_lock_in_one_order(services: Services) -> None:
    """A deadlock would end one of them: journal and audit trail are locked in the same order, whichever way."""
    now = datetime.now(UTC)
    with services.unit_of_work() as work:
        _book(work, "U", now)
        work.commit()
    problems: list[SQLAlchemyError] = []

    def book(ways: str) -> None:
        try:
            for way in ways * 6:
                with services.pipelined_work() if way == "p" else services.unit_of_work() as work:
                    _book(work, "U", now)
                    work.audited("somebody", "order.paid", "subject", "U", now)
                    work.commit()
        except SQLAlchemyError as problem:
            problems.append(problem)

    threads = [threading.Thread(target=book, args=(ways,)) for ways in ("p", "o", "po", "op")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert problems == []
    with services.unit_of_work(read_only=True) as work:
        assert list(find_faults(work.session)) == []
        assert work.payments.journal.sequence_faults("U") == []
        assert work.session.get(JournalHeadRow, "U").sequence == 1 + 6 * 6


def _book(work: UnitOfWork, unit_id: str, now: datetime) -> None:
    posting = Posting(clearing("vnpay"), SUSPENSE, Money(1000))
    work.payments.journal.post(JournalEntry(unit_id, "money-suspended", new_id(), "thử", now, (posting,)))
