"""VNPAY at the sandbox. Source: VNPAY payment guide 2.1.0."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from gateway.sandbox.base import Answer, Call, Proof
from gateway.sandbox.book import Payment, PaymentState
from gateway.sandbox.clock import compact
from gateway.sandbox.desk import Desk
from gateway.sandbox.modes import Mode
from gateway.sandbox.vnpay.checksum import checked_fields, signed_query
from gateway.sandbox.vnpay.querydr import answer_query
from gateway.sandbox.vnpay.refunds import answer_refund

NEEDED = (
    *("vnp_Version", "vnp_Command", "vnp_TmnCode", "vnp_Amount", "vnp_CurrCode", "vnp_TxnRef", "vnp_OrderInfo"),
    *("vnp_OrderType", "vnp_Locale", "vnp_ReturnUrl", "vnp_IpAddr", "vnp_CreateDate"),
)
# How a payment's state is told: vnp_ResponseCode and vnp_TransactionStatus.
CODES = {
    PaymentState.OPEN: ("", "01"),
    PaymentState.PENDING: ("07", "07"),
    PaymentState.PAID: ("00", "00"),
    PaymentState.CANCELLED: ("24", "02"),
    PaymentState.FAILED: ("51", "02"),
}
FINAL_ANSWERS = frozenset({"00", "02"})


class VnpaySimulator:
    """One merchant's VNPAY: account values `tmn_code` and `hash_secret`."""

    name = "vnpay"
    title = "VNPAY"
    without: Mapping[Mode, str] = {}

    def __init__(self, account: Mapping[str, str]) -> None:
        self._tmn_code = account["tmn_code"]
        self._secret = account["hash_secret"].encode()

    def blueprint(self, desk: Desk) -> Blueprint:
        blueprint = Blueprint("vnpay", __name__)

        @blueprint.get("/paymentv2/vpcpay.html")
        def show_payment() -> ResponseReturnValue:
            """Check a payment address as VNPAY would and show the page on which the payer decides."""
            return self._page(desk, request.query_string.decode("ascii", "replace"))

        @blueprint.post("/merchant_webapi/api/transaction")
        def transaction_api() -> ResponseReturnValue:
            """Answer querydr and refund."""
            body = request.get_json(silent=True)
            if not isinstance(body, dict) or body.get("vnp_Command") not in ("querydr", "refund"):
                return jsonify(vnp_ResponseCode="03", vnp_Message="Invalid format")
            answer = answer_query if body["vnp_Command"] == "querydr" else answer_refund
            return jsonify(answer(body, desk, self._tmn_code, self._secret))

        return blueprint

    def callback(self, payment: Payment, proof: Proof) -> Call:
        query = signed_query(self._fields(payment), proof.key(self._secret))
        return Call("GET", query.rpartition("&vnp_SecureHash=")[0] if proof is Proof.ABSENT else query)

    def read_answer(self, status: int, body: bytes) -> Answer:
        """VNPAY repeats a call until it reads 00 or 02."""
        try:
            told = json.loads(body)
            code, message = str(told["RspCode"]), str(told["Message"])
        except (ValueError, KeyError, TypeError):
            return Answer("", "the answer is not VNPAY's JSON", final=False)
        return Answer(code, message, final=status == 200 and code in FINAL_ANSWERS)

    def return_address(self, payment: Payment) -> str:
        joint = "&" if "?" in payment.return_url else "?"
        return f"{payment.return_url}{joint}{self.callback(payment, Proof.GOOD).query}"

    def _page(self, desk: Desk, query: str) -> ResponseReturnValue:
        fields = checked_fields(query, self._secret)
        if fields is None:
            return _refused("70", "Sai chữ ký")
        if any(not fields.get(name) for name in NEEDED) or not fields["vnp_Amount"].isdigit():
            return _refused("03", "Dữ liệu gửi sang không đúng định dạng")
        if fields["vnp_TmnCode"] != self._tmn_code:
            return _refused("72", "Không tìm thấy website")
        amount = int(fields["vnp_Amount"]) // 100
        payment = desk.open(
            fields["vnp_TxnRef"], amount, fields["vnp_OrderInfo"], return_url=fields["vnp_ReturnUrl"], asked=fields
        )
        if payment.amount != amount or payment.state is not PaymentState.OPEN:
            return _refused("01", "Giao dịch đã tồn tại")
        expiry = payment.asked.get("vnp_ExpireDate", "")
        if expiry and expiry < compact(datetime.now(UTC)):
            return _refused("15", "Giao dịch đã quá thời gian chờ thanh toán")
        return desk.page(payment)

    def _fields(self, payment: Payment) -> dict[str, str]:
        response_code, status = CODES[payment.state]
        asked: Mapping[str, Any] = payment.asked
        return {
            "vnp_Amount": str(payment.amount * 100),
            "vnp_BankCode": "NCB",
            "vnp_BankTranNo": f"VNP{payment.number}" if payment.number != "0" else "",
            "vnp_CardType": "ATM",
            "vnp_OrderInfo": payment.purpose,
            "vnp_PayDate": compact(payment.decided_at) if payment.decided_at else asked["vnp_CreateDate"],
            "vnp_ResponseCode": response_code,
            "vnp_TmnCode": self._tmn_code,
            "vnp_TransactionNo": payment.number,
            "vnp_TransactionStatus": status,
            "vnp_TxnRef": payment.reference,
        }


def _refused(code: str, text: str) -> ResponseReturnValue:
    title = f"Mã lỗi {code}"
    return render_template("sandbox/notice.html", title=title, text=text, provider_title=VnpaySimulator.title), 400
