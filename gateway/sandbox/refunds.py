"""The merchant asks to pay back. Source: VNPAY querydr and refund guide 2.1.0, refund."""

import hmac
import secrets
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from gateway.sandbox.book import Book
from gateway.sandbox.checksum import keyed_hash
from gateway.sandbox.querydr import TOLD

ASKED = (
    *("RequestId", "Version", "Command", "TmnCode", "TransactionType", "TxnRef", "Amount", "TransactionNo"),
    *("TransactionDate", "CreateBy", "CreateDate", "IpAddr", "OrderInfo"),
)
MESSAGES = {"00": "Success", "02": "Total refund exceeds the payment", "91": "Not found", "94": "Duplicate request"}


class RefundMode(StrEnum):
    """What becomes of requests to pay back.

    LOST_ANSWER takes them and answers with an error of the server, so that the merchant does not know.
    """

    TAKEN = "taken"
    REFUSED = "refused"
    LOST_ANSWER = "lost-answer"


def answer_refund(
    body: Mapping[str, Any], book: Book, mode: RefundMode, tmn_code: str, secret: bytes
) -> dict[str, str] | None:
    """Return the signed answer to a refund request; None where the answer is lost on its way."""
    expected = keyed_hash("|".join(str(body.get(f"vnp_{name}", "")) for name in ASKED), secret)
    if not hmac.compare_digest(expected, str(body.get("vnp_SecureHash", "")).lower()):
        return _signed("97", body, tmn_code, secret)
    if body.get("vnp_TmnCode") != tmn_code or not str(body.get("vnp_Amount", "")).isdigit():
        return _signed("03", body, tmn_code, secret)
    if mode is RefundMode.REFUSED:
        return _signed("95", body, tmn_code, secret)
    code = book.refund(str(body.get("vnp_TxnRef")), str(body.get("vnp_RequestId")), int(body["vnp_Amount"]))
    return None if mode is RefundMode.LOST_ANSWER else _signed(code, body, tmn_code, secret)


def _signed(code: str, body: Mapping[str, Any], tmn_code: str, secret: bytes) -> dict[str, str]:
    asked = {name: str(body.get(f"vnp_{name}", "")) for name in ASKED}
    fields = {
        "ResponseId": secrets.token_hex(16),
        "Command": "refund",
        "ResponseCode": code,
        "Message": MESSAGES.get(code, "Refused"),
        "TmnCode": tmn_code,
        "TxnRef": asked["TxnRef"],
        "Amount": asked["Amount"],
        "BankCode": "NCB",
        "TransactionNo": str(10_000_000 + secrets.randbelow(90_000_000)) if code == "00" else "0",
        "TransactionType": asked["TransactionType"],
        "TransactionStatus": "05" if code == "00" else "",
        "OrderInfo": asked["OrderInfo"],
    }
    # The promotion's two fields, at the end of a querydr answer, are not part of this one.
    checksum = keyed_hash("|".join(fields.get(name, "") for name in TOLD[:-2]), secret)
    return {**{f"vnp_{name}": value for name, value in fields.items()}, "vnp_SecureHash": checksum}
