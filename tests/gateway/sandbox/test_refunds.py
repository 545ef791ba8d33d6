"""Refunds between the adapter and the sandbox, which were written apart and speak over HTTP."""

import pytest
import requests

from payments.errors import ProviderAnswerNotAuthentic, ProviderUnavailable, RefundNotPossible
from payments.model import RefundOutcome
from payments.money import Money
from payments.providers.base import QueryRequest, RefundRequest
from tests.gateway.sandbox.conftest import TOKEN
from tests.gateway.sandbox.test_sandbox import REFERENCE, adapter, decide, open_page, provider, started_at

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


def wish(sandbox, **told):
    return requests.put(
        f"{sandbox}/sandbox/refunds", json=told, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=5
    ).status_code


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


@pytest.mark.parametrize(
    ("status", "outcome"), [("05", "accepted"), ("06", "accepted"), ("00", "succeeded"), ("09", "failed")]
)
def test_a_query_tells_how_the_refund_stands(sandbox, paid, provider, refund, started_at, status, outcome):
    assert provider.query_refund(refund(), started_at).event.outcome is RefundOutcome.UNKNOWN
    provider.refund(refund(), started_at)
    assert wish(sandbox, txn_ref=REFERENCE, status=status) == 200
    assert provider.query_refund(refund(), started_at).event.outcome == RefundOutcome(outcome)


def test_a_lost_answer_leaves_the_refund_unknown_and_a_query_finds_it(sandbox, paid, provider, refund, started_at):
    assert wish(sandbox, mode="lost-answer") == 200
    with pytest.raises(ProviderUnavailable):
        provider.refund(refund(), started_at)
    assert provider.query_refund(refund(), started_at).event.outcome is RefundOutcome.ACCEPTED


def test_a_provider_that_refuses_says_so(sandbox, paid, provider, refund, started_at):
    assert wish(sandbox, mode="refused") == 200
    with pytest.raises(RefundNotPossible):
        provider.refund(refund(), started_at)


def test_another_secret_gets_nowhere(sandbox, paid, refund, started_at):
    with pytest.raises(ProviderAnswerNotAuthentic):
        adapter(sandbox, secret="another").refund(refund(), started_at)


def test_the_control_of_refunds_takes_only_what_it_knows(sandbox):
    assert wish(sandbox, mode="no such") == 400
    assert wish(sandbox, status="00", txn_ref="nobody") == 404
    assert wish(sandbox, status="17", txn_ref=REFERENCE) == 400
