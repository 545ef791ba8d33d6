"""SePay at the sandbox: tells of bank transfers that are opened by control.

Source: SePay developer documentation, webhooks: payload, and authentication by API key or by HMAC-SHA256.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping

from flask import Blueprint

from gateway.sandbox.base import NO_REFUNDS, PAID_ONLY, Answer, Call, Proof
from gateway.sandbox.book import Payment, PaymentState
from gateway.sandbox.clock import GMT7
from gateway.sandbox.desk import Desk
from gateway.sandbox.modes import Mode


class SepaySimulator:
    """One SePay account: account value `signing_key`, or `api_key` where webhooks are not signed.

    A transfer's `asked` says which `accountNumber` it credits.
    """

    name = "sepay"
    title = "SePay"
    without: Mapping[Mode, str] = {**NO_REFUNDS, **PAID_ONLY}

    def __init__(self, account: Mapping[str, str]) -> None:
        self._signs = "signing_key" in account
        self._key = account["signing_key" if self._signs else "api_key"].encode()

    def blueprint(self, desk: Desk) -> Blueprint:
        """SePay is asked nothing here."""
        return Blueprint("sepay", __name__)

    def callback(self, payment: Payment, proof: Proof) -> Call | None:
        if payment.state is not PaymentState.PAID:
            return None
        moment = (payment.decided_at or payment.opened_at).astimezone(GMT7)
        told = {
            "id": int(payment.number),
            "gateway": "Ngân hàng Mô Phỏng",
            "transactionDate": moment.strftime("%Y-%m-%d %H:%M:%S"),
            "accountNumber": payment.asked.get("accountNumber", ""),
            "code": None,
            "content": payment.purpose,
            "transferType": payment.asked.get("transferType", "in"),
            "transferAmount": payment.amount,
            "accumulated": 19_077_000,
            "subAccount": None,
            "referenceCode": f"MBVCB.{payment.number}",
            "description": f"BankAPINotify {payment.purpose}",
        }
        body = json.dumps(told, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json"}
        if proof is not Proof.ABSENT:
            headers |= self._proved(body, proof.key(self._key))
        return Call("POST", body=body, headers=headers)

    def _proved(self, body: bytes, key: bytes) -> dict[str, str]:
        if not self._signs:
            return {"Authorization": f"Apikey {key.decode()}"}
        stamp = str(int(time.time()))
        signature = hmac.digest(key, stamp.encode() + b"." + body, hashlib.sha256).hex()
        return {"X-SePay-Timestamp": stamp, "X-SePay-Signature": f"sha256={signature}"}

    def read_answer(self, status: int, body: bytes) -> Answer:
        """SePay wants 2xx and `success`."""
        text = body.decode("utf-8", "replace")
        return Answer(str(status), text, final=200 <= status < 300 and '"success": true' in text)

    def return_address(self, payment: Payment) -> str:
        return ""
