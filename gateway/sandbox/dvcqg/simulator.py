"""The national payment platform at the sandbox, messages 1.0.6. Source: two public integrations; none is official.

Seen there: INIT, CONFIRM and its answer's codes, what the checksums of INIT, CONFIRM and questions cover. Guesses, as
payments/providers/dvcqg/messages.toml marks them: LoaiBanTin QUERY and RECEIPT, what the checksums of answers cover,
and that CONFIRM also tells of payments that failed or are worked on (with 99).
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from gateway.sandbox.base import NO_REFUNDS, Answer, Call, Proof
from gateway.sandbox.book import Payment, PaymentState
from gateway.sandbox.clock import compact
from gateway.sandbox.desk import Desk
from gateway.sandbox.dvcqg.asking import faults_of
from gateway.sandbox.dvcqg.checksum import ACKNOWLEDGEMENT, CONFIRM, INIT, QUESTION, STATUS, checksum, is_proved
from gateway.sandbox.dvcqg.receipt import receipt_of
from gateway.sandbox.lgsp import Lgsp, wrapped

TAKEN, REFUSED = "00", "99"
# TrangThaiGD: 1 paid, 3 not known yet, 4 failed.
STATES: Final = {
    PaymentState.OPEN: "3",
    PaymentState.PENDING: "3",
    PaymentState.PAID: "1",
    PaymentState.CANCELLED: "4",
    PaymentState.FAILED: "4",
}


class DvcqgSimulator:
    """One partner's platform: account values `partner_code`, `secret`, `lgsp.client_id` and `lgsp.client_secret`."""

    name = "dvcqg"
    title = "Nền tảng thanh toán Cổng DVCQG"
    without = NO_REFUNDS

    def __init__(self, account: Mapping[str, str]) -> None:
        self._partner = account["partner_code"]
        self._secret = account["secret"].encode()
        self._lgsp = Lgsp(account["lgsp.client_id"], account["lgsp.client_secret"])

    def blueprint(self, desk: Desk) -> Blueprint:
        blueprint = Blueprint("dvcqg", __name__)
        self._lgsp.serve(blueprint)
        services: dict[str, Callable[[dict[str, Any], Desk], Response]] = {
            "init": self._init,
            "status": self._status,
            "receipt": self._receipt,
        }

        @blueprint.post("/paymentplatform/<service>")
        def api(service: str) -> ResponseReturnValue:
            """Answer INIT, questions about payments and for receipts."""
            body = request.get_json(silent=True)
            if service not in services or not isinstance(body, dict):
                return _refused("Khong dung dinh dang")
            if body.get("MaDoiTac") != self._partner:
                return _refused("Khong co doi tac nay")
            if not is_proved(body, INIT if service == "init" else QUESTION, self._secret):
                return _refused("Sai ma xac thuc")
            return services[service](body, desk)

        return blueprint

    def callback(self, payment: Payment, proof: Proof) -> Call | None:
        """CONFIRM."""
        if payment.state is PaymentState.OPEN:
            return None
        told = self._told(payment, "CONFIRM", TAKEN if payment.state is PaymentState.PAID else REFUSED)
        if proof is not Proof.ABSENT:
            told["MaXacThuc"] = checksum(told, CONFIRM, proof.key(self._secret))
        body = json.dumps(told, ensure_ascii=False).encode()
        return Call("POST", body=body, headers={"Content-Type": "application/json"})

    def read_answer(self, status: int, body: bytes) -> Answer:
        """The platform believes a 00 only with its checksum; anything but an answer of status 200 it repeats."""
        try:
            told = json.loads(body)
            code, message = str(told["MaLoi"]), str(told["MoTaLoi"])
        except (ValueError, KeyError, TypeError):
            return Answer("", "the answer is not the platform's JSON", final=False)
        if status != 200:
            return Answer(str(status), message, final=False)
        if code == TAKEN and not is_proved(told, ACKNOWLEDGEMENT, self._secret):
            return Answer("", "the answer's checksum is absent or wrong", final=False)
        return Answer(code, message, final=code in (TAKEN, REFUSED))

    def return_address(self, payment: Payment) -> str:
        """INIT names none: the payer's browser stays."""
        return ""

    def _init(self, body: dict[str, Any], desk: Desk) -> Response:
        fault = next(faults_of(body), None)
        if fault is not None:
            return _refused(fault)
        if desk.find(body["MaThamChieu"]) is not None:
            return _refused("MaThamChieu was used before")
        payment = desk.open(body["MaThamChieu"], int(body["SoTien"]), body["ThongTinGiaoDich"], asked=body)
        return wrapped({"MaLoi": TAKEN, "MoTaLoi": "Thanh cong", "UrlThanhToan": desk.page_url(payment)})

    def _status(self, body: dict[str, Any], desk: Desk) -> Response:
        payment = desk.find(str(body.get("MaThamChieu")))
        if payment is None or body["LoaiBanTin"] != "QUERY":
            return _refused("Khong tim thay giao dich")
        told = {**self._told(payment, "QUERY", TAKEN), "TrangThaiGD": STATES[payment.state]}
        return wrapped({**told, "MaXacThuc": checksum(told, STATUS, self._secret)})

    def _receipt(self, body: dict[str, Any], desk: Desk) -> Response:
        payment = desk.find(str(body.get("MaThamChieu")))
        if payment is None or payment.state is not PaymentState.PAID or body["LoaiBanTin"] != "RECEIPT":
            return _refused("Khong co bien lai")
        return Response(receipt_of(payment), mimetype="application/pdf")

    def _told(self, payment: Payment, kind: str, code: str) -> dict[str, Any]:
        return {
            "LoaiBanTin": kind,
            "MaLoi": code,
            "MaDoiTac": self._partner,
            "MaThamChieu": payment.reference,
            "SoTien": payment.amount,
            "MaTienTe": "VND",
            "MaGiaoDich": f"PP{payment.number}" if payment.number != "0" else "",
            "MaNganHang": "NHMP",
            "ThoiGianGD": compact(payment.decided_at or payment.opened_at),
            "ThongTinGiaoDich": payment.purpose,
        }


def _refused(reason: str) -> Response:
    return wrapped({"MaLoi": REFUSED, "MoTaLoi": reason})
