"""MoMo's messages against what MoMo and others published, and every way in which one may be wrong."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from payments.errors import (
    CallbackNotAuthentic,
    CallbackUnreadable,
    PaymentNotPossible,
    ProviderAnswerNotAuthentic,
    ProviderUnavailable,
    RefundNotPossible,
)
from payments.model import ProviderOutcome, RefundOutcome, SettlementOutcome
from payments.money import Money
from payments.providers.base import PaymentRequest, QueryRequest, RefundRequest
from payments.providers.momo.codes import OUTCOMES, STATUSES
from payments.providers.momo.notice import body_fields, query_fields, read_notice
from payments.providers.momo.payment import create_body, query_body, read_created, read_status
from payments.providers.momo.refund import read_refund_answer, read_refund_status, refund_body
from payments.providers.proofs import hmac_sha256

# The keys of MoMo's public test partner.
PARTNER, ACCESS, SECRET = "MOMOBKUN20180529", "klm05TvNBzhg7h7j", "at67qH6mk8w5Y1nAyMoYKMWACiEi2bsa"
STARTED = datetime(2026, 11, 28, 8, 0, tzinfo=UTC)


def test_published_vectors_hold(corpus: Path) -> None:
    lines = (corpus / "psp" / "vectors.jsonl").read_text(encoding="utf-8").splitlines()
    vectors = [vector for vector in map(json.loads, lines) if vector["psp"] == "MoMo"]
    assert len(vectors) >= 2
    for vector in vectors:
        assert hmac_sha256(vector["secret"], vector["input"]) == vector["expected"], vector["what"]


def test_a_published_signature_over_vietnamese_text_is_ours() -> None:
    # omnipay-momo's test of a notification (v1), whose key is public.
    text = (
        "accessKey=E8HZuQRy2RsjVtZp&amount=10000&message=Thành Công&momoTransId=43121679"
        "&partnerCode=MOMO0HGO20180417&partnerRefId=B001221&partnerTransId=&responseTime=1555472829549&status=0"
        "&storeId=store001&transType=momo_wallet"
    )
    expected = "f25c699ee9c961eaca8f91227413877d4c7ce6818342abdcf014d5f799a953d3"
    assert hmac_sha256("fj00YKnJhmYqahaFWUgkg75saNTzMrbO", text) == expected


def fields(**changed: object) -> dict[str, object]:
    return {
        "partnerCode": PARTNER,
        "orderId": "REF1",
        "requestId": "REF1",
        "amount": 150_000,
        "orderInfo": "Ho so HS-1",
        "orderType": "momo_wallet",
        "transId": 4_088_878_653,
        "resultCode": 0,
        "message": "Thành công.",
        "payType": "qr",
        "responseTime": 1_764_316_800_123,
        "extraData": "",
        **changed,
    }


def signed(told: dict[str, object], secret: str = SECRET) -> bytes:
    """Sign as MoMo's guide says: its fields and our access key in alphabetical order."""
    names = "accessKey amount extraData message orderId orderInfo orderType partnerCode payType requestId responseTime"
    text = "&".join(
        f"{name}={ {**told, 'accessKey': ACCESS}.get(name, '') }" for name in f"{names} resultCode transId".split()
    )
    return json.dumps({**told, "signature": hmac_sha256(secret, text)}, ensure_ascii=False).encode()


def read(body: bytes):
    return read_notice(body_fields(body), PARTNER, ACCESS, SECRET)


def test_a_success_is_told_in_our_words() -> None:
    event = read(signed(fields()))
    assert (event.reference, event.transaction, event.amount) == ("REF1", "4088878653", Money(150_000))
    assert (event.outcome, event.code) == (ProviderOutcome.SUCCEEDED, "0")
    assert event.paid_at == datetime(2025, 11, 28, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("name", [name for name in fields() if name != "extraData"])
def test_every_signed_field_counts(name: str) -> None:
    told = json.loads(signed(fields()))
    for value in (None, "", f"{told[name]}0", [told[name]]):
        with pytest.raises(CallbackNotAuthentic):
            read(json.dumps({**told, name: value}, ensure_ascii=False).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        json.dumps(fields()).encode(),
        signed(fields(), secret="another"),
        signed(fields()).replace(b'"signature": "', b'"signature": "0'),
        signed(fields()).replace(b'"orderId"', b'"orderId": "OTHER", "orderId"', 1),
        signed(fields(partnerCode="ANOTHER")),
        signed(fields(message="x&orderId=EVIL&orderInfo=y")),
        signed(fields(amount=float("inf"))),
    ],
)
def test_what_is_not_proven_is_not_believed(body: bytes) -> None:
    with pytest.raises(CallbackNotAuthentic):
        read(body)


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": 0},
        {"amount": -150_000},
        {"amount": "15e4"},
        {"amount": "１５００００"},
        {"amount": 10**16},
        {"orderId": ""},
        {"orderId": "R" * 101},
        {"transId": ""},
        {"resultCode": ""},
        {"responseTime": "yesterday"},
        {"responseTime": ""},
    ],
)
def test_what_is_proven_and_senseless_is_unreadable(changed: dict[str, object]) -> None:
    with pytest.raises(CallbackUnreadable):
        read(signed(fields(**changed)))


