"""A closed order's payment is taken back at providers that can, so that nobody pays for nothing."""

from contextlib import contextmanager
from datetime import timedelta

import pytest

from payments.errors import ProviderUnavailable
from payments.journeys import cancel_order, query_stale
from payments.model import ProviderEvent, ProviderOutcome
from payments.money import Money
from payments.providers.base import QueryAnswer
from payments.providers.registry import ProviderRegistry
from tests.payments.desk import Desk, StoreWork
from tests.payments.makers import FakeProvider, Recorded, fake_call


class Cancelling(FakeProvider):
    """Closes what it is told to; where it was paid before it says so."""

    def __init__(self):
        super().__init__()
        self.cancelled = []
        self.paid = self.refuses = False

    def cancel(self, asked, reason):
        if self.refuses:
            raise ProviderUnavailable("fake: refused")
        self.cancelled.append((asked.reference, reason))
        outcome = ProviderOutcome.SUCCEEDED if self.paid else ProviderOutcome.FAILED
        event = ProviderEvent(self.name, asked.reference, "T1", Money(150_000), outcome, "CANCELLED")
        return QueryAnswer(b"a cancelled link", event)


@pytest.fixture
def closing(open_store, at):
    return Desk(open_store, at, Cancelling(), Recorded())


def ask(desk, minutes):
    @contextmanager
    def open_work():
        with desk.open_store() as store:
            yield StoreWork(store, desk.recorded)

    now = desk.at + timedelta(minutes=minutes)
    return [found.outcome for found in query_stale(open_work, ProviderRegistry([desk.provider]).named, now=now)]


def cancelled(desk):
    order_id = desk.open()
    reference = desk.start(order_id)
    with desk.open_store() as store:
        cancel_order(store, order_id, "Rút hồ sơ", now=desk.at, record=desk.recorded)
    return order_id, reference


def test_cancelling_an_order_closes_its_payment_at_once(closing):
    order_id, reference = cancelled(closing)
    assert ask(closing, 0) == ["failure-noted"]
    assert [found for found, _ in closing.provider.cancelled] == [reference]
    assert closing.attempt_states(order_id) == ["failed"]
    assert ask(closing, 10_000) == []


def test_a_payer_who_was_faster_is_paid_back(closing):
    cancelled(closing)
    closing.provider.paid = True
    assert ask(closing, 0) == ["suspended"]
    assert closing.balance().balance_minor("suspense") == -150_000
    assert "refund.proposed" in closing.recorded.types


def test_an_order_that_was_paid_otherwise_closes_its_other_attempts(closing):
    order_id = closing.open()
    first, second = closing.start(order_id), closing.start(order_id)
    closing.call(fake_call(first))
    assert ask(closing, 1) == ["failure-noted"]
    assert [found for found, _ in closing.provider.cancelled] == [second]


def test_an_open_order_is_only_asked_about(closing):
    closing.start(closing.open())
    assert ask(closing, 1) == []
    assert closing.provider.cancelled == []


def test_where_cancelling_is_refused_the_payments_own_record_counts(closing):
    _, reference = cancelled(closing)
    closing.provider.refuses = True
    closing.provider.answers[reference] = (ProviderOutcome.FAILED, "T1", 150_000)
    assert ask(closing, 0) == ["failure-noted"]


def test_a_provider_that_cannot_cancel_is_asked(desk):
    order_id, reference = cancelled(desk)
    desk.provider.answers[reference] = (ProviderOutcome.FAILED, "T1", 150_000)
    assert ask(desk, 0) == ["failure-noted"]
    assert desk.attempt_states(order_id) == ["failed"]
