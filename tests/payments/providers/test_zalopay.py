"""ZaloPay's messages against what ZaloPay published, and every way in which one may be wrong."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest

from payments.errors import (
    CallbackNotAuthentic,
    CallbackUnreadable,
    PaymentNotPossible,
    ProviderUnavailable,
    RefundNotPossible,
)
from payments.model import NothingToSettle, ProviderOutcome, RefundOutcome, SettlementOutcome
from payments.money import Money
from payments.providers.base import PaymentRequest, QueryRequest, RefundRequest
from payments.providers.proofs import hmac_sha256
from payments.providers.zalopay.callback import read_callback, read_return
from payments.providers.zalopay.codes import ANSWERS, ORDER_FAILED
from payments.providers.zalopay.fields import new_reference
from payments.providers.zalopay.order import create_body, query_body, read_created, read_status
from payments.providers.zalopay.refund import (
    read_refund_answer,
    read_refund_status,
    refund_body,
    refund_query_body,
)

# ZaloPay's public sandbox app and its keys.
APP, KEY1, KEY2 = 2553, "PcY4iZIKFCIdgZvA6ueMcMHHUbRLYjPL", "kLtgPl8HHhfvMuDHPwKfgfsY4Ydm9eIz"
STARTED = datetime(2026, 11, 28, 18, 30, tzinfo=UTC)
REFERENCE = "261129_K7WQ2M9XTB4RCE6A"
# The sample of ZaloPay's documentation, byte for byte.
SAMPLE = (
    '{"app_id":2553,"app_trans_id":"200904_2553_1598435687208","app_time":1599189392817,"app_user":"demo",'
    '"amount":10000,"embed_data":"{\\"merchantinfo\\":\\"embeddata123\\",\\"promotioninfo\\":\\"\\"}",'
    '"item":"[{\\"itemid\\":\\"knb\\",\\"itemname\\":\\"kim nguyen bao\\",\\"itemprice\\":198400,'
    '\\"itemquantity\\":1}]",'
    '"zp_trans_id":200904000000389,"server_time":1599189413498,"channel":38,'
    '"merchant_user_id":"7ZMSl3nEg5sOUJzOLSoUFT8xKNQVaLOLXHB--8Eytqc","user_fee_amount":0,"discount_amount":0}'
)
SAMPLE_MAC = "d8d33baf449b31d7f9b94fa50d7c942c08cd4d83f28fa185557da21acb104f67"


def test_published_vectors_hold(corpus: Path) -> None:
    lines = (corpus / "psp" / "vectors.jsonl").read_text(encoding="utf-8").splitlines()
    vectors = [vector for vector in map(json.loads, lines) if vector["psp"] == "ZaloPay"]
    assert vectors
    for vector in vectors:
        assert hmac_sha256(vector["secret"], vector["input"]) == vector["expected"], vector["what"]
        body = json.dumps({"data": vector["input"], "mac": vector["expected"], "type": 1}).encode()
        assert read_callback(body, json.loads(vector["input"])["app_id"], vector["secret"]).outcome == "succeeded"


def call(data: object = SAMPLE, mac: object = SAMPLE_MAC, **more: object) -> bytes:
    return json.dumps({"data": data, "mac": mac, "type": 1, **more}).encode()


def proven(**changed: object) -> bytes:
    data = json.dumps({**json.loads(SAMPLE), **changed})
    return call(data, hmac_sha256(KEY2, data))


def test_the_documentations_sample_is_told_in_our_words() -> None:
    event = read_callback(call(), APP, KEY2)
    assert not isinstance(event, NothingToSettle)
    assert (event.reference, event.transaction) == ("200904_2553_1598435687208", "200904000000389")
    assert (event.amount, event.outcome) == (Money(10_000), ProviderOutcome.SUCCEEDED)
    assert event.paid_at == datetime(2020, 9, 4, 3, 16, 53, tzinfo=UTC)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        call(SAMPLE + " "),
        call(SAMPLE.replace('"amount":10000', '"amount":10001')),
        call(json.loads(SAMPLE)),
        call(mac=""),
        call(mac=None),
        call(mac=SAMPLE_MAC[:-1] + "8"),
        call(mac=[SAMPLE_MAC]),
        call(SAMPLE, hmac_sha256(KEY1, SAMPLE)),
        call().replace(b'"type": 1', b'"type": 1, "data": "{}"'),
        proven(app_id=2554),
    ],
)
def test_what_is_not_proven_is_not_believed(body: bytes) -> None:
    with pytest.raises(CallbackNotAuthentic):
        read_callback(body, APP, KEY2)


@pytest.mark.parametrize(
    "body",
    [
        call("not json", hmac_sha256(KEY2, "not json")),
        proven(amount=0),
        proven(amount=-1),
        proven(amount=1.5),
        proven(amount="1e4"),
        proven(app_trans_id=""),
        proven(zp_trans_id=None),
        proven(server_time="now"),
        proven(server_time=10**16),
    ],
)
def test_what_is_proven_and_senseless_is_unreadable(body: bytes) -> None:
    with pytest.raises(CallbackUnreadable):
        read_callback(body, APP, KEY2)


def test_a_call_about_an_agreement_is_nothing_to_settle() -> None:
    assert isinstance(read_callback(call(type=2), APP, KEY2), NothingToSettle)


def back(**changed: str) -> bytes:
    fields = {"appid": str(APP), "apptransid": REFERENCE, "pmcid": "38", "bankcode": "", "amount": "150000"}
    fields = {**fields, "discountamount": "0", "status": "1", **changed}
    return urlencode({**fields, "checksum": hmac_sha256(KEY2, "|".join(fields.values()))}).encode()


def test_what_a_browser_brings_back_is_shown_and_a_failure_is_not_final() -> None:
    assert read_return(back(), APP, KEY2).outcome is ProviderOutcome.SUCCEEDED
    assert read_return(back(status="-49"), APP, KEY2).outcome is ProviderOutcome.UNKNOWN
    for query in (back() + b"0", back()[:-3], b"lang=vi", b"\xff", back() + b"&status=1", back(appid="7")):
        with pytest.raises(CallbackNotAuthentic):
            read_return(query, APP, KEY2)
    with pytest.raises(CallbackUnreadable):
        read_return(back(amount="many"), APP, KEY2)


def test_answers_confirm_repeat_or_refuse() -> None:
    assert set(ANSWERS) == set(SettlementOutcome)
    codes = {outcome: code for outcome, (code, _) in ANSWERS.items()}
    assert codes[SettlementOutcome.BOOKED] == codes[SettlementOutcome.SUSPENDED] == 1
    assert codes[SettlementOutcome.DUPLICATE] == 2
    # Only our own fault is worth another call.
    assert [outcome for outcome, code in codes.items() if code == 0] == [SettlementOutcome.OUR_FAULT]
    assert codes[SettlementOutcome.NOT_AUTHENTIC] == -1


def test_references_start_with_vietnams_day() -> None:
    before_midnight, after_midnight = (datetime(2026, 11, 28, hour, 59, tzinfo=UTC) for hour in (16, 17))
    assert [new_reference(now)[:7] for now in (before_midnight, after_midnight)] == ["261128_", "261129_"]
    made = {new_reference(STARTED) for _ in range(100)}
    assert len(made) == 100
    assert all(len(reference) <= 40 for reference in made)


def request(amount: Money, minutes: int = 15) -> PaymentRequest:
    return PaymentRequest(
        reference=REFERENCE,
        amount=amount,
        purpose="Lệ phí hồ sơ HS-1",
        return_url="https://pay.example.vn/pay/x/return",
        payer_address="203.0.113.7",
        started_at=STARTED,
        expires_at=STARTED + timedelta(minutes=minutes),
        callback_url="https://pay.example.vn/callbacks/zalopay",
    )


def test_a_new_order_is_signed_in_the_order_of_the_guide() -> None:
    body = create_body(request(Money(150_000)), APP, KEY1)
    text = (
        f"{APP}|{REFERENCE}|citizen|150000|{int(STARTED.timestamp())}000"
        '|{"redirecturl":"https://pay.example.vn/pay/x/return"}|[]'
    )
    assert body["mac"] == hmac_sha256(KEY1, text)
    assert body["expire_duration_seconds"] == 900
    # ZaloPay takes no less than five minutes.
    assert create_body(request(Money(1), minutes=1), APP, KEY1)["expire_duration_seconds"] == 300
    for amount in (Money(0), Money(5_000, "USD")):
        with pytest.raises(PaymentNotPossible):
            create_body(request(amount), APP, KEY1)


def answer(code: object, reason: object = 0, **more: object) -> bytes:
    return json.dumps({"return_code": code, "sub_return_code": reason, **more}).encode()


def test_the_payer_goes_on_by_page_or_code() -> None:
    raw = answer(1, 1, order_url="https://gateway.zalopay.vn/x", zp_trans_token="T", qr_code="000201")
    started = read_created(raw)
    assert (started.redirect_url, started.qr_text, started.provider_reference) == (
        "https://gateway.zalopay.vn/x",
        "000201",
        "T",
    )


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (answer(2, -401), PaymentNotPossible),
        (answer(-401), PaymentNotPossible),
        (answer(2, -68), ProviderUnavailable),
        (answer(2, -500), ProviderUnavailable),
        (answer(-402), ProviderUnavailable),
        (answer(3), ProviderUnavailable),
        (answer(""), ProviderUnavailable),
        (answer(1, 1, order_url="javascript:alert(1)"), ProviderUnavailable),
        (b"<html>", ProviderUnavailable),
    ],
)
def test_an_answer_that_starts_nothing_says_what_is_known(raw: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        read_created(raw)


ASKED = QueryRequest(REFERENCE, Money(150_000), STARTED)
PAID = {"amount": 150_000, "zp_trans_id": 261129000000123, "server_time": 1_764_316_800_000}


def test_a_query_tells_the_outcome() -> None:
    assert read_status(answer(1, 1, **PAID), ASKED).outcome is ProviderOutcome.SUCCEEDED
    assert read_status(answer(3), ASKED).outcome is ProviderOutcome.UNKNOWN
    assert read_status(answer(2, -101), ASKED).outcome is ProviderOutcome.NOT_FOUND
    for reason in ORDER_FAILED:
        assert read_status(answer(2, int(reason)), ASKED).outcome is ProviderOutcome.FAILED


@pytest.mark.parametrize("reason", [-63, -92, -401, -402, -429, -500, -999, 0, -31337])
def test_a_failure_that_may_still_be_paid_or_is_not_known_stays_unknown(reason: int) -> None:
    assert read_status(answer(2, reason), ASKED).outcome is ProviderOutcome.UNKNOWN


@pytest.mark.parametrize(
    "raw",
    [
        answer(-402),
        answer(0),
        answer(4),
        answer(1, 1),
        answer(1, 1, **{**PAID, "amount": 0}),
        answer(1, 1, **{**PAID, "zp_trans_id": ""}),
        b"[]",
    ],
)
def test_an_answer_that_tells_nothing_is_none(raw: bytes) -> None:
    with pytest.raises(ProviderUnavailable):
        read_status(raw, ASKED)


def test_queries_are_signed_in_the_order_of_the_guide() -> None:
    assert query_body(REFERENCE, APP, KEY1)["mac"] == hmac_sha256(KEY1, f"{APP}|{REFERENCE}|{KEY1}")
    asked = refund_query_body(REFUND, APP, KEY1, STARTED)
    assert asked["mac"] == hmac_sha256(KEY1, f"{APP}|261129_2553_RF1|{int(STARTED.timestamp())}000")
    assert KEY1 not in json.dumps([query_body(REFERENCE, APP, KEY1), asked])


REFUND = RefundRequest("RF1", ASKED, "261129000000123", Money(150_000), Money(50_000), "Trả hai lần", "lan", STARTED)


def test_a_refund_is_signed_in_the_order_of_the_guide_and_the_same_each_time() -> None:
    body = refund_body(REFUND, APP, KEY1)
    text = f"{APP}|261129000000123|50000|Tra hai lan|{int(STARTED.timestamp())}000"
    assert (body["mac"], body["m_refund_id"]) == (hmac_sha256(KEY1, text), "261129_2553_RF1")
    assert body == refund_body(REFUND, APP, KEY1)
    for transaction in ("", "0", "X1"):
        with pytest.raises(RefundNotPossible):
            refund_body(RefundRequest(**{**vars(REFUND), "transaction": transaction}), APP, KEY1)


def test_what_a_refund_request_is_answered() -> None:
    # A success says that the request was taken; that the money went is asked.
    assert read_refund_answer(answer(1, 1), REFUND).outcome is RefundOutcome.ACCEPTED
    assert read_refund_answer(answer(3), REFUND).outcome is RefundOutcome.ACCEPTED
    for code, reason in ((2, -23), (2, -500), (2, -31337), (-429, 0)):
        assert read_refund_answer(answer(code, reason), REFUND).outcome is RefundOutcome.UNKNOWN
    for code, reason in ((2, -13), (2, -14), (2, -24), (2, -101), (-401, 0), (-402, 0)):
        with pytest.raises(RefundNotPossible):
            read_refund_answer(answer(code, reason), REFUND)


def test_a_refund_is_known_when_zalopay_says_so() -> None:
    def told(code: int, reason: int = 0) -> RefundOutcome:
        return read_refund_status(answer(code, reason), REFUND).outcome

    assert [told(1, 1), told(3), told(2, 0)] == [
        RefundOutcome.SUCCEEDED,
        RefundOutcome.ACCEPTED,
        RefundOutcome.FAILED,
    ]
    # To call it failed would have people pay it again, so what is not known stays unknown.
    assert [told(2, -101), told(2, -500)] == [RefundOutcome.UNKNOWN, RefundOutcome.UNKNOWN]
    with pytest.raises(ProviderUnavailable):
        told(-402)
