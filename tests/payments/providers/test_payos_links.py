"""Making payment links and reading what payOS says of them."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest

from payments.errors import PaymentNotPossible, ProviderAnswerNotAuthentic, ProviderUnavailable, RefundNotPossible
from payments.model import ProviderOutcome
from payments.money import Money
from payments.providers.base import PaymentRequest, QueryRequest
from payments.providers.payos.links import create_body, read_created, read_link
from tests.payments.providers.payos_makers import CHECKSUM_KEY, CODE, payos, sign

AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
ASKED = QueryRequest(str(CODE), Money(150_000), AT)


def payment(**changed):
    told = {
        "reference": str(CODE),
        "amount": Money(150_000),
        "purpose": "Ho so",
        "return_url": "https://cong.example/pay/x/return",
        "payer_address": "203.0.113.7",
        "started_at": AT,
        "expires_at": AT + timedelta(minutes=15),
        "dossier_code": "000.00.15.H13-261123-0001",
        **changed,
    }
    return PaymentRequest(**told)


def created(**changed):
    return {
        "bin": "970422",
        "accountNumber": "0011012345678",
        "amount": 150_000,
        "description": "CS1 61123-0001",
        "orderCode": CODE,
        "currency": "VND",
        "paymentLinkId": "124c33293c43417ab7879e14c8d9eb18",
        "status": "PENDING",
        "checkoutUrl": "https://pay.payos.vn/web/124c33293c43417ab7879e14c8d9eb18",
        "qrCode": "00020101021238",
        **changed,
    }


def answer(data, signature=None, **outer):
    """An answer; lists are signed as the JSON that payOS makes of them."""
    flat = {
        name: json.dumps(value, separators=(",", ":"), ensure_ascii=False) if isinstance(value, list) else value
        for name, value in data.items()
    }
    told = {"code": "00", "desc": "success", "data": data, "signature": signature or sign(flat), **outer}
    return json.dumps(told).encode()


def link(status="PAID", paid=150_000, transfers=1, **changed):
    one = {"amount": paid, "reference": "FT26327001", "transactionDateTime": "2026-11-23T10:01:30+07:00"}
    return {
        "id": "124c33293c43417ab7879e14c8d9eb18",
        "orderCode": CODE,
        "amount": 150_000,
        "amountPaid": paid,
        "amountRemaining": 150_000 - paid,
        "status": status,
        "createdAt": "2026-11-23T10:00:00+07:00",
        "transactions": [one] * transfers,
        "canceledAt": None,
        "cancellationReason": None,
        **changed,
    }


def test_a_new_link_is_signed_and_says_nothing_of_the_orders_own_transfer_reference():
    body = create_body(payment(), 9, CHECKSUM_KEY)
    assert (body["orderCode"], body["amount"], body["description"]) == (CODE, 150_000, "611230001")
    text = f"amount=150000&cancelUrl={body['cancelUrl']}&description=611230001&orderCode={CODE}"
    text += f"&returnUrl={body['returnUrl']}"
    assert body["signature"] == hmac.new(CHECKSUM_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()
    assert body["expiredAt"] == int(AT.timestamp()) + 900


@pytest.mark.parametrize(("characters", "dossier"), [(9, "Đặc biệt"), (25, "000.00.15.H13-261123-0001"), (9, "!!")])
def test_the_description_fits(characters, dossier):
    said = create_body(payment(dossier_code=dossier), characters, CHECKSUM_KEY)["description"]
    assert 0 < len(said) <= characters
    assert said.isascii()
    assert said.isalnum()


@pytest.mark.parametrize("amount", [Money(5, "USD"), Money(0), Money(-1), Money(2**53)])
def test_what_payos_does_not_take_is_not_asked(amount):
    with pytest.raises(PaymentNotPossible):
        create_body(payment(amount=amount), 9, CHECKSUM_KEY)


def test_the_payer_goes_on_at_payos_or_by_the_code():
    started = read_created(answer(created()), payment(), CHECKSUM_KEY)
    assert started.redirect_url == created()["checkoutUrl"]
    assert (started.qr_text, started.provider_reference) == ("00020101021238", created()["paymentLinkId"])


@pytest.mark.parametrize("changed", [{"amount": 150_001}, {"orderCode": CODE + 1}])
def test_an_answer_about_another_payment_is_refused(changed):
    with pytest.raises(ProviderAnswerNotAuthentic):
        read_created(answer(created(**changed)), payment(), CHECKSUM_KEY)


@pytest.mark.parametrize("changed", [{"checkoutUrl": "javascript:alert(1)"}, {"checkoutUrl": ""}, {"paymentLinkId": 5}])
def test_an_answer_that_leads_nowhere_is_unavailable(changed):
    with pytest.raises(ProviderUnavailable):
        read_created(answer(created(**changed)), payment(), CHECKSUM_KEY)


@pytest.mark.parametrize(
    ("told", "outcome", "amount"),
    [
        (link(), ProviderOutcome.SUCCEEDED, 150_000),
        (link(paid=150_001), ProviderOutcome.SUCCEEDED, 150_001),
        (link("PENDING", 0, 0), ProviderOutcome.UNKNOWN, 150_000),
        (link("PROCESSING", 0, 0), ProviderOutcome.UNKNOWN, 150_000),
        (link("UNDERPAID", 1_000), ProviderOutcome.UNKNOWN, 150_000),
        (link("CANCELLED", 0, 0), ProviderOutcome.FAILED, 150_000),
        (link("EXPIRED", 0, 0), ProviderOutcome.FAILED, 150_000),
        (link("FAILED", 0, 0), ProviderOutcome.FAILED, 150_000),
        (link("CANCELLED", 150_000), ProviderOutcome.UNKNOWN, 150_000),
        (link("EXPIRED", 1), ProviderOutcome.UNKNOWN, 150_000),
        (link("PAID", 0, 0), ProviderOutcome.UNKNOWN, 150_000),
        (link("paid"), ProviderOutcome.UNKNOWN, 150_000),
        (link("NEW WORD", 0, 0), ProviderOutcome.UNKNOWN, 150_000),
    ],
)
def test_a_link_counts_as_paid_by_what_was_paid_on_it(told, outcome, amount):
    event = read_link(answer(told), ASKED, CHECKSUM_KEY)
    assert (event.outcome, event.amount, event.reference) == (outcome, Money(amount), str(CODE))


def test_a_query_and_the_webhook_of_one_transfer_are_one_report():
    event = read_link(answer(link()), ASKED, CHECKSUM_KEY)
    assert event.key == f"{CODE}:FT26327001:succeeded"
    assert event.paid_at == datetime(2026, 11, 23, 3, 1, 30, tzinfo=UTC)
    assert read_link(answer(link(transfers=2)), ASKED, CHECKSUM_KEY).transaction == link()["id"]


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"[]", b"null", b"{}", b"<html>", b'{"code":"00"}', b'{"code":"00","data":null,"signature":null}'),
        *(b'{"code":"101","desc":"not found"}', b'{"code":["00"],"data":{"a":1}}'),
        b'{"code":"00","data":[1]}',
    ],
)
def test_a_refusal_or_no_answer_proves_nothing(raw):
    with pytest.raises(ProviderUnavailable):
        read_link(raw, ASKED, CHECKSUM_KEY)


@pytest.mark.parametrize("signature", ["0" * 64, "é"])
def test_an_answer_with_a_wrong_signature_is_not_used(signature):
    with pytest.raises(ProviderAnswerNotAuthentic):
        read_link(answer(link(), signature), ASKED, CHECKSUM_KEY)


def test_an_answer_without_a_signature_is_not_used():
    with pytest.raises(ProviderAnswerNotAuthentic):
        read_link(json.dumps({"code": "00", "data": link(), "signature": None}).encode(), ASKED, CHECKSUM_KEY)


@pytest.mark.parametrize("changed", [{"amountPaid": "1"}, {"status": None}, {"transactions": [5]}, {"id": ""}])
def test_a_proven_answer_that_cannot_be_read_is_asked_again(changed):
    told = link(**changed)
    if changed.get("id") == "":
        told["transactions"] = []
    with pytest.raises(ProviderUnavailable):
        read_link(answer(told), ASKED, CHECKSUM_KEY)


def test_nothing_is_paid_back_by_message():
    assert payos().can_refund is False
    with pytest.raises(RefundNotPossible):
        payos().refund(None, AT)