@pytest.mark.parametrize("code", [10, 99, 1000, 7000, 7002, 8000, 9000, 424242, -1])
def test_pending_and_unknown_codes_are_never_a_success(code: int) -> None:
    assert read(signed(fields(resultCode=code))).outcome is ProviderOutcome.UNKNOWN


def test_final_failures_are_failures_and_one_is_the_payers_wish() -> None:
    failures = {code for code, outcome in OUTCOMES.items() if outcome is ProviderOutcome.FAILED}
    events = {code: read(signed(fields(resultCode=int(code)))) for code in failures}
    assert {event.outcome for event in events.values()} == {ProviderOutcome.FAILED}
    assert {code for code, event in events.items() if event.payer_cancelled} == {"1006"}
    assert [code for code, outcome in OUTCOMES.items() if outcome is ProviderOutcome.SUCCEEDED] == ["0"]


def test_a_browser_brings_the_same_proof_back() -> None:
    told = json.loads(signed(fields()))
    event = read_notice(query_fields(urlencode(told, quote_via=quote).encode()), PARTNER, ACCESS, SECRET)
    assert (event.reference, event.outcome) == ("REF1", ProviderOutcome.SUCCEEDED)
    for query in (b"\xff", b"a=1&a=2", b"&".join(b"a%d=1" % number for number in range(60))):
        with pytest.raises(CallbackNotAuthentic):
            query_fields(query)


def test_every_outcome_has_a_status_and_only_settled_ones_are_confirmed() -> None:
    assert set(STATUSES) == set(SettlementOutcome)
    assert {outcome for outcome, status in STATUSES.items() if status >= 300} == {
        SettlementOutcome.ATTEMPT_NOT_FOUND,
        SettlementOutcome.AMOUNT_MISMATCH,
        SettlementOutcome.NOT_AUTHENTIC,
        SettlementOutcome.UNREADABLE,
        SettlementOutcome.OUR_FAULT,
    }


PRICE = Money(150_000)


def request(amount: Money = PRICE) -> PaymentRequest:
    return PaymentRequest(
        reference="REF1",
        amount=amount,
        purpose="Lệ phí hồ sơ HS-1",
        return_url="https://pay.example.vn/pay/x/return",
        payer_address="203.0.113.7",
        started_at=STARTED,
        expires_at=STARTED + timedelta(minutes=15),
        callback_url="https://pay.example.vn/callbacks/momo",
    )


def test_a_new_payment_is_signed_in_the_order_of_the_guide() -> None:
    body = create_body(request(), PARTNER, ACCESS, SECRET)
    text = (
        f"accessKey={ACCESS}&amount=150000&extraData=&ipnUrl=https://pay.example.vn/callbacks/momo&orderId=REF1"
        f"&orderInfo=Le phi ho so HS-1&partnerCode={PARTNER}&redirectUrl=https://pay.example.vn/pay/x/return"
        "&requestId=REF1&requestType=captureWallet"
    )
    assert body["signature"] == hmac_sha256(SECRET, text)
    assert (body["amount"], body["orderExpireTime"]) == (150_000, 15)
    assert ACCESS not in json.dumps(body)


@pytest.mark.parametrize("amount", [Money(999), Money(50_000_001), Money(5_000, "USD")])
def test_amounts_beyond_momos_range_are_refused_before_anything_is_sent(amount: Money) -> None:
    with pytest.raises(PaymentNotPossible):
        create_body(request(amount), PARTNER, ACCESS, SECRET)


def answer(**changed: object) -> bytes:
    told = {"partnerCode": PARTNER, "orderId": "REF1", "amount": 150_000, "resultCode": 0, "responseTime": 1}
    return json.dumps({**told, **changed}).encode()


