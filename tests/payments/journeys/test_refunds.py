"""Refunds: each action once, never more than was paid, by two people, sent once and known in the end."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from payments.errors import (
    FeeOrderNotPaid,
    OfficerLimitReached,
    RefundKeyReused,
    RefundNotFound,
    RefundTooLarge,
    RefundUnsound,
    SamePersonTwice,
    TransitionNotAllowed,
)
from payments.journeys import (
    PaidOut,
    RefundWish,
    approve_refund,
    cancel_order,
    confirm_by_statement,
    give_up_refund,
    hand_over_refund,
    reject_refund,
    request_proposed,
    request_refund,
    send_refunds,
)
from payments.model import RefundOutcome
from payments.money import Money
from payments.providers.registry import ProviderRegistry
from payments.store.refund_tables import RefundRoute
from tests.payments.desk import StoreWork
from tests.payments.makers import LATER, UNIT, fake_call

LIMIT = 1_000_000
PAYEE = {"name": "NGUYEN THI THU", "bank": "Ngân hàng Ví Dụ", "account": "0123"}
WISH = RefundWish(Money(50_000), "Nộp thừa", "Lan.Tran", RefundRoute.PROVIDER, "action-1")


@pytest.fixture
def counter(desk):
    """Finance staff's side of the desk."""
    return Counter(desk)


class Counter:
    def __init__(self, desk):
        self.desk = desk

    def __call__(self, verb, *args, limit=None, **more):
        if limit is not None:
            more["day_limit_minor"] = limit
        with self.desk.open_store() as store:
            return verb(store, *args, now=LATER, record=self.desk.recorded, **more)

    def paid(self):
        order_id = self.desk.open()
        self.desk.call(fake_call(self.desk.start(order_id)))
        return order_id

    def request(self, order_id, limit=LIMIT, **changed):
        return self(request_refund, order_id, replace(WISH, **changed), limit=limit)

    def approved(self, order_id, **changed):
        refund = self.request(order_id, **changed)
        self(approve_refund, refund.id, "minh.le", limit=LIMIT)
        return refund

    def send(self, minutes=0):
        @contextmanager
        def open_work():
            with self.desk.open_store() as store:
                yield StoreWork(store, self.desk.recorded)

        now = LATER + timedelta(minutes=minutes)
        named = ProviderRegistry([self.desk.provider]).named
        return [settled.outcome for settled in send_refunds(open_work, named, now=now)]

    def row(self, refund):
        with self.desk.open_store() as store:
            return store.refunds.get(refund.id)

    def state(self, refund):
        return self.row(refund).state

    def proposal(self):
        order_id = self.desk.open()
        reference = self.desk.start(order_id)
        self(cancel_order, order_id, "Rút")
        self.desk.call(fake_call(reference))
        with self.desk.open_store() as store:
            return store.refunds.of_order(order_id)[0]


def balances(desk):
    return {row.account: row.balance_minor for row in desk.balance().accounts if row.balance_minor}


def test_a_refund_goes_from_request_to_confirmed_and_income_gives_it(desk, counter):
    refund = counter.approved(counter.paid())
    assert balances(desk)["refunds"] == -50_000
    assert counter.send() == ["refund-noted"]
    assert counter.state(refund) == "sent"
    desk.provider.refund_answers[refund.reference] = RefundOutcome.SUCCEEDED
    assert counter.send(minutes=2) == ["refund-noted"]
    assert counter.state(refund) == "confirmed"
    assert balances(desk) == {
        "clearing:fake": 100_000,
        "income:phi:423-2716:H13.01": -70_000,
        "income:le-phi:423-2852:H13.02": -30_000,
    }
    assert desk.recorded.types[-4:] == ["refund.requested", "refund.approved", "refund.sent", "refund.confirmed"]
    asked = desk.provider.refunds[refund.reference]
    assert (asked.transaction, asked.amount, asked.payment_amount) == ("T1", Money(50_000), Money(150_000))


def test_two_equal_parts_are_two_refunds_and_the_same_action_is_one(counter):
    order_id = counter.paid()
    first, again = counter.request(order_id), counter.request(order_id, officer="LAN.tran")
    second = counter.request(order_id, action_key="action-2")
    assert first.id == again.id != second.id
    with pytest.raises(RefundKeyReused):
        counter.request(order_id, amount=Money(1))


