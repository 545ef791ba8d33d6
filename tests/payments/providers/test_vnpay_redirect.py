from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from gateway.sandbox.vnpay.checksum import checked_fields
from payments.errors import PaymentNotPossible
from payments.money import Money
from payments.providers.base import PaymentRequest
from tests.payments.makers import SECRET, vnpay


@pytest.fixture
def payment(at):
    return PaymentRequest(
        reference="K7WQ2M9XTB4RCE6A",
        amount=Money(150_000),
        purpose="Lệ phí hồ sơ 000.00.15.H13-261123-0001",
        return_url="https://cong.example/pay/abc/return?x=1",
        payer_address="203.0.113.7",
        started_at=at,
        expires_at=at + timedelta(minutes=15),
    )


def test_the_address_carries_what_vnpay_asks_for_and_is_signed(payment):
    query = urlsplit(vnpay().start(payment).redirect_url).query
    fields = checked_fields(query, SECRET.encode())
    assert fields == {
        "vnp_Version": "2.1.0",
        "vnp_Command": "pay",
        "vnp_TmnCode": "TESTSHOP",
        "vnp_Amount": "15000000",
        "vnp_CurrCode": "VND",
        "vnp_TxnRef": "K7WQ2M9XTB4RCE6A",
        "vnp_OrderInfo": "Le phi ho so 000.00.15.H13-261123-0001",
        "vnp_OrderType": "other",
        "vnp_Locale": "vn",
        "vnp_ReturnUrl": "https://cong.example/pay/abc/return?x=1",
        "vnp_IpAddr": "203.0.113.7",
        "vnp_CreateDate": "20261123100000",
        "vnp_ExpireDate": "20261123101500",
    }
    assert "vnp_SecureHashType" not in parse_qs(query)


@pytest.mark.parametrize("amount", [Money(0), Money(-1), Money(10**10), Money(100, "USD")])
def test_amounts_that_vnpay_does_not_take_are_refused(payment, amount):
    with pytest.raises(PaymentNotPossible):
        vnpay().start(replace(payment, amount=amount))


def test_the_largest_amount_that_vnpay_takes_is_taken(payment):
    assert "vnp_Amount=999999999900&" in vnpay().start(replace(payment, amount=Money(9_999_999_999))).redirect_url


def test_the_pages_origin_is_told_for_the_browsers_policy():
    assert vnpay(payment_url="https://sandbox.vnpayment.vn/paymentv2/vpcpay.html").page_origin == (
        "https://sandbox.vnpayment.vn"
    )
