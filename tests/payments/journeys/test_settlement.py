"""A provider's calls: honest, repeated, altered, late and contradicting."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payments.errors import CallbackNotFound
from payments.journeys import cancel_order, keep_callback
from payments.model import CallbackCall
from payments.store.ledger_tables import JournalEntryRow
from payments.store.tables import ProviderEventRow
from tests.payments.makers import LATER, SECRET, fake_call, ipn, ipn_fields, signed, vnpay


def test_a_success_pays_the_order_and_books_income_by_budget_line(desk, paying):
    order_id, reference = paying(desk)
    settlement = desk.call(fake_call(reference))
    assert settlement.outcome == "booked"
    assert desk.order_state(order_id) == "paid"
    assert desk.attempt_states(order_id) == ["succeeded"]
    balance = desk.balance()
    assert balance.holds
    assert balance.balance_minor("clearing:fake") == 150_000
    assert balance.balance_minor("receivable") == 0
    assert balance.balance_minor("income:phi:423-2716:H13.01") == -120_000
    assert balance.balance_minor("income:le-phi:423-2852:H13.02") == -30_000
    assert balance.balance_minor("charged:phi:423-2716:H13.01") == 0
    assert desk.recorded.types == ["order.opened", "attempt.started", "order.paid"]
    assert desk.recorded[-1].data["entry_id"] == settlement.entry_id


def test_a_call_is_kept_byte_for_byte_whatever_becomes_of_it(desk, paying):
    order_id, _ = paying(desk)
    odd = CallbackCall("POST", b"a=%zz&\xff", b"\x00\xffnot json", {"x-proof": "1"}, "203.0.113.9")
    desk.call(odd)
    with desk.open_store() as store:
        row = store.callbacks.recent("fake")[0]
        assert (row.query, row.body, row.method, row.headers) == (odd.query, odd.body, "POST", {"x-proof": "1"})
        assert (row.outcome, row.order_id, row.unit_id) == ("not-authentic", None, None)
        assert store.callbacks.of_order(order_id) == []


def test_a_replayed_call_books_nothing_and_is_told_so(desk, paying):
    order_id, reference = paying(desk)
    outcomes = [desk.call(fake_call(reference)).outcome for _ in range(3)]
    assert outcomes == ["booked", "duplicate", "duplicate"]
    assert desk.balance().balance_minor("clearing:fake") == 150_000
    with desk.open_store() as store:
        assert [row.outcome for row in store.callbacks.of_order(order_id)] == outcomes


def test_a_call_that_is_settled_again_answers_as_it_did(desk, paying):
    _, reference = paying(desk)
    with desk.open_store() as store:
        kept = keep_callback(store, "fake", fake_call(reference), now=LATER)
    assert [desk.settle(kept).outcome for _ in range(2)] == ["booked", "booked"]
    assert desk.balance().balance_minor("clearing:fake") == 150_000


def test_a_call_that_was_kept_but_not_settled_is_found(desk, paying):
    _, reference = paying(desk)
    with desk.open_store() as store:
        kept = keep_callback(store, "fake", fake_call(reference), now=LATER)
    with desk.open_store() as store:
        assert store.callbacks.unsettled(LATER + timedelta(seconds=1), 10) == [kept]
        assert store.callbacks.unsettled(LATER, 10) == []
    desk.settle(kept)
    with desk.open_store() as store:
        assert store.callbacks.unsettled(LATER + timedelta(seconds=1), 10) == []


@pytest.mark.parametrize("amount", [149_999, 150_001, 1, 15_000_000])
def test_another_amount_changes_nothing(desk, paying, amount):
    order_id, reference = paying(desk)
    assert desk.call(fake_call(reference, amount=amount)).outcome == "amount-mismatch"
    assert desk.order_state(order_id) == "open"
    assert desk.attempt_states(order_id) == ["started"]
    assert desk.balance().balance_minor("clearing:fake") == 0
    assert desk.call(fake_call(reference)).outcome == "booked"


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({"proof": "wrong"}, "not-authentic"),
        ({"reference": "nobody"}, "attempt-not-found"),
        ({"outcome": "no such word"}, "unreadable"),
        ({"amount": 0}, "amount-mismatch"),
    ],
)
def test_a_refused_call_changes_nothing(desk, paying, changed, outcome):
    order_id, reference = paying(desk)
    assert desk.call(fake_call(**{"reference": reference, **changed})).outcome == outcome
    assert desk.order_state(order_id) == "open"
    assert desk.attempt_states(order_id) == ["started"]
    assert desk.recorded.types == ["order.opened", "attempt.started"]


def test_a_failure_is_noted_and_another_attempt_may_follow(desk, paying):
    order_id, reference = paying(desk)
    assert desk.call(fake_call(reference, outcome="failed")).outcome == "failure-noted"
    assert desk.call(fake_call(reference, outcome="failed")).outcome == "duplicate"
    assert desk.order_state(order_id) == "open"
    assert desk.call(fake_call(desk.start(order_id))).outcome == "booked"
    assert sorted(desk.attempt_states(order_id)) == ["failed", "succeeded"]


def test_an_unknown_status_is_no_success_and_is_asked_about(desk, paying):
    order_id, reference = paying(desk)
    assert desk.call(fake_call(reference, outcome="unknown")).outcome == "unknown-noted"
    assert desk.order_state(order_id) == "open"
    assert desk.attempt_states(order_id) == ["unknown"]
    with desk.open_store() as store:
        assert store.attempts_of(order_id)[0].next_query_at is not None
    assert desk.call(fake_call(reference)).outcome == "booked"


def test_a_success_after_a_failure_counts(desk, paying):
    order_id, reference = paying(desk)
    desk.call(fake_call(reference, outcome="failed", transaction="0"))
    assert desk.call(fake_call(reference)).outcome == "booked"
    assert desk.order_state(order_id) == "paid"


@pytest.mark.parametrize("outcome", ["failed", "unknown"])
def test_nothing_undoes_a_success(desk, paying, outcome):
    order_id, reference = paying(desk)
    desk.call(fake_call(reference))
    assert desk.call(fake_call(reference, outcome=outcome, transaction="T2")).outcome == "duplicate"
    assert desk.order_state(order_id) == "paid"
    assert desk.attempt_states(order_id) == ["succeeded"]


def test_a_second_payment_by_another_attempt_is_never_income(desk):
    order_id = desk.open()
    first, second = desk.start(order_id), desk.start(order_id)
    assert [desk.call(fake_call(r)).outcome for r in (first, second)] == ["booked", "suspended"]
    balance = desk.balance()
    assert balance.balance_minor("suspense") == -150_000
    assert balance.balance_minor("clearing:fake") == 300_000
    assert balance.balance_minor("income:phi:423-2716:H13.01") == -120_000
    assert desk.recorded[-1].type == "payment.suspended"
    assert desk.recorded[-1].data["reason"] == "order-paid"


def test_a_second_payment_of_one_attempt_is_never_income(desk, paying):
    _, reference = paying(desk)
    outcomes = [desk.call(fake_call(reference, transaction=t)).outcome for t in ("T1", "T2", "T2")]
    assert outcomes == ["booked", "suspended", "duplicate"]
    assert desk.balance().balance_minor("suspense") == -150_000


def test_money_for_a_cancelled_order_is_suspended(desk, paying):
    order_id, reference = paying(desk)
    with desk.open_store() as store:
        cancel_order(store, order_id, "Rút", now=desk.at, record=desk.recorded)
    assert desk.call(fake_call(reference)).outcome == "suspended"
    assert desk.order_state(order_id) == "cancelled"
    assert desk.attempt_states(order_id) == ["succeeded"]
    balance = desk.balance()
    assert balance.balance_minor("suspense") == -150_000
    assert not [row for row in balance.accounts if row.account.startswith("income")]


def test_a_call_that_nobody_kept_is_not_found(desk):
    with pytest.raises(CallbackNotFound):
        desk.settle("nothing")


def test_what_fails_half_way_leaves_nothing_and_goes_through_later(desk, paying, monkeypatch):
    order_id, reference = paying(desk)

    def broken(event):
        raise RuntimeError("the outbox is gone")

    recorded, desk.recorded = desk.recorded, broken
    with pytest.raises(RuntimeError):
        desk.call(fake_call(reference))
    assert desk.order_state(order_id) == "open"
    assert desk.balance().balance_minor("clearing:fake") == 0
    desk.recorded = recorded
    assert desk.call(fake_call(reference)).outcome == "booked"


def test_twenty_copies_at_once_book_once(desk, engine):
    order_id = desk.open()
    reference = desk.start(order_id, vnpay())
    outcomes, lock, ready = [], threading.Lock(), threading.Barrier(20)

    def copy():
        ready.wait()
        outcome = desk.call(ipn(reference), vnpay()).outcome
        with lock:
            outcomes.append(outcome)

    threads = [threading.Thread(target=copy) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["booked", *["duplicate"] * 19]
    with Session(engine) as session:
        paid = select(func.count()).where(JournalEntryRow.kind == "order-paid", JournalEntryRow.subject_id == order_id)
        assert session.scalar(paid) == 1
        assert session.scalar(select(func.count()).select_from(ProviderEventRow)) == 1
    assert desk.balance().balance_minor("clearing:vnpay") == 150_000


def test_vnpay_is_answered_in_its_own_codes(desk):
    provider = vnpay()
    order_id = desk.open()
    reference = desk.start(order_id, provider)
    forged = CallbackCall("GET", signed(ipn_fields(reference, 150_000), "another secret"), b"")
    calls = [
        (forged, "97"),
        (ipn("NOBODYKNOWSTHIS1"), "01"),
        (ipn(reference, 150_001), "04"),
        (ipn(reference, PayDate="yesterday"), "99"),
        (ipn(reference), "00"),
        (ipn(reference), "02"),
        (ipn(reference, 150_001), "04"),
    ]
    for call, code in calls:
        assert desk.call(call, provider).acknowledgement.code == code
    with desk.open_store() as store:
        problems = [row.problem for row in store.callbacks.recent("vnpay")]
    assert sum(problem is not None for problem in problems) == 5
    assert not any(SECRET in problem for problem in problems if problem)
