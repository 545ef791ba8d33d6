"""ZaloPay at the sandbox. Source: ZaloPay docs, specifications of v2 and "Status codes"."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from gateway.sandbox.base import PAID_ONLY, Answer, Call, Proof
from gateway.sandbox.book import Payment, PaymentState, RefundState
from gateway.sandbox.clock import GMT7
from gateway.sandbox.desk import Desk
from gateway.sandbox.refunding import RefundVerdict

CREATE = ["app_id", "app_trans_id", "app_user", "amount", "app_time", "embed_data", "item"]
REFUND = ["app_id", "zp_trans_id", "amount", "description", "timestamp"]
QUERY_REFUND = ["app_id", "m_refund_id", "timestamp"]
# return_code and sub_return_code. A payer who gives up leaves the order to expire.
RESULTS = {
    PaymentState.OPEN: (3, 0),
    PaymentState.PENDING: (3, 0),
    PaymentState.PAID: (1, 1),
    PaymentState.CANCELLED: (2, -54),
    PaymentState.FAILED: (2, -217),
}
RETURN_STATUSES = {PaymentState.PAID: "1", PaymentState.CANCELLED: "-49", PaymentState.FAILED: "-217"}
REFUND_RESULTS = {RefundState.WORKING: (3, 0), RefundState.DONE: (1, 1), RefundState.FAILED: (2, 0)}
VERDICTS = {
    RefundVerdict.TAKEN: (3, 0),
    RefundVerdict.UNKNOWN_PAYMENT: (2, -101),
    RefundVerdict.NOT_PAID: (2, -2),
    RefundVerdict.REPEATED: (2, -23),
    RefundVerdict.TOO_MUCH: (2, -14),
    RefundVerdict.REFUSED: (2, -13),
}
NOT_EQUAL = (-402, "Sai chữ ký")
FINAL_ANSWERS = frozenset({"1", "2"})


class ZalopaySimulator:
    """One merchant's app at ZaloPay: account values `app_id`, `key1` and `key2`."""

    name = "zalopay"
    title = "ZaloPay"
    without = PAID_ONLY

    def __init__(self, account: Mapping[str, str]) -> None:
        self._app_id = int(account["app_id"])
        self._key1 = account["key1"].encode()
        self._key2 = account["key2"].encode()

    def blueprint(self, desk: Desk) -> Blueprint:
        blueprint = Blueprint("zalopay", __name__)
        verbs = {
            "create": self._create,
            "query": self._query,
            "refund": self._refund,
            "query_refund": self._query_refund,
        }

        @blueprint.post("/v2/<verb>")
        def api(verb: str) -> ResponseReturnValue:
            """Answer create, query, refund and query_refund."""
            body = request.get_json(silent=True)
            if verb not in verbs or not isinstance(body, dict) or body.get("app_id") != self._app_id:
                return _told(-401, 0, "Sai định dạng")
            return verbs[verb](body, desk)

        return blueprint

    def callback(self, payment: Payment, proof: Proof) -> Call | None:
        """ZaloPay calls after a success only."""
        if payment.state is not PaymentState.PAID:
            return None
        data = json.dumps(self._data(payment), separators=(",", ":"))
        told: dict[str, Any] = {"data": data, "mac": _mac(proof.key(self._key2), data), "type": 1}
        if proof is Proof.ABSENT:
            del told["mac"]
        return Call("POST", body=json.dumps(told).encode(), headers={"Content-Type": "application/json"})

    def read_answer(self, status: int, body: bytes) -> Answer:
        """ZaloPay repeats a call until it reads 1 or 2; a negative code refuses it for good."""
        try:
            told = json.loads(body)
            code, message = str(told["return_code"]), str(told.get("return_message", ""))
        except (ValueError, KeyError, TypeError):
            return Answer("", "the answer is not ZaloPay's JSON", final=False)
        return Answer(code, message, final=status == 200 and (code in FINAL_ANSWERS or code.startswith("-")))

    def return_address(self, payment: Payment) -> str:
        fields = {
            "appid": str(self._app_id),
            "apptransid": payment.reference,
            "pmcid": "38",
            "bankcode": "",
            "amount": str(payment.amount),
            "discountamount": "0",
            "status": RETURN_STATUSES.get(payment.state, "3"),
        }
        joint = "&" if "?" in payment.return_url else "?"
        signed = {**fields, "checksum": _mac(self._key2, *fields.values())}
        return f"{payment.return_url}{joint}{urlencode(signed)}"

    def _create(self, body: Mapping[str, Any], desk: Desk) -> ResponseReturnValue:
        if not self._proven(body, self._key1, [body.get(name, "") for name in CREATE]):
            return _told(NOT_EQUAL[0], 0, NOT_EQUAL[1])
        reference, amount = str(body["app_trans_id"]), body["amount"]
        today = datetime.now(UTC).astimezone(GMT7).strftime("%y%m%d")
        if not re.fullmatch(rf"{today}_[0-9A-Za-z_-]{{1,33}}", reference) or type(amount) is not int or amount <= 0:
            return _told(2, -401, "Sai định dạng")
        if desk.find(reference) is not None:
            return _told(2, -68, "app_trans_id bị trùng")
        payment = desk.open(
            reference,
            amount,
            str(body.get("description", "")),
            return_url=json.loads(body["embed_data"]).get("redirecturl", ""),
            callback_url=str(body.get("callback_url", "")),
            asked=body,
        )
        ways = {"order_url": desk.page_url(payment), "zp_trans_token": payment.page_token}
        return _told(1, 1, "Giao dịch thành công", **ways, order_token=payment.page_token)

    def _query(self, body: Mapping[str, Any], desk: Desk) -> ResponseReturnValue:
        reference = str(body.get("app_trans_id"))
        if not self._proven(body, self._key1, [self._app_id, reference, self._key1.decode()]):
            return _told(NOT_EQUAL[0], 0, NOT_EQUAL[1])
        payment = desk.find(reference)
        if payment is None:
            return _told(2, -101, "Không tìm thấy đơn hàng")
        code, reason = RESULTS[payment.state]
        return _told(
            code,
            reason,
            "",
            is_processing=payment.state in (PaymentState.OPEN, PaymentState.PENDING),
            amount=payment.amount,
            discount_amount=0,
            zp_trans_id=int(payment.number),
            server_time=int((payment.decided_at or payment.opened_at).timestamp() * 1000),
        )

    def _refund(self, body: Mapping[str, Any], desk: Desk) -> ResponseReturnValue:
        if not self._proven(body, self._key1, [body.get(name, "") for name in REFUND]):
            return _told(NOT_EQUAL[0], 0, NOT_EQUAL[1])
        key, amount = str(body.get("m_refund_id")), body["amount"]
        if not re.fullmatch(rf"[0-9]{{6}}_{self._app_id}_\w{{1,32}}", key):
            return _told(2, -24, "m_refund_id sai định dạng")
        verdict, refund = desk.refund(desk.find_by_number(str(body["zp_trans_id"])), key, amount)
        return _told(*VERDICTS[verdict], "", refund_id=int(refund.number) if refund else 0)

    def _query_refund(self, body: Mapping[str, Any], desk: Desk) -> ResponseReturnValue:
        if not self._proven(body, self._key1, [body.get(name, "") for name in QUERY_REFUND]):
            return _told(NOT_EQUAL[0], 0, NOT_EQUAL[1])
        found = desk.find_refund(str(body["m_refund_id"]))
        return _told(*REFUND_RESULTS[found[1].state], "") if found else _told(2, -101, "Không tìm thấy")

    def _data(self, payment: Payment) -> dict[str, Any]:
        asked = payment.asked
        return {
            "app_id": self._app_id,
            "app_trans_id": payment.reference,
            "app_time": asked.get("app_time", 0),
            "app_user": asked.get("app_user", ""),
            "amount": payment.amount,
            "embed_data": asked.get("embed_data", "{}"),
            "item": asked.get("item", "[]"),
            "zp_trans_id": int(payment.number),
            "server_time": int((payment.decided_at or payment.opened_at).timestamp() * 1000),
            "channel": 38,
            "merchant_user_id": "",
            "user_fee_amount": 0,
            "discount_amount": 0,
        }

    def _proven(self, body: Mapping[str, Any], key: bytes, values: list[Any]) -> bool:
        return hmac.compare_digest(_mac(key, *values), str(body.get("mac", "")))


def _mac(key: bytes, *values: Any) -> str:
    return hmac.digest(key, "|".join(str(value) for value in values).encode(), hashlib.sha256).hex()


def _told(code: int, reason: int, message: str, **more: Any) -> ResponseReturnValue:
    told = {"return_code": code, "return_message": message, "sub_return_code": reason, "sub_return_message": message}
    return jsonify({**told, **more})
