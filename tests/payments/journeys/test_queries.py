"""Silence and unknown statuses are asked about until they are final."""

from contextlib import contextmanager
from datetime import timedelta

import pytest

from payments.journeys import cancel_order, query_stale
from payments.model import ProviderOutcome
from payments.providers.registry import ProviderRegistry
from tests.payments.makers import UNIT, Recorded, fake_call


@pytest.fixture
def ask(desk):
    """Ask about what is due some minutes after the attempts began."""

    class Work:
        def __init__(self, store):
            self.payments = store

        def happened(self, type_, subject_id, unit_id, data, now):
            desk.recorded.append(type_)
            return "event"

        def commit(self):
            pass

    @contextmanager
    def open_work():
        with desk.open_store() as store:
            yield Work(store)

    def asked(minutes):
        now = desk.at + timedelta(minutes=minutes)
        return [settled.outcome for settled in query_stale(open_work, ProviderRegistry([desk.provider]).named, now=now)]

    return asked


def test_an_attempt_is_not_asked_about_before_a_minute_has_passed(desk, paying, ask):
    _, reference = paying(desk)
    desk.provider.answers[reference] = (ProviderOutcome.SUCCEEDED, "T1", 150_000)
    assert ask(0.9) == []
    assert ask(1) == ["booked"]


def test_a_lost_callback_is_found_by_us(desk, paying, ask):
    order_id, reference = paying(desk)
    desk.provider.answers[reference] = (ProviderOutcome.SUCCEEDED, "T1", 150_000)
    assert ask(1) == ["booked"]
    assert desk.order_state(order_id) == "paid"
    assert desk.call(fake_call(reference)).outcome == "duplicate"
    assert ask(10_000) == []
    with desk.open_store() as store:
        kept = store.callbacks.of_order(order_id)
        assert [(row.method, row.body, row.outcome) for row in kept] == [
            ("QUERY", b"an answer", "booked"),
            ("POST", fake_call(reference).body, "duplicate"),
        ]


def test_silence_is_asked_again_after_2_5_15_and_60_minutes(desk, paying, ask):
    order_id, _ = paying(desk)
    asked_at = []
    for minute in range(1, 240):
        ask(minute)
        with desk.open_store() as store:
            if store.attempts_of(order_id)[0].query_count > len(asked_at):
                asked_at.append(minute)
    assert asked_at == [1, 3, 8, 23, 83, 143, 203]


def test_an_answer_of_another_amount_books_nothing(desk, paying, ask):
    order_id, reference = paying(desk)
    desk.provider.answers[reference] = (ProviderOutcome.SUCCEEDED, "T1", 149_999)
    assert ask(1) == ["amount-mismatch"]
    assert desk.order_state(order_id) == "open"


def test_a_failure_is_final(desk, paying, ask):
    order_id, reference = paying(desk)
    desk.provider.answers[reference] = (ProviderOutcome.FAILED, "0", 150_000)
    assert ask(1) == ["failure-noted"]
    assert ask(100) == []
    assert desk.attempt_states(order_id) == ["failed"]


def test_an_attempt_that_the_provider_never_saw_fails_after_its_time(desk, paying, ask):
    order_id, reference = paying(desk)
    desk.provider.answers[reference] = (ProviderOutcome.NOT_FOUND, "0", 150_000)
    assert ask(1) == ["unknown-noted"]
    assert desk.attempt_states(order_id) == ["started"]
    assert ask(31) == ["failure-noted"]
    assert desk.attempt_states(order_id) == ["failed"]


def test_what_stays_unknown_for_three_days_is_told_to_people_and_still_counts_if_it_succeeds(desk, paying, ask):
    order_id, reference = paying(desk)
    desk.provider.answers[reference] = (ProviderOutcome.UNKNOWN, "T1", 150_000)
    assert [ask(minute) for minute in (1, 3, 8, 23, 83)] == [["unknown-noted"]] * 5
    assert ask(3 * 24 * 60 + 2) == []
    assert desk.attempt_states(order_id) == ["unresolved"]
    assert desk.recorded[-1] == "attempt.unresolved"
    assert ask(5 * 24 * 60) == []
    desk.recorded = Recorded()
    assert desk.call(fake_call(reference)).outcome == "booked"


