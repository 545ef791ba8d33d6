"""The merchant asks what became of a payment. Source: VNPAY querydr and refund guide 2.1.0."""

import hmac
import secrets
from collections.abc import Mapping
from typing import Any

from gateway.sandbox.book import Payment, PaymentState, RefundState
from gateway.sandbox.clock import compact
from gateway.sandbox.desk import Desk
from gateway.sandbox.vnpay.checksum import keyed_hash

ASKED = (
    *("RequestId", "Version", "Command", "TmnCode", "TxnRef"),
    *("TransactionDate", "CreateDate", "IpAddr", "OrderInfo"),
)
TOLD = (
    *("ResponseId", "Command", "ResponseCode", "Message", "TmnCode", "TxnRef", "Amount", "BankCode", "PayDate"),
    *("TransactionNo", "TransactionType", "TransactionStatus", "OrderInfo", "PromotionCode", "PromotionAmount"),
)
STATUSES = {
    PaymentState.OPEN: "01",
    PaymentState.PENDING: "01",
    PaymentState.PAID: "00",
    PaymentState.CANCELLED: "02",
    PaymentState.FAILED: "02",
}
REFUND_STATUSES = {RefundState.WORKING: "05", RefundState.DONE: "00", RefundState.FAILED: "09"}


def answer_query(body: Mapping[str, Any], desk: Desk, tmn_code: str, secret: bytes) -> dict[str, str]:
    """Return the signed answer to a querydr request."""
    expected = keyed_hash("|".join(str(body.get(f"vnp_{name}", "")) for name in ASKED), secret)
    if not hmac.compare_digest(expected, str(body.get("vnp_SecureHash", "")).lower()):
        return _signed({"ResponseCode": "97", "Message": "Invalid checksum"}, tmn_code, secret)
    if body.get("vnp_TmnCode") != tmn_code:
        return _signed({"ResponseCode": "02", "Message": "Invalid TmnCode"}, tmn_code, secret)
    reference = str(body.get("vnp_TxnRef", ""))
    found = desk.find(reference)
    if found is None or body.get("vnp_TransactionDate") != found.asked["vnp_CreateDate"]:
        told = {"ResponseCode": "91", "Message": "Transaction not found", "TxnRef": reference}
        return _signed(told, tmn_code, secret)
    return _signed(_told(found), tmn_code, secret)


def _told(payment: Payment) -> dict[str, str]:
    return {
        "ResponseCode": "00",
        "Message": "QueryDR Success",
        "TxnRef": payment.reference,
        "Amount": str(payment.amount * 100),
        "BankCode": "NCB",
        "PayDate": compact(payment.decided_at) if payment.decided_at else "",
        "TransactionNo": payment.number,
        # After a refund the payment's record tells of that: 02 in full, 03 in part.
        "TransactionType": _type_of(payment),
        "TransactionStatus": (
            REFUND_STATUSES[payment.refunds[-1].state] if payment.refunds else STATUSES[payment.state]
        ),
        "OrderInfo": payment.purpose,
    }


def _type_of(payment: Payment) -> str:
    if not payment.refunds:
        return "01"
    return "02" if sum(refund.amount for refund in payment.refunds) == payment.amount else "03"


def _signed(told: Mapping[str, str], tmn_code: str, secret: bytes) -> dict[str, str]:
    fields = {"ResponseId": secrets.token_hex(16), "Command": "querydr", "TmnCode": tmn_code, **told}
    checksum = keyed_hash("|".join(fields.get(name, "") for name in TOLD), secret)
    return {**{f"vnp_{name}": value for name, value in fields.items()}, "vnp_SecureHash": checksum}
