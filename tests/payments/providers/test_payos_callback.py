"""payOS' webhooks: what is proven is told in our words, and nothing else is believed."""

import json
from datetime import UTC, datetime

import pytest

from payments.errors import CallbackNotAuthentic, CallbackUnreadable
from payments.model import CallbackCall, NothingToSettle, ProviderOutcome, SettlementOutcome
from payments.money import Money
from tests.payments.providers.payos_makers import API_KEY, CHECKSUM_KEY, CODE, payos, sign, transfer, webhook


def read(**changed):
    return payos().read_callback(webhook(transfer(**changed)))


def test_a_transfer_is_told_in_our_words():
    event = read()
    assert (event.reference, event.transaction, event.amount) == (str(CODE), "FT26327001", Money(150_000))
    assert (event.outcome, event.code) == (ProviderOutcome.SUCCEEDED, "00")
    assert event.paid_at == datetime(2026, 11, 23, 3, 1, 30, tzinfo=UTC)


def test_every_altered_field_breaks_the_proof():
    honest = transfer()
    for name, value in honest.items():
        changed = {**honest, name: value + 1 if isinstance(value, int) else f"{value}1"}
        with pytest.raises(CallbackNotAuthentic):
            payos().read_callback(webhook(changed, sign(honest)))
    with pytest.raises(CallbackNotAuthentic):
        payos().read_callback(webhook({**honest, "more": "1"}, sign(honest)))


def test_another_key_proves_nothing():
    with pytest.raises(CallbackNotAuthentic):
        payos().read_callback(webhook(transfer(), sign(transfer(), "another key")))


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"[]", b"{}", b"null", b'"x"', b"\xff\xfe", b"[" * 50_000, b'{"data":{},"signature":null}'),
        *(b'{"data":{"a":1}}', b'{"data":[],"signature":"00"}', b'{"data":"x","signature":"00"}'),
        b'{"data":{"a":1e999},"signature":"00"}',
        b'{"data":{"a":"\\ud800"},"signature":"00"}',
    ],
)
def test_what_is_no_signed_webhook_is_not_authentic(body):
    with pytest.raises(CallbackNotAuthentic):
        payos().read_callback(CallbackCall("POST", b"", body))


def test_a_proof_that_can_be_read_in_two_ways_proves_nothing():
    """A payer's words come unescaped into the proven text, so they could be cut into a field of their own."""
    data = transfer(description="x&orderCode=2234567890123456")
    with pytest.raises(CallbackNotAuthentic):
        payos().read_callback(webhook(data))


@pytest.mark.parametrize("code", [123, 1, 10**15 - 1])
def test_payos_own_test_of_the_address_is_answered_as_a_success(code):
    call = webhook(transfer(code, description="VQRIO123"))
    report = payos().read_callback(call)
    assert isinstance(report, NothingToSettle)
    answer = payos().acknowledgement(SettlementOutcome.NOTHING_TO_SETTLE, call)
    assert (answer.status, json.loads(answer.body)["success"]) == (200, True)


@pytest.mark.parametrize("code", ["01", "0", "000", "PAID"])
def test_a_code_that_we_do_not_know_is_never_a_success(code):
    assert read(code=code).outcome is ProviderOutcome.UNKNOWN


@pytest.mark.parametrize(
    "changed",
    [
        *({"amount": value} for value in (-1, 1.5, "150000", None, True, 2**60)),
        *({"reference": value} for value in ("", None, "x" * 101, "a\x00", 5)),
        *({"transactionDateTime": value} for value in ("yesterday", "2026-13-01 00:00:00", 5)),
        {"currency": "USD"},
        {"code": None},
    ],
)
def test_a_proven_call_with_a_field_that_cannot_be_read_is_refused(changed):
    data = transfer(**changed)
    text = {name: str(value).lower() if isinstance(value, bool) else value for name, value in data.items()}
    text = {name: 1152921504606847000 if value == 2**60 else value for name, value in text.items()}
    with pytest.raises(CallbackUnreadable):
        payos().read_callback(webhook(data, sign(text)))


@pytest.mark.parametrize("outcome", SettlementOutcome)
def test_every_outcome_is_answered_and_our_fault_makes_payos_repeat(outcome):
    answer = payos().acknowledgement(outcome, webhook(transfer()))
    taken = {"booked", "suspended", "failure-noted", "unknown-noted", "duplicate", "refund-noted", "nothing-to-settle"}
    assert (200 <= answer.status < 300) == (outcome in taken)
    assert (answer.status >= 500) == (outcome is SettlementOutcome.OUR_FAULT)


def test_a_browsers_return_proves_nothing():
    with pytest.raises(CallbackNotAuthentic):
        payos().read_return(f"code=00&id=x&cancel=false&status=PAID&orderCode={CODE}".encode())


def test_the_provider_never_shows_its_secrets():
    for secret in (API_KEY, CHECKSUM_KEY):
        assert secret not in repr(payos())
        assert secret not in repr(vars(payos()))


def test_order_codes_are_exact_numbers_that_nobody_guesses():
    made = {payos().new_reference(datetime.now(UTC)) for _ in range(500)}
    assert len(made) == 500
    assert all(len(code) == 16 and int(code) <= 2**53 - 1 and int(float(code)) == int(code) for code in made)
