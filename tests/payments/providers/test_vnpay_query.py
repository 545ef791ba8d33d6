"""querydr answers: authentic ones are told in our words, altered ones are refused field by field."""

import json

import pytest

from gateway.sandbox.vnpay.checksum import keyed_hash
from gateway.sandbox.vnpay.querydr import ASKED, TOLD
from payments.errors import ProviderAnswerNotAuthentic, ProviderUnavailable
from payments.model import ProviderOutcome
from payments.money import Money
from payments.providers.base import QueryRequest
from payments.providers.vnpay.query import query_fields, read_answer
from tests.payments.makers import SECRET, TMN_CODE

GIVEN = {
    "vnp_ResponseId": "f00d",
    "vnp_Command": "querydr",
    "vnp_ResponseCode": "00",
    "vnp_Message": "QueryDR Success",
    "vnp_TmnCode": TMN_CODE,
    "vnp_TxnRef": "REF1",
    "vnp_Amount": "15000000",
    "vnp_BankCode": "NCB",
    "vnp_PayDate": "20261123100130",
    "vnp_TransactionNo": "14422574",
    "vnp_TransactionType": "01",
    "vnp_TransactionStatus": "00",
    "vnp_OrderInfo": "Ho so",
}


@pytest.fixture
def asked(at):
    return QueryRequest("REF1", Money(150_000), at)


def checksum(fields, secret=SECRET):
    return keyed_hash("|".join(str(fields.get(f"vnp_{name}", "")) for name in TOLD), secret.encode())


def answer(secret=SECRET, **changed):
    fields = {**GIVEN, **{f"vnp_{name}": value for name, value in changed.items()}}
    return json.dumps({**fields, "vnp_SecureHash": checksum(fields, secret)}).encode()


def test_the_question_is_signed_in_vnpays_order(asked, at):
    fields = query_fields(asked, request_id="abc", tmn_code=TMN_CODE, secret=SECRET, our_address="127.0.0.1", now=at)
    content = f"abc|2.1.0|querydr|{TMN_CODE}|REF1|20261123100000|20261123100000|127.0.0.1|Truy van REF1"
    assert fields["vnp_SecureHash"] == keyed_hash(content, SECRET.encode())
    assert [f"vnp_{name}" for name in ASKED] == [*fields][:-1]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("00", "succeeded"), ("02", "failed"), ("01", "unknown"), ("04", "unknown"), ("07", "unknown"), ("", "unknown")],
)
def test_a_status_is_told_in_our_words(asked, status, outcome):
    event = read_answer(answer(TransactionStatus=status), asked, TMN_CODE, SECRET)
    assert event.outcome == ProviderOutcome(outcome)
    assert event.amount == Money(150_000)


def test_an_answer_and_a_callback_about_one_success_are_one_event(asked):
    assert read_answer(answer(), asked, TMN_CODE, SECRET).key == "REF1:14422574:succeeded"


def test_numbers_without_quotes_sign_alike(asked):
    raw = answer().replace(b'"15000000"', b"15000000").replace(b'"14422574"', b"14422574")
    assert read_answer(raw, asked, TMN_CODE, SECRET).outcome is ProviderOutcome.SUCCEEDED


def test_a_transaction_that_vnpay_never_saw_is_not_found(asked):
    event = read_answer(answer(ResponseCode="91"), asked, TMN_CODE, SECRET)
    assert event.outcome is ProviderOutcome.NOT_FOUND


@pytest.mark.parametrize("name", sorted(GIVEN))
def test_any_altered_field_is_noticed(asked, name):
    altered = {**GIVEN, name: GIVEN[name] + "1", "vnp_SecureHash": checksum(GIVEN)}
    with pytest.raises(ProviderAnswerNotAuthentic):
        read_answer(json.dumps(altered).encode(), asked, TMN_CODE, SECRET)


def test_an_answer_without_a_checksum_is_not_believed(asked):
    with pytest.raises(ProviderAnswerNotAuthentic):
        read_answer(json.dumps(GIVEN).encode(), asked, TMN_CODE, SECRET)


@pytest.mark.parametrize(
    "changed", [{"TxnRef": "REF2"}, {"TmnCode": "OTHERONE"}, {"Command": "refund"}, {"secret": "another"}]
)
def test_an_answer_to_another_question_is_not_believed(asked, changed):
    with pytest.raises(ProviderAnswerNotAuthentic):
        read_answer(answer(**changed), asked, TMN_CODE, SECRET)


@pytest.mark.parametrize("changed", [{"ResponseCode": "94"}, {"ResponseCode": ""}, {"Amount": "x"}, {"PayDate": "x"}])
def test_a_refused_or_unreadable_answer_is_asked_again(asked, changed):
    with pytest.raises(ProviderUnavailable):
        read_answer(answer(**changed), asked, TMN_CODE, SECRET)


@pytest.mark.parametrize("raw", [b"", b"<html>", b"[]", b'"x"', b"\xff", b"[" * 100_000])
def test_what_is_no_answer_is_asked_again(asked, raw):
    with pytest.raises(ProviderUnavailable):
        read_answer(raw, asked, TMN_CODE, SECRET)
