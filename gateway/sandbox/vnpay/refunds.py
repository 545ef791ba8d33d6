"""The merchant asks to pay back. Source: VNPAY querydr and refund guide 2.1.0, refund."""

import hmac
import secrets
from collections.abc import Mapping
from typing import Any

from gateway.sandbox.desk import Desk
from gateway.sandbox.refunding import RefundVerdict
from gateway.sandbox.vnpay.checksum import keyed_hash
from gateway.sandbox.vnpay.querydr import TOLD

ASKED = (
    *("RequestId", "Version", "Command", "TmnCode", "TransactionType", "TxnRef", "Amount", "TransactionNo"),
    *("TransactionDate", "CreateBy", "CreateDate", "IpAddr", "OrderInfo"),
)
ANSWERS = {
    RefundVerdict.TAKEN: ("00", "Success"),
    RefundVerdict.UNKNOWN_PAYMENT: ("91", "Not found"),
    RefundVerdict.NOT_PAID: ("95", "Refused"),
    RefundVerdict.REPEATED: ("94", "Duplicate request"),
    RefundVerdict.TOO_MUCH: ("02", "Total refund exceeds the payment"),
    RefundVerdict.REFUSED: ("95", "Refused"),
}


def answer_refund(body: Mapping[str, Any], desk: Desk, tmn_code: str, secret: bytes) -> dict[str, str]:
    """Return the signed answer to a refund request."""
    expected = keyed_hash("|".join(str(body.get(f"vnp_{name}", "")) for name in ASKED), secret)
    if not hmac.compare_digest(expected, str(body.get("vnp_SecureHash", "")).lower()):
        return _signed("97", "Invalid checksum", body, tmn_code, secret)
    if body.get("vnp_TmnCode") != tmn_code or not str(body.get("vnp_Amount", "")).isdigit():
        return _signed("03", "Invalid format", body, tmn_code, secret)
    payment = desk.find(str(body.get("vnp_TxnRef")))
    verdict, refund = desk.refund(payment, str(body.get("vnp_RequestId")), int(body["vnp_Amount"]) // 100)
    taken = refund.number if refund and verdict is RefundVerdict.TAKEN else "0"
    return _signed(*ANSWERS[verdict], body, tmn_code, secret, taken)


def _signed(
    code: str, message: str, body: Mapping[str, Any], tmn_code: str, secret: bytes, number: str = "0"
) -> dict[str, str]:
    asked = {name: str(body.get(f"vnp_{name}", "")) for name in ASKED}
    fields = {
        "ResponseId": secrets.token_hex(16),
        "Command": "refund",
        "ResponseCode": code,
        "Message": message,
        "TmnCode": tmn_code,
        "TxnRef": asked["TxnRef"],
        "Amount": asked["Amount"],
        "BankCode": "NCB",
        "TransactionNo": number,
        "TransactionType": asked["TransactionType"],
        "TransactionStatus": "05" if code == "00" else "",
        "OrderInfo": asked["OrderInfo"],
    }
    # The promotion's two fields, at the end of a querydr answer, are not part of this one.
    checksum = keyed_hash("|".join(fields.get(name, "") for name in TOLD[:-2]), secret)
    return {**{f"vnp_{name}": value for name, value in fields.items()}, "vnp_SecureHash": checksum}
