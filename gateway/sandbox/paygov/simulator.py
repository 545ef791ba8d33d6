"""PayGov at the sandbox. Source: the fields of one public integration; nothing else about the hub is public.

Guesses, as payments/providers/paygov/messages.toml marks them: the checksum (HMAC-SHA256 over name=value, joined by &,
in alphabetical order), what we answer, every errorCode but 00, and that the hub also calls about payments that failed.
So is the other way to begin: the same fields as JSON through the LGSP, answered by errorCode and payUrl. It answers
no questions, because nobody published how they are put.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from gateway.sandbox.base import NO_REFUNDS, Answer, Call, Proof
from gateway.sandbox.book import Payment, PaymentState
from gateway.sandbox.clock import compact
from gateway.sandbox.desk import Desk
from gateway.sandbox.lgsp import Lgsp, wrapped

ASKED = frozenset(
    {"partnerCode", "accessKey", "serviceCode", "orderId", "amount", "orderInfo"}
    | {"requestCode", "returnUrl", "ipAddress"}
)
FORMS = {
    "orderId": r"[0-9A-Za-z.-]{1,100}-[0-9]{2}",
    "amount": r"[1-9][0-9]{0,14}",
    "requestCode": r"[0-9A-Za-z]{1,40}",
    "returnUrl": r"https?://.+",
    "ipAddress": r"[0-9a-f.:]+",
}
TAKEN, OTHER = "00", "99"


class PaygovSimulator:
    """One partner's hub: account values `partner_code`, `access_key`, `service_code` and `secret_key`.

    With `lgsp.client_id` and `lgsp.client_secret` payments begin by a post through the LGSP too.
    """

    name = "paygov"
    title = "PayGov"
    without = NO_REFUNDS

    def __init__(self, account: Mapping[str, str]) -> None:
        self._partner = {
            "partnerCode": account["partner_code"],
            "accessKey": account["access_key"],
            "serviceCode": account["service_code"],
        }
        self._secret = account["secret_key"].encode()
        posted = "lgsp.client_id" in account
        self._lgsp = Lgsp(account["lgsp.client_id"], account["lgsp.client_secret"]) if posted else None

    def blueprint(self, desk: Desk) -> Blueprint:
        blueprint = Blueprint("paygov", __name__)

        @blueprint.get("/pay")
        def show_payment() -> ResponseReturnValue:
            """Check what the payer's browser brings along and show the page on which the payer decides."""
            payment = self._opened(request.args.to_dict(), desk)
            return _refused(payment) if isinstance(payment, str) else desk.page(payment)

        if self._lgsp is not None:
            blueprint.register_blueprint(self._hub(self._lgsp, desk), url_prefix="/hub")
        return blueprint

    def _hub(self, lgsp: Lgsp, desk: Desk) -> Blueprint:
        hub = Blueprint("hub", __name__)
        lgsp.serve(hub)

        @hub.post("/payments")
        def post_payment() -> Response:
            """Check a posted payment and say where the payer's browser is to go."""
            payment = self._opened(_texts(request.get_json(silent=True)), desk)
            if isinstance(payment, str):
                return wrapped({"errorCode": OTHER, "message": payment})
            return wrapped({"errorCode": TAKEN, "message": "Success", "payUrl": desk.page_url(payment)})

        return hub

    def _opened(self, fields: dict[str, str], desk: Desk) -> Payment | str:
        """Return the payment that these fields open, or why they open none."""
        fault = self._fault(fields)
        if fault:
            return fault
        payment = desk.open(
            fields["requestCode"],
            int(fields["amount"]),
            fields["orderInfo"],
            return_url=fields["returnUrl"],
            asked=fields,
        )
        used = payment.asked != fields or payment.state is not PaymentState.OPEN
        return "requestCode đã được dùng" if used else payment

    def callback(self, payment: Payment, proof: Proof) -> Call | None:
        if payment.state is PaymentState.OPEN:
            return None
        told = self._told(payment, proof)
        return Call("POST", body=json.dumps(told).encode(), headers={"Content-Type": "application/json"})

    def read_answer(self, status: int, body: bytes) -> Answer:
        """The hub repeats what was not answered with status 200; 99 refuses a call for good."""
        try:
            told = json.loads(body)
            code, message = str(told["errorCode"]), str(told["message"])
        except (ValueError, KeyError, TypeError):
            return Answer("", "the answer is not the hub's JSON", final=False)
        if status != 200:
            return Answer(str(status), message, final=False)
        return Answer(code, message, final=code in (TAKEN, OTHER))

    def return_address(self, payment: Payment) -> str:
        joint = "&" if "?" in payment.return_url else "?"
        return f"{payment.return_url}{joint}{urlencode(self._told(payment, Proof.GOOD))}"

    def _fault(self, fields: Mapping[str, str]) -> str:
        if set(fields) != ASKED | {"checksum"}:
            return "Thiếu hoặc thừa trường dữ liệu"
        if not hmac.compare_digest(_checksum(fields, self._secret).encode(), fields["checksum"].encode()):
            return "Sai chữ ký"
        if any(fields[name] != value for name, value in self._partner.items()):
            return "Không có đối tác này"
        wrong = [name for name, form in FORMS.items() if not re.fullmatch(form, fields[name])]
        if not fields["orderInfo"].isascii():
            wrong.append("orderInfo")
        return f"Sai định dạng: {', '.join(wrong)}" if wrong else ""

    def _told(self, payment: Payment, proof: Proof) -> dict[str, str]:
        told = {
            "amount": str(payment.amount),
            "orderId": str(payment.asked["orderId"]),
            "orderInfo": payment.purpose,
            "requestCode": payment.reference,
            "transactionNo": payment.number if payment.number != "0" else "",
            "payDate": compact(payment.decided_at or payment.opened_at),
            "paygate": "VNPAY",
            "errorCode": TAKEN if payment.state is PaymentState.PAID else OTHER,
            "type": "1",
            "transactionCode": f"PG{payment.number}",
        }
        if proof is not Proof.ABSENT:
            told["checksum"] = _checksum(told, proof.key(self._secret))
        return told


def _checksum(fields: Mapping[str, str], key: bytes) -> str:
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name != "checksum")
    return hmac.digest(key, text.encode(), hashlib.sha256).hex()


def _texts(body: Any) -> dict[str, str]:
    """Return the fields of a posted message; none where one of them is no text."""
    given = body if isinstance(body, dict) else {}
    return given if all(isinstance(value, str) for value in given.values()) else {}


def _refused(text: str) -> ResponseReturnValue:
    title = f"Mã lỗi {OTHER}"
    return render_template("sandbox/notice.html", title=title, text=text, provider_title=PaygovSimulator.title), 400
