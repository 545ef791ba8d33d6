"""Refunds between the adapter and the sandbox, which were written apart and speak over HTTP."""

import pytest

from payments.errors import ProviderAnswerNotAuthentic, ProviderUnavailable, RefundNotPossible
from payments.model import RefundOutcome
from payments.money import Money
from payments.providers.base import QueryRequest, RefundRequest
from tests.gateway.sandbox.test_sandbox import REFERENCE, adapter, choose, decide, open_page, provider, started_at

__all__ = ["provider", "started_at"]


@pytest.fixture
def refund(started_at):
    def asked(amount=50_000, reference="RF1"):
        payment = QueryRequest(REFERENCE, Money(150_000), started_at)
        return RefundRequest(reference, payment, "", Money(150_000), Money(amount), "Trả hai lần", "lan", started_at)

    return asked


@pytest.fixture
def paid(sandbox, provider, started_at):
    decide(sandbox, open_page(provider, started_at))


def test_two_equal_parts_are_two_refunds_and_the_same_one_again_is_noticed(paid, provider, refund, started_at):
    outcomes = [provider.refund(refund(reference=r), started_at).event.outcome for r in ("RF1", "RF2", "RF2")]
    assert outcomes == [RefundOutcome.ACCEPTED, RefundOutcome.ACCEPTED, RefundOutcome.UNKNOWN]


def test_more_than_was_paid_is_refused(paid, provider, refund, started_at):
    provider.refund(refund(150_000), started_at)
    with pytest.raises(RefundNotPossible):
        provider.refund(refund(1, "RF2"), started_at)


def test_what_was_never_paid_is_not_paid_back(provider, refund, started_at):
    with pytest.raises(RefundNotPossible):
        provider.refund(refund(), started_at)


@pytest.mark.parametrize(("mode", "outcome"), [("honest", "succeeded"), ("refund-failing", "failed")])
def test_a_query_tells_how_the_refund_ended(sandbox, paid, provider, refund, started_at, mode, outcome):
    assert choose(sandbox, mode, reference=REFERENCE) == 200
    assert provider.query_refund(refund(), started_at).event.outcome is RefundOutcome.UNKNOWN
    assert provider.refund(refund(), started_at).event.outcome is RefundOutcome.ACCEPTED
    assert provider.query_refund(refund(), started_at).event.outcome == RefundOutcome(outcome)


def test_a_lost_answer_leaves_the_refund_unknown_and_a_query_finds_it(sandbox, paid, provider, refund, started_at):
    assert choose(sandbox, "refund-unanswered", reference=REFERENCE) == 200
    with pytest.raises(ProviderUnavailable):
        provider.refund(refund(), started_at)
    assert provider.query_refund(refund(), started_at).event.outcome is RefundOutcome.SUCCEEDED


def test_a_provider_that_refuses_says_so(sandbox, paid, provider, refund, started_at):
    assert choose(sandbox, "refund-refused", reference=REFERENCE) == 200
    with pytest.raises(RefundNotPossible):
        provider.refund(refund(), started_at)


def test_another_secret_gets_nowhere(sandbox, paid, refund, started_at):
    with pytest.raises(ProviderAnswerNotAuthentic):
        adapter(sandbox, secret="another").refund(refund(), started_at)