def test_never_more_than_was_paid_goes_back(counter):
    order_id = counter.paid()
    counter.request(order_id, amount=Money(100_000))
    with pytest.raises(RefundTooLarge):
        counter.request(order_id, amount=Money(50_001), action_key="b")
    rest = counter.request(order_id, amount=Money(50_000), action_key="c")
    with pytest.raises(RefundTooLarge):
        counter.request(order_id, amount=Money(1), action_key="d")
    counter(reject_refund, rest.id, "minh.le", "Không đủ căn cứ")
    counter.request(order_id, amount=Money(50_000), action_key="e")


def test_lines_may_be_named_and_never_give_more_than_they_took(counter):
    order_id = counter.paid()
    refund = counter.request(order_id, amount=Money(30_000), lines={2: 30_000})
    assert refund.lines == {"2": 30_000}
    for lines, refusal in (({2: 1}, RefundTooLarge), ({1: 2}, RefundUnsound), ({9: 1}, RefundTooLarge)):
        with pytest.raises(refusal):
            counter.request(order_id, amount=Money(1), lines=lines, action_key="b")
    assert counter.request(order_id, amount=Money(120_000), action_key="c").lines == {"1": 120_000}


@pytest.mark.parametrize("name", ["lan.tran", " LAN.TRAN ", "Lan.Tran"])
def test_whoever_asks_does_not_approve(desk, counter, name):
    refund = counter.request(counter.paid())
    with pytest.raises(SamePersonTwice):
        counter(approve_refund, refund.id, name, limit=LIMIT)
    assert counter.state(refund) == "requested"
    assert "refunds" not in balances(desk)


def test_the_database_too_wants_two_people(counter, engine):
    refund = counter.request(counter.paid())
    one_person = "UPDATE refunds SET state = 'approved', approved_by = requested_by WHERE id = :id"
    nobody = "UPDATE refunds SET state = 'sent' WHERE id = :id"
    for change in (one_person, nobody):
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(text(change), {"id": refund.id})


def test_one_person_handles_only_so_much_a_day(counter):
    order_id = counter.paid()
    counter.request(order_id, limit=60_000)
    with pytest.raises(OfficerLimitReached):
        counter.request(order_id, limit=60_000, amount=Money(10_001), action_key="b")
    other = counter.request(order_id, limit=60_000, officer="minh.le", action_key="c")
    with pytest.raises(OfficerLimitReached):
        counter(approve_refund, other.id, "lan.tran", limit=60_000)


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": Money(0)},
        {"reason": " "},
        {"officer": ""},
        {"officer": "x" * 121},
        {"action_key": ""},
        {"route": RefundRoute.PAPER},
        {"route": RefundRoute.PAPER, "beneficiary": {**PAYEE, "account": " "}},
    ],
)
def test_an_unsound_wish_is_refused(counter, changed):
    with pytest.raises(RefundUnsound):
        counter.request(counter.paid(), **changed)


def test_what_is_not_paid_is_not_refunded(desk, counter):
    with pytest.raises(FeeOrderNotPaid):
        counter.request(desk.open())
    with pytest.raises(RefundNotFound):
        counter(approve_refund, "nothing", "minh.le", limit=LIMIT)


def test_an_answer_about_another_amount_or_refund_changes_nothing(desk, counter):
    from payments.journeys.refund_outcomes import settle_refund_event
    from payments.model import RefundEvent

    refund = counter.approved(counter.paid())
    counter.send()
    told = RefundEvent("fake", refund.reference, "R1", Money(50_001), RefundOutcome.SUCCEEDED, "ok")
    cases = {
        "amount-mismatch": told,
        "attempt-not-found": replace(told, amount=Money(50_000), provider="another"),
        "duplicate": replace(told, amount=Money(50_000), outcome=RefundOutcome.ACCEPTED),
    }
    for outcome, event in cases.items():
        assert counter(settle_refund_event, event).outcome == outcome
    assert counter.state(refund) == "sent"


