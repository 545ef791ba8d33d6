"""Casso at the sandbox: tells of bank transfers that are opened by control. Source: Casso, webhook V2."""

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


class CassoSimulator:
    """One Casso account: account value `checksum_key`. A transfer's `asked` says which `accountNumber` it credits."""

    name = "casso"
    title = "Casso"
    without: Mapping[Mode, str] = {**NO_REFUNDS, **PAID_ONLY}

    def __init__(self, account: Mapping[str, str]) -> None:
        self._key = account["checksum_key"].encode()

    def blueprint(self, desk: Desk) -> Blueprint:
        """Casso is asked nothing here."""
        return Blueprint("casso", __name__)

    def callback(self, payment: Payment, proof: Proof) -> Call | None:
        if payment.state is not PaymentState.PAID:
            return None
        moment = (payment.decided_at or payment.opened_at).astimezone(GMT7)
        data = {
            "id": int(payment.number),
            "reference": f"FT{payment.number}",
            "description": payment.purpose,
            "amount": payment.amount,
            "runningBalance": 25_000_000,
            "transactionDateTime": moment.strftime("%Y-%m-%d %H:%M:%S"),
            "accountNumber": payment.asked.get("accountNumber", ""),
            "bankName": "Ngân hàng Mô Phỏng",
            "bankAbbreviation": "NHMP",
            "virtualAccountNumber": "",
            "virtualAccountName": "",
            "counterAccountName": "NGUYEN THI MAU",
            "counterAccountNumber": "0071000123456",
            "counterAccountBankId": "970415",
            "counterAccountBankName": "VietinBank",
        }
        told = {"error": 0, "data": data}
        headers = {"Content-Type": "application/json"}
        if proof is not Proof.ABSENT:
            stamp = int(time.time() * 1000)
            text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            value = hmac.digest(proof.key(self._key), f"{stamp}.{text}".encode(), hashlib.sha512).hex()
            headers["X-Casso-Signature"] = f"t={stamp},v1={value}"
        return Call("POST", body=json.dumps(told).encode(), headers=headers)

    def read_answer(self, status: int, body: bytes) -> Answer:
        return Answer(str(status), body.decode("utf-8", "replace"), final=200 <= status < 300)

    def return_address(self, payment: Payment) -> str:
        return ""
