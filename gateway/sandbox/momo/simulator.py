"""MoMo at the sandbox. Source: MoMo developers, payment (v3 pages of gateway v2)."""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from gateway.sandbox.base import Answer, Call, Proof
from gateway.sandbox.book import Payment, PaymentState, RefundState
from gateway.sandbox.desk import Desk
from gateway.sandbox.modes import Mode
from gateway.sandbox.refunding import RefundVerdict

# The proof covers a message's fields in alphabetical order.
CREATE = frozenset(
    {"accessKey", "amount", "extraData", "ipnUrl", "orderId", "orderInfo"}
    | {"partnerCode", "redirectUrl", "requestId", "requestType"}
)
QUERY = frozenset({"accessKey", "orderId", "partnerCode", "requestId"})
REFUND = frozenset({"accessKey", "amount", "description", "orderId", "partnerCode", "requestId", "transId"})
IPN = frozenset(
    {"accessKey", "amount", "extraData", "message", "orderId", "orderInfo", "orderType"}
    | {"partnerCode", "payType", "requestId", "responseTime", "resultCode", "transId"}
)
RESULTS = {
    PaymentState.OPEN: (1000, "Giao dịch đang chờ người dùng xác nhận."),
    PaymentState.PENDING: (7002, "Giao dịch đang được xử lý."),
    PaymentState.PAID: (0, "Thành công."),
    PaymentState.CANCELLED: (1006, "Người dùng từ chối thanh toán."),
    PaymentState.FAILED: (1001, "Không đủ tiền."),
}
REFUND_RESULTS = {RefundState.WORKING: 7002, RefundState.DONE: 0, RefundState.FAILED: 1080}
# MoMo tells of what it did not do under HTTP's 400.
TAKEN = frozenset({0, *(code for code, _ in RESULTS.values()), 7002})
VERDICTS = {
    RefundVerdict.TAKEN: (7002, "Đang xử lý."),
    RefundVerdict.UNKNOWN_PAYMENT: (42, "Không tìm thấy giao dịch."),
    RefundVerdict.NOT_PAID: (1088, "Giao dịch không thể hoàn tiền."),
    RefundVerdict.REPEATED: (41, "orderId bị trùng."),
    RefundVerdict.TOO_MUCH: (1081, "Vượt quá số tiền có thể hoàn."),
    RefundVerdict.REFUSED: (1080, "Hoàn tiền thất bại."),
}


