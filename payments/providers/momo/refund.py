"""Refunds at MoMo: each is an order of its own, whose end stands in the payment's list of refunds.

Source: MoMo developers, payment, "Reverse & refund" and "Check transaction status" (gateway v2).
"""

from collections.abc import Mapping
from typing import Any

from payments.errors import ProviderAnswerNotAuthentic, ProviderUnavailable, RefundNotPossible
from payments.model import RefundEvent, RefundOutcome
from payments.plain_text import ascii_text
from payments.providers.base import RefundRequest
from payments.providers.momo.codes import REFUND_OUTCOMES, REFUND_REFUSALS, SUCCESS
from payments.providers.momo.notice import NAME
from payments.providers.momo.payment import answer_fields
from payments.providers.momo.signature import REFUND, signature
from payments.providers.plain_fields import parse_object, plain_texts


def refund_body(asked: RefundRequest, partner_code: str, access_key: str, secret_key: str) -> dict[str, Any]:
    """Return the signed body of a refund; the same refund gives the same body, so MoMo notices a repetition.

    Raises:
        RefundNotPossible: MoMo never told its number of the payment.
    """
    if not (asked.transaction.isascii() and asked.transaction.isdigit()):
        raise RefundNotPossible("momo: the payment has no number at MoMo")
    fields = {
        "partnerCode": partner_code,
        "orderId": asked.reference,
        "requestId": asked.reference,
        "amount": str(asked.amount.amount_minor),
        "transId": asked.transaction,
        "description": ascii_text(asked.reason, 200),
    }
    proof = signature(fields, REFUND, access_key, secret_key)
    numbers = {"amount": asked.amount.amount_minor, "transId": int(asked.transaction)}
    return {**fields, **numbers, "lang": "vi", "signature": proof}


def read_refund_answer(raw: bytes, asked: RefundRequest, partner_code: str) -> RefundEvent:
    """Say in our words what the answer to a refund request reports.

    Raises:
        RefundNotPossible: Refused for good.
        ProviderUnavailable, ProviderAnswerNotAuthentic: Unknown: money may move.
    """
    fields = answer_fields(raw, partner_code)
    code = fields["resultCode"]
    if code in REFUND_REFUSALS:
        raise RefundNotPossible(f"momo: the refund was refused with code {code!r}")
    if code == SUCCESS and _subject(fields) != (asked.reference, str(asked.amount.amount_minor)):
        raise ProviderAnswerNotAuthentic("momo: the answer is about another refund")
    return _event(asked, fields.get("transId", ""), code, code)


def read_refund_status(raw: bytes, asked: RefundRequest, partner_code: str) -> RefundEvent:
    """Find a refund in the list of the payment's refunds; one that is not there is unknown.

    Raises:
        ProviderUnavailable, ProviderAnswerNotAuthentic: As for any query.
    """
    fields = answer_fields(raw, partner_code)
    if fields.get("orderId") != asked.payment.reference:
        raise ProviderAnswerNotAuthentic("momo: the answer is about another payment")
    listed = parse_object(raw).get("refundTrans") or []
    for entry in listed if isinstance(listed, list) else []:
        found = plain_texts(entry) if isinstance(entry, dict) else {}
        if found.get("orderId") == asked.reference:
            if found.get("amount") != str(asked.amount.amount_minor):
                raise ProviderUnavailable("momo: the refund is listed with another amount")
            code = found.get("resultCode", "")
            return _event(asked, found.get("transId", ""), code, f"query/{code}")
    return _event(asked, "", "", "query")


def _subject(fields: Mapping[str, str]) -> tuple[str | None, str | None]:
    return fields.get("orderId"), fields.get("amount")


def _event(asked: RefundRequest, number: str, code: str, words: str) -> RefundEvent:
    outcome = REFUND_OUTCOMES.get(code, RefundOutcome.UNKNOWN)
    return RefundEvent(NAME, asked.reference, number[:40], asked.amount, outcome, words[:20])
