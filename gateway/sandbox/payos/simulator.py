"""payOS at the sandbox. Source: payOS, API reference (payment-requests, webhook) and its check of signatures."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from gateway.sandbox.base import NO_REFUNDS, PAID_ONLY, Answer, Call, Proof
from gateway.sandbox.book import Payment, PaymentState
from gateway.sandbox.clock import GMT7
from gateway.sandbox.desk import Desk
from gateway.sandbox.modes import Mode

STATUSES = {
    PaymentState.OPEN: "PENDING",
    PaymentState.PENDING: "PROCESSING",
    PaymentState.PAID: "PAID",
    PaymentState.CANCELLED: "CANCELLED",
    PaymentState.FAILED: "FAILED",
}
SIGNED_TO_CREATE = ("amount", "cancelUrl", "description", "orderCode", "returnUrl")
ACCOUNT = "0123456789012"


class PayosSimulator:
    """One payment channel: account values `client_id`, `api_key` and `checksum_key`."""

    name = "payos"
    title = "payOS"
    without: Mapping[Mode, str] = {**NO_REFUNDS, **PAID_ONLY}

    def __init__(self, account: Mapping[str, str]) -> None:
        self._client_id = account["client_id"]
        self._api_key = account["api_key"]
        self._key = account["checksum_key"].encode()

    def blueprint(self, desk: Desk) -> Blueprint:
        blueprint = Blueprint("payos", __name__)

        @blueprint.before_request
        def guard() -> ResponseReturnValue | None:
            given = request.headers.get("x-client-id", ""), request.headers.get("x-api-key", "")
            known = self._client_id, self._api_key
            if not all(hmac.compare_digest(a.encode(), b.encode()) for a, b in zip(given, known, strict=True)):
                return _refused("401", "Client id hoặc API key không đúng")
            return None

        @blueprint.post("/v2/payment-requests")
        def create() -> ResponseReturnValue:
            body = request.get_json(silent=True)
            return self._create(body, desk) if isinstance(body, dict) else _refused("20", "Dữ liệu không hợp lệ")

        @blueprint.get("/v2/payment-requests/<code>")
        def show(code: str) -> ResponseReturnValue:
            payment = desk.find(code)
            return self._signed(self._link(payment)) if payment else _refused("101", "Không tìm thấy")

        @blueprint.post("/v2/payment-requests/<code>/cancel")
        def cancel(code: str) -> ResponseReturnValue:
            payment = desk.find(code)
            if payment is None or payment.state is not PaymentState.OPEN:
                return _refused("101", "Không huỷ được")
            _, after = desk.book.change(self.name, code, _cancelled)
            return self._signed(self._link(after))

        return blueprint

    def callback(self, payment: Payment, proof: Proof) -> Call | None:
        """payOS tells of money only."""
        if payment.state is not PaymentState.PAID:
            return None
        data = {
            "orderCode": _code(payment.reference),
            "amount": payment.amount,
            "description": payment.purpose,
            "accountNumber": ACCOUNT,
            "reference": f"FT{payment.number}",
            "transactionDateTime": _decided(payment).strftime("%Y-%m-%d %H:%M:%S"),
            "currency": "VND",
            "paymentLinkId": payment.page_token,
            "code": "00",
            "desc": "Thành công",
            "counterAccountBankId": "",
            "counterAccountBankName": None,
            "counterAccountName": "NGUYEN THI MAU",
            "counterAccountNumber": "0071000123456",
            "virtualAccountName": None,
            "virtualAccountNumber": "",
        }
        told = {"code": "00", "desc": "success", "success": True, "data": data}
        if proof is not Proof.ABSENT:
            told["signature"] = _signature(data, proof.key(self._key))
        return Call("POST", body=json.dumps(told).encode(), headers={"Content-Type": "application/json"})

    def read_answer(self, status: int, body: bytes) -> Answer:
        """payOS looks at the status only."""
        return Answer(str(status), body.decode("utf-8", "replace"), final=200 <= status < 300)

    def return_address(self, payment: Payment) -> str:
        """The browser brings no signature back."""
        fields = {
            "code": "00",
            "id": payment.page_token,
            "cancel": "true" if payment.state is PaymentState.CANCELLED else "false",
            "status": STATUSES[payment.state],
            "orderCode": payment.reference,
        }
        return f"{payment.return_url}{'&' if '?' in payment.return_url else '?'}{urlencode(fields)}"

    def _create(self, body: dict[str, Any], desk: Desk) -> ResponseReturnValue:
        text = "&".join(f"{name}={body.get(name)}" for name in SIGNED_TO_CREATE)
        if not hmac.compare_digest(_keyed(text, self._key), str(body.get("signature"))):
            return _refused("201", "Mã kiểm tra không hợp lệ")
        code, amount, description = body.get("orderCode"), body.get("amount"), str(body.get("description"))
        if type(code) is not int or type(amount) is not int or amount <= 0 or not 0 < len(description) <= 25:
            return _refused("20", "Dữ liệu không hợp lệ")
        if desk.find(str(code)) is not None:
            return _refused("231", "Đơn thanh toán đã tồn tại")
        payment = desk.open(str(code), amount, description, return_url=body["returnUrl"], asked=body)
        data = {
            "bin": "970422",
            "accountNumber": ACCOUNT,
            "accountName": "UBND PHUONG VI DU",
            "amount": amount,
            "description": description,
            "orderCode": code,
            "currency": "VND",
            "paymentLinkId": payment.page_token,
            "status": STATUSES[payment.state],
            "expiredAt": body.get("expiredAt"),
            "checkoutUrl": desk.page_url(payment),
            "qrCode": "",
        }
        return self._signed(data)

    def _link(self, payment: Payment) -> dict[str, Any]:
        asked = int(payment.asked["amount"])
        paid = payment.amount if payment.state is PaymentState.PAID else 0
        transfer = {
            "accountNumber": ACCOUNT,
            "amount": paid,
            "counterAccountBankId": None,
            "counterAccountName": "NGUYỄN THỊ MẪU",
            "description": payment.purpose,
            "reference": f"FT{payment.number}",
            "transactionDateTime": _decided(payment).isoformat(timespec="seconds"),
            "virtualAccountNumber": None,
        }
        cancelled = payment.state is PaymentState.CANCELLED
        return {
            "id": payment.page_token,
            "orderCode": int(payment.reference),
            "amount": asked,
            "amountPaid": paid,
            "amountRemaining": max(asked - paid, 0),
            "status": STATUSES[payment.state],
            "createdAt": payment.opened_at.astimezone(GMT7).isoformat(timespec="seconds"),
            "transactions": [transfer] if paid else [],
            "canceledAt": _decided(payment).isoformat(timespec="seconds") if cancelled else None,
            "cancellationReason": "Người nộp huỷ" if cancelled else None,
        }

    def _signed(self, data: dict[str, Any]) -> ResponseReturnValue:
        return jsonify(code="00", desc="success", data=data, signature=_signature(data, self._key))


def _refused(code: str, words: str) -> ResponseReturnValue:
    return jsonify(code=code, desc=words)


def _cancelled(payment: Payment) -> Payment:
    if payment.state is not PaymentState.OPEN:
        return payment
    return replace(payment, state=PaymentState.CANCELLED, decided_at=datetime.now(UTC))


def _decided(payment: Payment) -> datetime:
    return (payment.decided_at or payment.opened_at).astimezone(GMT7)


def _code(reference: str) -> int:
    """A reference that is no number, as of an order that nobody knows, stands for some other code of sixteen digits."""
    return int(reference) if reference.isdecimal() else 10**15 + int.from_bytes(reference.encode()) % 10**15


def _signature(data: Mapping[str, Any], key: bytes) -> str:
    return _keyed("&".join(f"{name}={_plain(data[name])}" for name in sorted(data)), key)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return "" if value is None else str(value)


def _keyed(text: str, key: bytes) -> str:
    return hmac.digest(key, text.encode(), hashlib.sha256).hex()
