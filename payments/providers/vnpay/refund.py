"""refund: asking VNPAY to pay back all or part of what an attempt took, and what became of it.

Source: VNPAY querydr and refund guide 2.1.0, refund.
"""

from collections.abc import Mapping
from typing import Final

from payments.errors import ProviderAnswerNotAuthentic, ProviderUnavailable, RefundNotPossible
from payments.local_time import compact_local
from payments.model import RefundEvent, RefundOutcome
from payments.plain_text import ascii_text
from payments.providers.base import RefundRequest
from payments.providers.vnpay.amounts import amount_text, parse_amount
from payments.providers.vnpay.callback import NAME
from payments.providers.vnpay.codes import SUCCESS
from payments.providers.vnpay.query import ANSWER_ORDER, VERSION, authentic_fields
from payments.providers.vnpay.signature import HASH_FIELD, hmac_sha512, pipe_joined

COMMAND: Final = "refund"
REQUEST_ORDER: Final = (
    *("RequestId", "Version", "Command", "TmnCode", "TransactionType", "TxnRef", "Amount", "TransactionNo"),
    *("TransactionDate", "CreateBy", "CreateDate", "IpAddr", "OrderInfo"),
)
# The promotion's fields are not signed in an answer to a refund.
REFUND_ANSWER_ORDER: Final = ANSWER_ORDER[:-2]
FULL, PARTIAL = "02", "03"

# vnp_ResponseCode after which nothing is paid back: more than was paid, malformed, in full after a part, in part only,
# no such transaction, an amount that cannot be, a payment that did not succeed.
REFUSALS: Final = frozenset({"02", "03", "04", "13", "91", "93", "95"})
# vnp_TransactionStatus of a payment that is paid back: 05 VNPAY works on it, 06 it has asked the bank, 09 refused.
REFUND_STATUSES: Final[Mapping[str, RefundOutcome]] = {
    "05": RefundOutcome.ACCEPTED,
    "06": RefundOutcome.ACCEPTED,
    "09": RefundOutcome.FAILED,
}


def refund_fields(asked: RefundRequest, *, tmn_code: str, secret: str, our_address: str) -> dict[str, str]:
    """Return the signed body of a refund request; the same refund gives the same bytes.

    Raises:
        PaymentNotPossible: The amount is none that VNPAY takes.
    """
    fields = {
        "vnp_RequestId": asked.reference,
        "vnp_Version": VERSION,
        "vnp_Command": COMMAND,
        "vnp_TmnCode": tmn_code,
        "vnp_TransactionType": FULL if asked.amount == asked.payment_amount else PARTIAL,
        "vnp_TxnRef": asked.payment.reference,
        "vnp_Amount": amount_text(asked.amount),
        "vnp_TransactionNo": asked.transaction or "0",
        "vnp_TransactionDate": compact_local(asked.payment.started_at),
        "vnp_CreateBy": ascii_text(asked.requested_by, 60) or "gateway",
        "vnp_CreateDate": compact_local(asked.requested_at),
        "vnp_IpAddr": our_address,
        "vnp_OrderInfo": ascii_text(asked.reason, 200) or f"Hoan tien {asked.payment.reference}",
    }
    return {**fields, HASH_FIELD: hmac_sha512(secret, pipe_joined(fields, REQUEST_ORDER))}


def read_refund_answer(raw: bytes, asked: RefundRequest, tmn_code: str, secret: str) -> RefundEvent:
    """Authenticate the answer to a refund request, then say in our words what it reports.

    VNPAY's 00 says that the request was taken, not that the payer's bank has the money. 94 says that it had this very
    request before: taken or not is then asked by querydr.

    Raises:
        RefundNotPossible: Refused for good.
        ProviderUnavailable, ProviderAnswerNotAuthentic: Unknown: money may move.
    """
    fields = authentic_fields(raw, REFUND_ANSWER_ORDER, COMMAND, asked.payment.reference, tmn_code, secret)
    code = fields.get("vnp_ResponseCode", "")
    if code in REFUSALS:
        raise RefundNotPossible(f"vnpay: the refund was refused with code {code!r}")
    if code != SUCCESS:
        return _event(asked, fields, RefundOutcome.UNKNOWN, code)
    _check_amount(fields, asked)
    status = REFUND_STATUSES.get(fields.get("vnp_TransactionStatus", ""), RefundOutcome.ACCEPTED)
    return _event(asked, fields, status, code)


def read_refund_status(raw: bytes, asked: RefundRequest, tmn_code: str, secret: str) -> RefundEvent:
    """Authenticate a querydr answer about the payment, then say what it tells of the refund.

    A status that tells of the payment only leaves the refund unknown.

    Raises:
        ProviderUnavailable, ProviderAnswerNotAuthentic: As for any querydr.
    """
    fields = authentic_fields(raw, ANSWER_ORDER, "querydr", asked.payment.reference, tmn_code, secret)
    if fields.get("vnp_ResponseCode") != SUCCESS:
        raise ProviderUnavailable("vnpay: the query was refused")
    if fields.get("vnp_TransactionType") not in (FULL, PARTIAL):
        return _event(asked, fields, RefundOutcome.UNKNOWN, "querydr")
    status = fields.get("vnp_TransactionStatus", "")
    outcome = REFUND_STATUSES.get(status, RefundOutcome.SUCCEEDED if status == SUCCESS else RefundOutcome.UNKNOWN)
    return _event(asked, fields, outcome, f"querydr/{status[:8]}")


def _check_amount(fields: Mapping[str, str], asked: RefundRequest) -> None:
    try:
        told = parse_amount(fields.get("vnp_Amount", ""))
    except ValueError:
        raise ProviderUnavailable("vnpay: the answer names no amount") from None
    if told != asked.amount:
        raise ProviderAnswerNotAuthentic("vnpay: the answer is about another amount")


def _event(asked: RefundRequest, fields: Mapping[str, str], outcome: RefundOutcome, code: str) -> RefundEvent:
    number = fields.get("vnp_TransactionNo", "")[:40]
    return RefundEvent(NAME, asked.reference, number, asked.amount, outcome, code[:20])