def test_late_money_is_a_break_and_a_proposal_that_two_people_carry_out(desk, counter):
    proposal = counter.proposal()
    assert (proposal.state, proposal.source, proposal.amount_minor) == ("proposed", "suspense", 150_000)
    with desk.open_store() as store:
        found = store.statements.list_breaks(UNIT)
    assert [(row.kind, row.account, row.amount_minor) for row in found] == [
        ("money-in-suspense", "clearing:fake", 150_000)
    ]
    counter(request_proposed, proposal.id, "lan.tran", RefundRoute.PROVIDER, {}, limit=LIMIT)
    with pytest.raises(TransitionNotAllowed):
        counter(request_proposed, proposal.id, "lan.tran", RefundRoute.PROVIDER, {}, limit=LIMIT)
    counter(approve_refund, proposal.id, "minh.le", limit=LIMIT)
    desk.provider.refund_answers[proposal.reference] = RefundOutcome.SUCCEEDED
    counter.send()
    assert counter.state(proposal) == "confirmed"
    assert balances(desk) == {}
    with desk.open_store() as store:
        assert store.statements.list_breaks(UNIT) == []
        assert store.statements.list_breaks(UNIT, state=None)[0].closed_because == "paid-back"


def test_a_second_success_of_one_attempt_is_paid_back_by_its_own_number(desk, counter, paying):
    order_id, reference = paying(desk)
    for transaction in ("T1", "T2"):
        desk.call(fake_call(reference, transaction=transaction))
    with desk.open_store() as store:
        (proposal,) = store.refunds.of_order(order_id)
    assert proposal.payment_transaction == "T2"


def paper(counter, **changed):
    refund = counter.approved(counter.paid(), route=RefundRoute.PAPER, beneficiary=PAYEE, **changed)
    assert counter.send() == []
    return refund


def debit(refund, entry_id="entry-1", amount=50_000):
    return PaidOut(refund.transfer_reference, "0011", Money(amount), entry_id)


def test_an_order_on_paper_is_handed_over_and_confirmed_by_a_statement(desk, counter):
    refund = paper(counter)
    with pytest.raises(RefundUnsound):
        counter(hand_over_refund, refund.id, "minh.le", " ")
    counter(hand_over_refund, refund.id, "minh.le", "UNC-2026-17")
    assert counter.state(refund) == "sent"
    assert counter(confirm_by_statement, debit(refund, amount=50_001)) is None
    assert counter(confirm_by_statement, PaidOut("PQ22222222222", "0011", Money(50_000), "entry-1")) is None
    for _ in range(2):
        assert counter(confirm_by_statement, debit(refund)).state == "confirmed"
    assert counter(confirm_by_statement, debit(refund, "entry-2")) is None
    assert balances(desk)["bank:0011"] == -50_000
    assert desk.recorded.types.count("refund.confirmed") == 1


def test_a_refund_that_nobody_sent_is_not_confirmed(counter):
    refund = paper(counter)
    assert counter(confirm_by_statement, debit(refund)) is None
    assert counter.state(refund) == "approved"


def test_a_providers_refund_is_not_handed_over_on_paper(counter):
    refund = counter.approved(counter.paid())
    with pytest.raises(TransitionNotAllowed):
        counter(hand_over_refund, refund.id, "minh.le", "17")


@pytest.mark.parametrize("state", ["rejected", "confirmed", "failed"])
def test_a_refund_that_ended_stays_as_it_is(desk, counter, state):
    refund = counter.request(counter.paid())
    if state == "rejected":
        counter(reject_refund, refund.id, "minh.le", "Không")
    else:
        counter(approve_refund, refund.id, "minh.le", limit=LIMIT)
        answer = RefundOutcome.SUCCEEDED if state == "confirmed" else RefundOutcome.FAILED
        desk.provider.refund_answers[refund.reference] = answer
        counter.send()
    assert counter.state(refund) == state
    for verb, args, more in (
        (approve_refund, ("ai.do",), {"limit": LIMIT}),
        (reject_refund, ("ai.do", "Không"), {}),
        (give_up_refund, ("ai.do", "Không"), {}),
    ):
        with pytest.raises(TransitionNotAllowed):
            counter(verb, refund.id, *args, **more)
