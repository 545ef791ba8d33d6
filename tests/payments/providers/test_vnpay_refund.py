"""Refunds at VNPAY: signed in its order; of answers only what is authentic and about this refund is believed."""

import json

import pytest

from gateway.sandbox.vnpay.checksum import keyed_hash
from gateway.sandbox.vnpay.refunds import ASKED
from payments.errors import PaymentNotPossible, ProviderAnswerNotAuthentic, ProviderUnavailable, RefundNotPossible
from payments.model import RefundOutcome
from payments.money import Money
from payments.providers.base import QueryRequest, RefundRequest
from payments.providers.vnpay.refund import read_refund_answer, read_refund_status, refund_fields
from tests.payments.makers import SECRET, TMN_CODE
from tests.payments.providers.test_vnpay_query import answer as query_answer

# VNPAY querydr and refund guide 2.1.0, refund: what the answer's checksum is over.
TOLD = (
    *("ResponseId", "Command", "ResponseCode", "Message", "TmnCode", "TxnRef", "Amount", "BankCode", "PayDate"),
    *("TransactionNo", "TransactionType", "TransactionStatus", "OrderInfo"),
)
GIVEN = {
    "vnp_ResponseId": "f00d",
    "vnp_Command": "refund",
    "vnp_ResponseCode": "00",
    "vnp_Message": "Refund success",
    "vnp_TmnCode": TMN_CODE,
    "vnp_TxnRef": "REF1",
    "vnp_Amount": "5000000",
    "vnp_BankCode": "NCB",
    "vnp_PayDate": "20261123100130",
    "vnp_TransactionNo": "14422999",
    "vnp_TransactionType": "03",
    "vnp_TransactionStatus": "05",
    "vnp_OrderInfo": "Hoan tien",
}


@pytest.fixture
def asked(at):
    payment = QueryRequest("REF1", Money(150_000), at)
    return RefundRequest("RF1", payment, "14422574", Money(150_000), Money(50_000), "Trả hai lần", "lan.tt", at)


def checksum(fields, secret=SECRET):
    return keyed_hash("|".join(fields.get(f"vnp_{name}", "") for name in TOLD), secret.encode())


def answer(secret=SECRET, **changed):
    fields = {**GIVEN, **{f"vnp_{name}": value for name, value in changed.items()}}
    return json.dumps({**fields, "vnp_SecureHash": checksum(fields, secret)}).encode()


def fields_of(asked):
    return refund_fields(asked, tmn_code=TMN_CODE, secret=SECRET, our_address="127.0.0.1")


def test_the_request_is_signed_in_vnpays_order(asked):
    content = (
        f"RF1|2.1.0|refund|{TMN_CODE}|03|REF1|5000000|14422574|20261123100000|lan.tt|20261123100000|127.0.0.1|"
        "Tra hai lan"
    )
    assert fields_of(asked)["vnp_SecureHash"] == keyed_hash(content, SECRET.encode())
    assert [*fields_of(asked)][:-1] == [f"vnp_{name}" for name in ASKED]


def test_a_refund_of_all_says_so_and_an_unknown_number_is_zero(asked, at):
    whole = RefundRequest("RF2", asked.payment, "", Money(150_000), Money(150_000), "", "", at)
    fields = fields_of(whole)
    assert (fields["vnp_TransactionType"], fields["vnp_TransactionNo"]) == ("02", "0")
    assert fields["vnp_OrderInfo"] == "Hoan tien REF1"


def test_asked_again_the_request_is_the_same(asked):
    assert fields_of(asked) == fields_of(asked)


def test_an_amount_that_vnpay_cannot_take_is_not_sent(asked, at):
    costly = RefundRequest("RF2", asked.payment, "1", Money(10**10), Money(10**10), "x", "y", at)
    with pytest.raises(PaymentNotPossible):
        fields_of(costly)


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({}, "accepted"),
        ({"TransactionStatus": "06"}, "accepted"),
        ({"TransactionStatus": ""}, "accepted"),
        ({"TransactionStatus": "09"}, "failed"),
        ({"ResponseCode": "94"}, "unknown"),
        ({"ResponseCode": "98"}, "unknown"),
        ({"ResponseCode": "99"}, "unknown"),
        ({"ResponseCode": "no such"}, "unknown"),
    ],
)
def test_an_answer_is_told_in_our_words_and_is_never_the_money_itself(asked, changed, outcome):
    event = read_refund_answer(answer(**changed), asked, TMN_CODE, SECRET)
    assert (event.outcome, event.reference, event.amount) == (RefundOutcome(outcome), "RF1", Money(50_000))


@pytest.mark.parametrize("code", ["02", "03", "04", "13", "91", "93", "95"])
def test_a_refusal_is_final(asked, code):
    with pytest.raises(RefundNotPossible):
        read_refund_answer(answer(ResponseCode=code), asked, TMN_CODE, SECRET)


@pytest.mark.parametrize("name", sorted(GIVEN))
def test_any_altered_field_is_noticed(asked, name):
    altered = {**GIVEN, name: GIVEN[name] + "1", "vnp_SecureHash": checksum(GIVEN)}
    with pytest.raises(ProviderAnswerNotAuthentic):
        read_refund_answer(json.dumps(altered).encode(), asked, TMN_CODE, SECRET)


@pytest.mark.parametrize(
    "changed", [{"TxnRef": "REF2"}, {"Amount": "15000000"}, {"Command": "querydr"}, {"secret": "another"}]
)
def test_an_answer_about_something_else_is_not_believed(asked, changed):
    with pytest.raises(ProviderAnswerNotAuthentic):
        read_refund_answer(answer(**changed), asked, TMN_CODE, SECRET)


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({"TransactionType": "03", "TransactionStatus": "00"}, "succeeded"),
        ({"TransactionType": "02", "TransactionStatus": "05"}, "accepted"),
        ({"TransactionType": "03", "TransactionStatus": "09"}, "failed"),
        ({"TransactionType": "01", "TransactionStatus": "00"}, "unknown"),
        ({"TransactionType": "03", "TransactionStatus": "07"}, "unknown"),
    ],
)
def test_a_querydr_answer_tells_of_a_refund_only_where_it_is_one(asked, changed, outcome):
    event = read_refund_status(query_answer(**changed), asked, TMN_CODE, SECRET)
    assert event.outcome == RefundOutcome(outcome)


def test_a_refused_query_leaves_the_refund_unknown(asked):
    with pytest.raises(ProviderUnavailable):
        read_refund_status(query_answer(ResponseCode="94"), asked, TMN_CODE, SECRET)
