"""A citizen who pays over VNPAY: the order, the attempt, and the call that VNPAY would make."""

import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlsplit

from tests.journeys.city import VNPAY_SECRET, City

ORDER = {
    "dossier_code": "HS-1",
    "purpose": "Cấp bản sao",
    "payer_name": "Nguyễn Thị Mẫu",
    "items": [
        {
            "kind": "le-phi",
            "name": "Lệ phí",
            "procedure_code": "1.001",
            "chapter": "805",
            "sub_item": "2862",
            "amount_minor": 50000,
        }
    ],
}


def open_order(city: City) -> dict[str, Any]:
    made = city.post("/v1/fee-orders", ORDER)
    assert made.status_code == 201, made.get_json()
    order: dict[str, Any] = made.get_json()
    return order


def vnpay_call(city: City, order: dict[str, Any]) -> str:
    """Start an attempt and return the path that VNPAY calls once it is paid; signed as its protocol says."""
    started = city.post(f"/v1/fee-orders/{order['id']}/attempts", {"provider": "vnpay"}).get_json()
    sent = dict(parse_qsl(urlsplit(started["redirect_url"]).query))
    fields = {
        "vnp_Amount": sent["vnp_Amount"],
        "vnp_BankCode": "NCB",
        "vnp_OrderInfo": sent["vnp_OrderInfo"],
        "vnp_PayDate": "20261124080000",
        "vnp_ResponseCode": "00",
        "vnp_TmnCode": sent["vnp_TmnCode"],
        "vnp_TransactionNo": "14422574",
        "vnp_TransactionStatus": "00",
        "vnp_TxnRef": sent["vnp_TxnRef"],
    }
    query = "&".join(f"{quote_plus(key)}={quote_plus(fields[key])}" for key in sorted(fields))
    proof = hmac.new(VNPAY_SECRET.encode(), query.encode(), hashlib.sha512).hexdigest()
    return f"/callbacks/vnpay?{query}&vnp_SecureHash={proof}"


def pay(city: City) -> dict[str, Any]:
    """Open an order and have it paid."""
    order = open_order(city)
    answer = city.http.get(vnpay_call(city, order))
    assert answer.get_json()["RspCode"] == "00"
    return order


def receipts(city: City, order: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = city.get(f"/v1/fee-orders/{order['id']}").get_json()["receipts"]
    return found