class MomoSimulator:
    """One partner's MoMo: account values `partner_code`, `access_key` and `secret_key`."""

    name = "momo"
    title = "MoMo"
    without: Mapping[Mode, str] = {}

    def __init__(self, account: Mapping[str, str]) -> None:
        self._partner_code = account["partner_code"]
        self._access_key = account["access_key"]
        self._secret = account["secret_key"].encode()

    def blueprint(self, desk: Desk) -> Blueprint:
        blueprint = Blueprint("momo", __name__)

        @blueprint.post("/v2/gateway/api/<verb>")
        def api(verb: str) -> ResponseReturnValue:
            """Answer create, query and refund."""
            verbs = {"create": (CREATE, self._create), "query": (QUERY, self._query), "refund": (REFUND, self._refund)}
            body = request.get_json(silent=True)
            if verb not in verbs or not isinstance(body, dict):
                return self._told({}, 20, "Sai định dạng.")
            names, answer = verbs[verb]
            fields = {**body, "accessKey": self._access_key}
            if not hmac.compare_digest(self._sign(fields, names, self._secret), str(body.get("signature"))):
                return self._told(body, 13, "Chữ ký không hợp lệ.")
            if body.get("partnerCode") != self._partner_code:
                return self._told(body, 11, "Không có quyền truy cập.")
            return answer(body, desk)

        return blueprint

    def callback(self, payment: Payment, proof: Proof) -> Call:
        fields = self._notice(payment, proof.key(self._secret))
        if proof is Proof.ABSENT:
            del fields["signature"]
        body = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
        return Call("POST", body=body, headers={"Content-Type": "application/json; charset=UTF-8"})

    def read_answer(self, status: int, body: bytes) -> Answer:
        """MoMo wants 204 and reads no content."""
        return Answer(str(status), body.decode("utf-8", "replace"), final=status == 204)

    def return_address(self, payment: Payment) -> str:
        joint = "&" if "?" in payment.return_url else "?"
        return f"{payment.return_url}{joint}{urlencode(self._notice(payment, self._secret), quote_via=quote)}"

    def _create(self, body: Mapping[str, Any], desk: Desk) -> ResponseReturnValue:
        amount = body.get("amount")
        if type(amount) is not int or body.get("requestType") != "captureWallet":
            return self._told(body, 20, "Sai định dạng.")
        if not 1_000 <= amount <= 50_000_000:
            return self._told(body, 22, "Số tiền ngoài giới hạn.")
        if desk.find(body["orderId"]) is not None:
            return self._told(body, 41, "orderId bị trùng.")
        payment = desk.open(
            body["orderId"],
            amount,
            body["orderInfo"],
            return_url=body["redirectUrl"],
            callback_url=body["ipnUrl"],
            asked=body,
        )
        ways = {
            "payUrl": desk.page_url(payment),
            "deeplink": f"momo://app?action=payWithApp&sid={payment.page_token}",
            "qrCodeUrl": f"momo://app?action=payWithApp&isScanQR=true&sid={payment.page_token}",
        }
        return self._told(body, 0, "Thành công.", amount=amount, **ways)

    def _query(self, body: Mapping[str, Any], desk: Desk) -> ResponseReturnValue:
        payment = desk.find(str(body.get("orderId")))
        if payment is None:
            return self._told(body, 42, "Không tìm thấy orderId.")
        code, message = RESULTS[payment.state]
        refunds = [
            {
                "orderId": refund.key,
                "amount": refund.amount,
                "resultCode": REFUND_RESULTS[refund.state],
                "transId": int(refund.number),
                "createdTime": int(refund.taken_at.timestamp() * 1000),
            }
            for refund in payment.refunds
        ]
        more = {"extraData": "", "amount": payment.amount, "transId": int(payment.number), "payType": "qr"}
        return self._told(body, code, message, **more, refundTrans=refunds, lastUpdated=_decided(payment))

    def _refund(self, body: Mapping[str, Any], desk: Desk) -> ResponseReturnValue:
        amount = body.get("amount")
        if type(amount) is not int or amount < 1_000:
            return self._told(body, 22, "Số tiền ngoài giới hạn.")
        payment = desk.find_by_number(str(body.get("transId")))
        verdict, refund = desk.refund(payment, str(body.get("orderId")), amount)
        number = int(refund.number) if refund else 0
        return self._told(body, *VERDICTS[verdict], amount=amount, transId=number)

    def _notice(self, payment: Payment, key: bytes) -> dict[str, Any]:
        code, message = RESULTS[payment.state]
        fields = {
            "partnerCode": self._partner_code,
            "orderId": payment.reference,
            "requestId": payment.asked.get("requestId", payment.reference),
            "amount": payment.amount,
            "orderInfo": payment.purpose,
            "orderType": "momo_wallet",
            "transId": int(payment.number),
            "resultCode": code,
            "message": message,
            "payType": "qr",
            "responseTime": _decided(payment),
            "extraData": "",
        }
        signed = self._sign({**fields, "accessKey": self._access_key}, IPN, key)
        return {**fields, "signature": signed}

    def _sign(self, fields: Mapping[str, Any], names: frozenset[str], key: bytes) -> str:
        text = "&".join(f"{name}={fields.get(name, '')}" for name in sorted(names))
        return hmac.digest(key, text.encode(), hashlib.sha256).hex()

    def _told(self, body: Mapping[str, Any], code: int, message: str, **more: Any) -> ResponseReturnValue:
        echoed = {name: body[name] for name in ("orderId", "requestId") if name in body}
        moment = int(time.time() * 1000)
        told = {"partnerCode": self._partner_code, "responseTime": moment, "resultCode": code, "message": message}
        return jsonify({**told, **echoed, **more}), 200 if code in TAKEN else 400


def _decided(payment: Payment) -> int:
    return int((payment.decided_at or payment.opened_at).timestamp() * 1000)