def test_nobody_gives_up_on_an_attempt_that_was_hardly_asked_about(desk, paying, ask):
    """A worker that stood still for three days asks first."""
    order_id, reference = paying(desk)
    desk.provider.answers[reference] = (ProviderOutcome.SUCCEEDED, "T1", 150_000)
    assert ask(4 * 24 * 60) == ["booked"]
    assert desk.order_state(order_id) == "paid"


def test_a_provider_that_is_no_longer_set_up_stops_nothing(desk, paying, ask):
    paying(desk)
    desk.provider.name = "gone"
    assert ask(1) == []


def breaks(desk):
    with desk.open_store() as store:
        return [
            (row.kind, row.state, row.closed_because, row.amount_minor)
            for row in store.statements.list_breaks(UNIT, state=None)
        ]


def test_what_stays_unknown_is_a_break_for_finance_staff_until_its_outcome_is_told(desk, paying, ask):
    order_id, reference = paying(desk)
    for minute in (1, 3, 8, 23, 83, 3 * 24 * 60 + 2):
        ask(minute)
    assert breaks(desk) == [("outcome-unknown", "open", None, 150_000)]
    with desk.open_store() as store:
        (found,) = store.statements.list_breaks(UNIT)
        assert (found.account, found.payment_id) == ("clearing:fake", store.attempts_of(order_id)[0].id)
        assert reference in found.explanation_vi
        assert reference in found.explanation_en
        assert "150.000 đồng" in found.explanation_vi
    desk.call(fake_call(reference, outcome="failed"))
    assert breaks(desk) == [("outcome-unknown", "closed", "outcome-told", 150_000)]
    assert desk.attempt_states(order_id) == ["failed"]


@pytest.fixture
def silent(desk):
    """A provider without a message that asks: asking it is an error of ours."""

    def refuse(asked, now):
        raise AssertionError("a provider that cannot be asked was asked")

    desk.provider.can_query, desk.provider.query = False, refuse
    return desk


def test_one_that_cannot_be_asked_is_never_tried_and_is_a_break_at_the_end_of_its_time(silent, paying, ask):
    order_id, reference = paying(silent)
    for minute in range(0, 3 * 24 * 60, 720):
        assert ask(minute) == []
    assert (silent.attempt_states(order_id), breaks(silent)) == (["started"], [])
    with silent.open_store() as store:
        assert store.attempts_of(order_id)[0].query_count == 0
    ask(3 * 24 * 60 + 1)
    assert silent.attempt_states(order_id) == ["unresolved"]
    assert breaks(silent) == [("outcome-unknown", "open", None, 150_000)]
    assert silent.recorded[-1] == "attempt.unresolved"
    ask(30 * 24 * 60)
    assert len(breaks(silent)) == 1
    silent.recorded = Recorded()
    assert silent.call(fake_call(reference)).outcome == "booked"
    assert breaks(silent) == [("outcome-unknown", "closed", "outcome-told", 150_000)]


def test_what_is_told_in_time_is_no_break(silent, paying, ask):
    _, reference = paying(silent)
    silent.call(fake_call(reference))
    assert ask(5 * 24 * 60) == []
    assert breaks(silent) == []


def test_a_cancelled_order_of_one_that_cannot_be_asked_waits_for_its_call_too(silent, paying, ask):
    order_id, reference = paying(silent)
    with silent.open_store() as store:
        cancel_order(store, order_id, "Rút hồ sơ", now=silent.at, record=silent.recorded)
    assert ask(0) == ask(60) == []
    assert silent.attempt_states(order_id) == ["started"]
    assert silent.call(fake_call(reference)).outcome == "suspended"
    ask(4 * 24 * 60)
    assert [kind for kind, *_ in breaks(silent)] == ["money-in-suspense"]
