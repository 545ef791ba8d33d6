from datetime import UTC, datetime

import pytest

from payments.errors import CallbackNotAuthentic, CallbackUnreadable
from payments.model import ProviderOutcome, SettlementOutcome
from payments.money import Money
from payments.providers.vnpay.callback import read_callback
from payments.providers.vnpay.codes import ACKNOWLEDGEMENTS
from tests.payments.makers import SECRET, TMN_CODE, ipn, ipn_fields, signed, vnpay


def read(**changed):
    return read_callback(signed(ipn_fields("REF1", 150_000, **changed)), TMN_CODE, SECRET)


def test_a_success_is_told_in_our_words():
    event = read()
    assert (event.reference, event.transaction, event.amount) == ("REF1", "14422574", Money(150_000))
    assert event.outcome is ProviderOutcome.SUCCEEDED
    assert event.paid_at == datetime(2026, 11, 23, 3, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("code", ["09", "10", "11", "12", "13", "24", "51", "65", "75", "79", "99"])
def test_known_failures_are_failures(code):
    event = read(ResponseCode=code, TransactionStatus="02")
    assert event.outcome is ProviderOutcome.FAILED
    assert event.payer_cancelled == (code == "24")


@pytest.mark.parametrize(
    ("response_code", "status"),
    [
        ("00", "01"),
        ("00", "02"),
        ("24", "00"),
        ("07", "00"),
        ("07", "07"),
        ("00", "04"),
        ("xx", "02"),
        ("00", "0"),
        ("0", "00"),
    ],
)
def test_codes_that_disagree_or_are_unknown_are_never_a_success(response_code, status):
    assert read(ResponseCode=response_code, TransactionStatus=status).outcome is ProviderOutcome.UNKNOWN


@pytest.mark.parametrize(
    "changed",
    [
        {"Amount": "15000001"},
        {"Amount": "0"},
        {"Amount": "-15000000"},
        {"Amount": "1e7"},
        {"Amount": "15000000.0"},
        {"Amount": "１５００００００"},
        {"Amount": "9" * 13},
        {"PayDate": "2026-11-23"},
        {"PayDate": "20261323100130"},
        {"TxnRef": "x" * 101},
        {"TransactionNo": "x" * 41},
        *({name: ""} for name in ("Amount", "TxnRef", "ResponseCode", "TransactionStatus", "TransactionNo")),
    ],
)
def test_an_authentic_call_with_a_field_that_cannot_be_read_is_refused(changed):
    with pytest.raises(CallbackUnreadable):
        read(**changed)


def test_a_call_for_another_terminal_is_not_for_us():
    with pytest.raises(CallbackNotAuthentic):
        read(TmnCode="OTHERONE")


def test_a_call_without_a_time_has_none():
    assert read(PayDate="").paid_at is None


@pytest.mark.parametrize("outcome", SettlementOutcome)
def test_every_outcome_has_an_answer_that_vnpay_knows(outcome):
    assert ACKNOWLEDGEMENTS[outcome][0] in {"00", "01", "02", "04", "97", "99"}
    answer = vnpay().acknowledgement(outcome, ipn("REF1"))
    assert answer.status == 200
    assert answer.code.encode() in answer.body


def test_vnpay_repeats_only_what_we_could_not_take():
    repeated = {outcome for outcome in SettlementOutcome if ACKNOWLEDGEMENTS[outcome][0] not in {"00", "02"}}
    assert repeated == {
        SettlementOutcome.ATTEMPT_NOT_FOUND,
        SettlementOutcome.AMOUNT_MISMATCH,
        SettlementOutcome.NOT_AUTHENTIC,
        SettlementOutcome.UNREADABLE,
        SettlementOutcome.OUR_FAULT,
    }


def test_the_provider_never_shows_its_secret():
    assert SECRET not in repr(vnpay())
    assert SECRET not in repr(vars(vnpay()))
