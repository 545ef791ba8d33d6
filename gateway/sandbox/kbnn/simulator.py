"""The State Treasury at the sandbox: tells of credits that are opened by control, by call and as files.

Source: none is public. The notices are those of the example in payments/providers/kbnn/notice.toml, whose fields follow
form C1-02/NS; a real office's are agreed with it. Proofs: HMAC-SHA256 of the bytes as hex, or a detached signature.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from flask import Blueprint, Response, abort

from gateway.sandbox.base import NO_REFUNDS, PAID_ONLY, Answer, Call, Proof
from gateway.sandbox.book import Payment, PaymentState
from gateway.sandbox.clock import compact
from gateway.sandbox.desk import Desk
from gateway.sandbox.modes import Mode

HEADER = "X-Signature"
ACCOUNT, KIND, CHAPTER, SUB_ITEM = "accountNumber", "loaiGiaoDich", "maChuong", "maTieuMuc"


class TreasurySimulator:
    """One office: account value `hmac_key`, or `signing_key`, a PEM with an EC key.

    A credit's `asked` says which `accountNumber` it credits, and may say `loaiGiaoDich`, `maChuong` and `maTieuMuc`.
    """

    name = "kbnn"
    title = "Kho bạc Nhà nước"
    without: Mapping[Mode, str] = {**NO_REFUNDS, **PAID_ONLY}

    def __init__(self, account: Mapping[str, str]) -> None:
        self._key = account["hmac_key"].encode() if "hmac_key" in account else None
        self._signing_key = None if self._key is not None else _ec_key(account["signing_key"])

    def blueprint(self, desk: Desk) -> Blueprint:
        """The exchange of files: what a call tells, and beside it what proves it."""
        blueprint = Blueprint("kbnn", __name__)

        @blueprint.get("/files/<reference>.json")
        def notice(reference: str) -> Response:
            return Response(self._told(desk, reference).body, mimetype="application/json")

        @blueprint.get("/files/<reference>.json.sig")
        def proof(reference: str) -> Response:
            return Response(self._told(desk, reference).headers[HEADER], mimetype="text/plain")

        return blueprint

    def callback(self, payment: Payment, proof: Proof) -> Call | None:
        """The treasury tells of money only."""
        if payment.state is not PaymentState.PAID:
            return None
        body = json.dumps(_notice(payment), ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json"}
        if proof is not Proof.ABSENT:
            headers[HEADER] = self._proof(body, proof)
        return Call("POST", body=body, headers=headers)

    def read_answer(self, status: int, body: bytes) -> Answer:
        """Whatever is no 2xx is sent again."""
        return Answer(str(status), body.decode("utf-8", "replace"), final=200 <= status < 300)

    def return_address(self, payment: Payment) -> str:
        return ""

    def _told(self, desk: Desk, reference: str) -> Call:
        payment = desk.find(reference) or abort(404)
        return self.callback(payment, Proof.GOOD) or abort(404)

    def _proof(self, body: bytes, proof: Proof) -> str:
        if self._key is not None:
            return hmac.digest(proof.key(self._key), body, hashlib.sha256).hex()
        honest = self._signing_key if proof is Proof.GOOD else None
        key = honest or ec.generate_private_key(ec.SECP256R1())
        return base64.b64encode(key.sign(body, ec.ECDSA(hashes.SHA256()))).decode()


def _notice(payment: Payment) -> dict[str, Any]:
    asked = payment.asked
    line = {
        CHAPTER: asked.get(CHAPTER, "805"),
        SUB_ITEM: asked.get(SUB_ITEM, "2862"),
        "noiDung": "Phí, lệ phí",
        "soTien": payment.amount,
    }
    return {
        "soChungTu": f"C102-{payment.number}",
        "soButToan": f"KB{payment.number}",
        "ngayHachToan": compact(payment.decided_at or payment.opened_at),
        "loaiGiaoDich": asked.get(KIND, "CO"),
        "taiKhoanCo": asked.get(ACCOUNT, ""),
        "tongSoTien": payment.amount,
        "loaiTien": "VND",
        "noiDung": payment.purpose,
        "soToKhaiQuyetDinh": "",
        "chiTiet": [line],
    }


def _ec_key(pem: str) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise KeyError("an EC key as signing_key")
    return key
