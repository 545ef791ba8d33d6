"""Refunds on their way to a provider: sent once, asked about while unknown, kept back while they cannot be sent."""

from contextlib import nullcontext

import pytest

from config.secrets import SecretUnavailable
from payments.errors import ProviderUnavailable, ProviderUnknown, RefundNotPossible, RefundUnsound
from payments.journeys import give_up_refund
from payments.model import RefundOutcome
from tests.payments.journeys.test_refunds import Counter, balances


@pytest.fixture
def counter(desk):
    return Counter(desk)


def test_a_refusal_of_the_provider_is_a_failure_and_nothing_is_owed(desk, counter):
    refund = counter.approved(counter.paid())
    desk.provider.refund_answers[refund.reference] = RefundNotPossible("fake: too old")
    assert counter.send() == ["refund-noted"]
    assert counter.state(refund) == "failed"
    assert "refunds" not in balances(desk)
    assert desk.recorded[-1].type == "refund.failed"
    assert counter.send(minutes=500) == []


def test_silence_is_asked_about_and_the_refund_is_never_sent_twice(desk, counter):
    refund = counter.approved(counter.paid())
    desk.provider.refund_answers[refund.reference] = ProviderUnavailable("fake: silent")
    assert counter.send() == []
    assert counter.state(refund) == "unknown"
    desk.provider.refunds.clear()
    for minutes in (2, 5, 20):
        assert counter.send(minutes) == []
    assert desk.provider.refunds == {}
    desk.provider.refund_answers[refund.reference] = RefundOutcome.SUCCEEDED
    assert counter.send(minutes=120) == ["refund-noted"]
    assert counter.state(refund) == "confirmed"


def test_a_worker_that_dies_while_it_sends_leaves_an_unknown_refund(desk, counter):
    refund = counter.approved(counter.paid())
    desk.provider.refund_answers[refund.reference] = RuntimeError("the machine stops")
    with pytest.raises(RuntimeError):
        counter.send()
    assert counter.state(refund) == "unknown"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(SecretUnavailable("cannot read"), "secret-unavailable"), (ProviderUnknown("fake"), "provider-unknown")],
)
def test_what_could_not_be_sent_stays_approved_and_is_sent_once_when_it_can_be(desk, counter, fault, reason):
    refund = counter.approved(counter.paid())
    desk.provider.unready = fault
    for minutes in (0, 2, 5, 20):
        with pytest.raises(SecretUnavailable) if isinstance(fault, SecretUnavailable) else nullcontext():
            assert counter.send(minutes) == []
        assert (counter.state(refund), counter.row(refund).sent_at) == ("approved", None)
        assert counter.row(refund).provider_code == reason
    assert desk.provider.refunds == {}
    assert desk.recorded.types.count("refund.waiting") == 1
    desk.provider.unready = None
    assert counter.send(minutes=21) == []
    assert counter.send(minutes=90) == ["refund-noted"]
    assert counter.state(refund) == "sent"
    desk.provider.refunds.clear()
    counter.send(minutes=200)
    assert desk.provider.refunds == {}


def test_a_sent_refund_whose_secret_is_lost_later_is_not_taken_for_unsent(desk, counter):
    refund = counter.approved(counter.paid())
    desk.provider.refund_answers[refund.reference] = ProviderUnavailable("fake: silent")
    counter.send()
    desk.provider.unready = SecretUnavailable("cannot read")
    with pytest.raises(SecretUnavailable):
        counter.send(minutes=2)
    assert counter.state(refund) == "unknown"
    assert "refund.waiting" not in desk.recorded.types


def test_what_was_given_up_while_it_could_not_be_sent_stays_given_up(desk, counter):
    refund = counter.approved(counter.paid())

    def given_up_meanwhile():
        counter(give_up_refund, refund.id, "minh.le", "Trả bằng tiền mặt")
        return SecretUnavailable("cannot read")

    desk.provider.unready = given_up_meanwhile
    with pytest.raises(SecretUnavailable):
        counter.send()
    assert counter.state(refund) == "failed"
    assert "refunds" not in balances(desk)
    desk.provider.unready = None
    assert counter.send(minutes=90) == []


def test_what_stays_unknown_for_a_month_is_told_to_people_who_may_give_it_up(desk, counter):
    refund = counter.approved(counter.paid())
    desk.provider.refund_answers[refund.reference] = RefundOutcome.UNKNOWN
    counter.send()
    assert counter.send(minutes=31 * 24 * 60) == ["unknown-noted"]
    assert desk.recorded[-1].type == "refund.unresolved"
    assert counter.send(minutes=90 * 24 * 60) == []
    with pytest.raises(RefundUnsound):
        counter(give_up_refund, refund.id, "minh.le", "")
    counter(give_up_refund, refund.id, "minh.le", "Nhà cung cấp xác nhận không chi")
    assert counter.state(refund) == "failed"
    assert "refunds" not in balances(desk)
