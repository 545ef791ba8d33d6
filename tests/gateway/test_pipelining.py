"""Writes that nobody waits for: whole or not at all, and never a failure that goes unheard."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from config.identifiers import new_id
from gateway.db.tables.work import AuditRow, EventRow, OutboxRow
from gateway.services import Services


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
