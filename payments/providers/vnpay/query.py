"""querydr: asking VNPAY what became of an attempt."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from payments.errors import ProviderAnswerNotAuthentic, ProviderUnavailable
from payments.local_time import compact_local, parse_compact_local
from payments.model import ProviderEvent, ProviderOutcome
from payments.providers.base import QueryRequest
from payments.providers.vnpay.amounts import parse_amount
from payments.providers.vnpay.callback import NAME
from payments.providers.vnpay.codes import NO_SUCH_TRANSACTION, SUCCESS, query_outcome
from payments.providers.vnpay.signature import HASH_FIELD, hmac_sha512, is_checksum, pipe_joined

VERSION: Final = "2.1.0"
REQUEST_ORDER: Final = (
    *("RequestId", "Version", "Command", "TmnCode", "TxnRef"),
    *("TransactionDate", "CreateDate", "IpAddr", "OrderInfo"),
)
ANSWER_ORDER: Final = (
    *("ResponseId", "Command", "ResponseCode", "Message", "TmnCode", "TxnRef", "Amount", "BankCode", "PayDate"),
    *("TransactionNo", "TransactionType", "TransactionStatus", "OrderInfo", "PromotionCode", "PromotionAmount"),
)


def query_fields(
    asked: QueryRequest, *, request_id: str, tmn_code: str, secret: str, our_address: str, now: datetime
) -> dict[str, str]:
    """Return the signed body of a querydr request.

    Source: VNPAY querydr and refund guide 2.1.0, querydr.
    """
    fields = {
        "vnp_RequestId": request_id,
        "vnp_Version": VERSION,
        "vnp_Command": "querydr",
        "vnp_TmnCode": tmn_code,
        "vnp_TxnRef": asked.reference,
        "vnp_TransactionDate": compact_local(asked.started_at),
        "vnp_CreateDate": compact_local(now),
        "vnp_IpAddr": our_address,
        "vnp_OrderInfo": f"Truy van {asked.reference}",
    }
    return {**fields, HASH_FIELD: hmac_sha512(secret, pipe_joined(fields, REQUEST_ORDER))}


def read_answer(raw: bytes, asked: QueryRequest, tmn_code: str, secret: str) -> ProviderEvent:
    """Authenticate a querydr answer, then say in our words what it reports.

    Raises:
        ProviderUnavailable: Not an answer, a refusal of the query itself, or a field is missing or malformed.
        ProviderAnswerNotAuthentic: The checksum is absent or wrong, or the answer is about something else.
    """
    fields = authentic_fields(raw, ANSWER_ORDER, "querydr", asked.reference, tmn_code, secret)
    response_code = fields.get("vnp_ResponseCode", "")
    if response_code == NO_SUCH_TRANSACTION:
        return ProviderEvent(NAME, asked.reference, "0", asked.amount, ProviderOutcome.NOT_FOUND, response_code)
    if response_code != SUCCESS:
        raise ProviderUnavailable(f"vnpay: the query was refused with code {response_code[:8]!r}")
    return _event(fields, asked)


def is_refusal(raw: bytes) -> bool:
    """Whether VNPAY names in an answer a reason for refusing; its checksum is still to be checked."""
    try:
        return _fields(raw).get("vnp_ResponseCode", SUCCESS) not in ("", SUCCESS)
    except ProviderUnavailable:
        return False


def authentic_fields(
    raw: bytes, order: Iterable[str], command: str, reference: str, tmn_code: str, secret: str
) -> dict[str, str]:
    """Return the fields of an answer whose checksum is right and that answers this command about this attempt.

    Raises:
        ProviderUnavailable: Not an answer.
        ProviderAnswerNotAuthentic: The checksum is absent or wrong, or the answer is about something else.
    """
    fields = _fields(raw)
    if not is_checksum(fields.get(HASH_FIELD, ""), hmac_sha512(secret, pipe_joined(fields, order))):
        raise ProviderAnswerNotAuthentic("vnpay: the answer's checksum is absent or wrong")
    if fields.get("vnp_TmnCode") != tmn_code or fields.get("vnp_Command") != command:
        raise ProviderAnswerNotAuthentic("vnpay: the answer is to another question")
    if fields.get("vnp_TxnRef") != reference:
        raise ProviderAnswerNotAuthentic("vnpay: the answer is about another attempt")
    return fields


def _event(fields: Mapping[str, str], asked: QueryRequest) -> ProviderEvent:
    status = fields.get("vnp_TransactionStatus", "")
    try:
        return ProviderEvent(
            provider=NAME,
            reference=asked.reference,
            transaction=fields["vnp_TransactionNo"][:40] or "0",
            amount=parse_amount(fields["vnp_Amount"]),
            outcome=query_outcome(status),
            code=f"querydr/{status[:8]}",
            paid_at=parse_compact_local(fields["vnp_PayDate"]) if fields.get("vnp_PayDate") else None,
        )
    except (KeyError, ValueError) as error:
        raise ProviderUnavailable(f"vnpay: a field of the answer is missing or malformed: {error}") from None


def _fields(raw: bytes) -> dict[str, str]:
    try:
        answer = json.loads(raw.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise ProviderUnavailable("vnpay: the answer is not JSON") from None
    if not isinstance(answer, dict):
        raise ProviderUnavailable("vnpay: the answer is not a JSON object")
    # VNPAY writes amounts and numbers with or without quotes; both sign as the same text.
    return {key: "" if value is None else str(value) for key, value in answer.items() if _is_plain(value)}


def _is_plain(value: object) -> bool:
    return value is None or (isinstance(value, str | int) and not isinstance(value, bool))