def test_the_payer_goes_on_by_page_code_or_app() -> None:
    ways = {"payUrl": "https://test-payment.momo.vn/v2/x", "qrCodeUrl": "momo://qr", "deeplink": "momo://app"}
    started = read_created(answer(**ways), request(), PARTNER)
    assert (started.redirect_url, started.qr_text, started.app_url) == tuple(ways.values())


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (answer(resultCode=22), PaymentNotPossible),
        (answer(resultCode=41), ProviderUnavailable),
        (answer(resultCode=10), ProviderUnavailable),
        (answer(resultCode=""), ProviderUnavailable),
        (answer(payUrl="javascript:alert(1)"), ProviderUnavailable),
        (answer(), ProviderUnavailable),
        (answer(orderId="OTHER", payUrl="https://x"), ProviderAnswerNotAuthentic),
        (answer(amount=1, payUrl="https://x"), ProviderAnswerNotAuthentic),
        (answer(partnerCode="OTHER", payUrl="https://x"), ProviderAnswerNotAuthentic),
        (b"<html>busy</html>", ProviderUnavailable),
    ],
)
def test_an_answer_that_starts_nothing_says_what_is_known(raw: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        read_created(raw, request(), PARTNER)


ASKED = QueryRequest("REF1", Money(150_000), STARTED)


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({"transId": 7, "lastUpdated": 1_764_316_800_000}, ProviderOutcome.SUCCEEDED),
        ({"transId": 7, "resultCode": 1005}, ProviderOutcome.FAILED),
        ({"resultCode": 42, "orderId": ""}, ProviderOutcome.NOT_FOUND),
        ({"resultCode": 1000}, ProviderOutcome.UNKNOWN),
        ({"resultCode": 9000}, ProviderOutcome.UNKNOWN),
        ({"resultCode": 31337}, ProviderOutcome.UNKNOWN),
    ],
)
def test_a_query_tells_the_outcome(changed: dict[str, object], outcome: ProviderOutcome) -> None:
    assert read_status(answer(**changed), ASKED, PARTNER).outcome is outcome


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"orderId": "OTHER", "transId": 7}, ProviderAnswerNotAuthentic),
        ({"partnerCode": "OTHER", "transId": 7}, ProviderAnswerNotAuthentic),
        ({}, ProviderUnavailable),
        ({"transId": 7, "amount": "many"}, ProviderUnavailable),
    ],
)
def test_a_query_about_something_else_tells_nothing(changed: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        read_status(answer(**changed), ASKED, PARTNER)


def test_a_query_is_signed_in_the_order_of_the_guide() -> None:
    body = query_body("REF1", "Q1", PARTNER, ACCESS, SECRET)
    text = f"accessKey={ACCESS}&orderId=REF1&partnerCode={PARTNER}&requestId=Q1"
    assert body["signature"] == hmac_sha256(SECRET, text)


REFUND = RefundRequest("RF1", ASKED, "4088878653", Money(150_000), Money(50_000), "Trả hai lần", "lan", STARTED)


def test_a_refund_is_signed_in_the_order_of_the_guide_and_the_same_each_time() -> None:
    body = refund_body(REFUND, PARTNER, ACCESS, SECRET)
    text = (
        f"accessKey={ACCESS}&amount=50000&description=Tra hai lan&orderId=RF1&partnerCode={PARTNER}&requestId=RF1"
        "&transId=4088878653"
    )
    assert body["signature"] == hmac_sha256(SECRET, text)
    assert body == refund_body(REFUND, PARTNER, ACCESS, SECRET)
    with pytest.raises(RefundNotPossible):
        refund_body(RefundRequest(**{**vars(REFUND), "transaction": ""}), PARTNER, ACCESS, SECRET)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [(0, "succeeded"), (7000, "accepted"), (7002, "accepted"), (40, "unknown"), (41, "unknown"), (99, "unknown")],
)
def test_what_a_refund_request_is_answered(code: int, outcome: str) -> None:
    raw = answer(orderId="RF1", amount=50_000, resultCode=code)
    assert read_refund_answer(raw, REFUND, PARTNER).outcome == RefundOutcome(outcome)


@pytest.mark.parametrize("code", [20, 21, 22, 42, 1080, 1081, 1088])
def test_a_refused_refund_is_refused_for_good(code: int) -> None:
    with pytest.raises(RefundNotPossible):
        read_refund_answer(answer(resultCode=code), REFUND, PARTNER)


def test_a_refund_is_found_in_the_payments_list() -> None:
    def listed(*entries: object) -> RefundOutcome:
        return read_refund_status(answer(refundTrans=list(entries)), REFUND, PARTNER).outcome

    ours = {"orderId": "RF1", "amount": 50_000, "transId": 9}
    assert listed({"orderId": "RF0", "amount": 50_000, "resultCode": 0}) is RefundOutcome.UNKNOWN
    assert listed(7, {**ours, "resultCode": 0}) is RefundOutcome.SUCCEEDED
    assert listed({**ours, "resultCode": 1080}) is RefundOutcome.FAILED
    assert listed({**ours, "resultCode": 7002}) is RefundOutcome.ACCEPTED
    assert listed(ours) is RefundOutcome.UNKNOWN
    with pytest.raises(ProviderUnavailable):
        listed({**ours, "amount": 1, "resultCode": 0})
    with pytest.raises(ProviderAnswerNotAuthentic):
        read_refund_status(answer(orderId="OTHER"), REFUND, PARTNER)
