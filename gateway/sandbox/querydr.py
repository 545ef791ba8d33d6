"""The merchant asks what became of a transaction. Source: VNPAY querydr and refund guide 2.1.0."""

import hmac
import secrets
from collections.abc import Mapping
from typing import Any

from gateway.sandbox.book import Book, Transaction
from gateway.sandbox.checksum import keyed_hash

ASKED = (
    *("RequestId", "Version", "Command", "TmnCode", "TxnRef"),
    *("TransactionDate", "CreateDate", "IpAddr", "OrderInfo"),
)
TOLD = (
    *("ResponseId", "Command", "ResponseCode", "Message", "TmnCode", "TxnRef", "Amount", "BankCode", "PayDate"),
    *("TransactionNo", "TransactionType", "TransactionStatus", "OrderInfo", "PromotionCode", "PromotionAmount"),
)


def answer_query(body: Mapping[str, Any], book: Book, tmn_code: str, secret: bytes) -> dict[str, str]:
    """Return the signed answer to a querydr request."""
    expected = keyed_hash("|".join(str(body.get(f"vnp_{name}", "")) for name in ASKED), secret)
    if not hmac.compare_digest(expected, str(body.get("vnp_SecureHash", "")).lower()):
        return _signed({"ResponseCode": "97", "Message": "Invalid checksum"}, tmn_code, secret)
    if body.get("vnp_TmnCode") != tmn_code:
        return _signed({"ResponseCode": "02", "Message": "Invalid TmnCode"}, tmn_code, secret)
    reference = str(body.get("vnp_TxnRef", ""))
    found = book.find(reference)
    if found is None or body.get("vnp_TransactionDate") != found.create_date:
        told = {"ResponseCode": "91", "Message": "Transaction not found", "TxnRef": reference}
        return _signed(told, tmn_code, secret)
    return _signed(_told(found), tmn_code, secret)


def _told(transaction: Transaction) -> dict[str, str]:
    return {
        "ResponseCode": "00",
        "Message": "QueryDR Success",
        "TxnRef": transaction.txn_ref,
        "Amount": transaction.amount,
        "BankCode": "NCB",
        "PayDate": transaction.pay_date,
        "TransactionNo": transaction.number,
        # After a refund the payment's record tells of that: 02 in full, 03 in part.
        "TransactionType": _type_of(transaction),
        "TransactionStatus": transaction.refund_status or transaction.transaction_status,
        "OrderInfo": transaction.order_info,
    }


def _type_of(transaction: Transaction) -> str:
    if not transaction.refunds:
        return "01"
    return "02" if transaction.refunded == int(transaction.amount) else "03"


def _signed(told: Mapping[str, str], tmn_code: str, secret: bytes) -> dict[str, str]:
    fields = {"ResponseId": secrets.token_hex(16), "Command": "querydr", "TmnCode": tmn_code, **told}
    checksum = keyed_hash("|".join(fields.get(name, "") for name in TOLD), secret)
    return {**{f"vnp_{name}": value for name, value in fields.items()}, "vnp_SecureHash": checksum}
