"""Refunds at ZaloPay: asked for, worked on, and asked about until they have ended.

Source: ZaloPay docs, "Refund for a transaction" and "Query for refund status" (v2).
"""

from datetime import datetime
from typing import Any

from payments.errors import ProviderUnavailable, RefundNotPossible
from payments.model import RefundEvent, RefundOutcome
from payments.plain_text import ascii_text
from payments.providers.base import RefundRequest
from payments.providers.zalopay.callback import NAME
from payments.providers.zalopay.codes import FAIL, PROCESSING, REFUND_FAILED, REFUND_OUTCOMES, REFUND_REFUSED, SUCCESS
from payments.providers.zalopay.fields import mac, milliseconds, refund_name
from payments.providers.zalopay.order import answer_fields


def refund_body(asked: RefundRequest, app_id: int, key1: str) -> dict[str, Any]:
    """Return the signed body of a refund request; the same refund gives the same bytes.

    Raises:
        RefundNotPossible: ZaloPay never told its number of the payment.
    """
    if not (asked.transaction.isascii() and asked.transaction.isdigit() and asked.transaction != "0"):
        raise RefundNotPossible("zalopay: the payment has no number at ZaloPay")
    fields: dict[str, Any] = {
        "app_id": app_id,
        "zp_trans_id": asked.transaction,
        "amount": asked.amount.amount_minor,
        "description": ascii_text(asked.reason, 100) or f"Hoan tien {asked.payment.reference}",
        "timestamp": milliseconds(asked.requested_at),
    }
    name = refund_name(app_id, asked.reference, asked.requested_at)
    return {**fields, "m_refund_id": name, "mac": mac(key1, *fields.values())}


def read_refund_answer(raw: bytes, asked: RefundRequest) -> RefundEvent:
    """Say in our words what the answer to a refund request reports: at best that ZaloPay works on it.

    Raises:
        RefundNotPossible: Refused for good.
        ProviderUnavailable: Unknown: money may move.
    """
    fields = answer_fields(raw)
    code, reason = fields["return_code"], fields.get("sub_return_code", "")
    if (code == FAIL and reason in REFUND_REFUSED) or code in REFUND_REFUSED:
        raise RefundNotPossible(f"zalopay: the refund was refused with code {code}/{reason}")
    outcome = RefundOutcome.ACCEPTED if code in (SUCCESS, PROCESSING) else RefundOutcome.UNKNOWN
    return _event(asked, fields.get("refund_id", ""), outcome, f"{code[:8]}/{reason[:8]}")


def refund_query_body(asked: RefundRequest, app_id: int, key1: str, now: datetime) -> dict[str, Any]:
    """Return the signed body that asks about a refund."""
    name, timestamp = refund_name(app_id, asked.reference, asked.requested_at), milliseconds(now)
    signed = mac(key1, app_id, name, timestamp)
    return {"app_id": app_id, "m_refund_id": name, "timestamp": timestamp, "mac": signed}


def read_refund_status(raw: bytes, asked: RefundRequest) -> RefundEvent:
    """Say in our words what became of a refund.

    Raises:
        ProviderUnavailable: Not an answer, or a refusal of the query itself.
    """
    fields = answer_fields(raw)
    code, reason = fields["return_code"], fields.get("sub_return_code", "")
    if code not in (SUCCESS, FAIL, PROCESSING):
        raise ProviderUnavailable(f"zalopay: the query was refused with code {code[:8]!r}")
    outcome = REFUND_OUTCOMES.get(code, RefundOutcome.UNKNOWN)
    if code == FAIL and reason in REFUND_FAILED:
        outcome = RefundOutcome.FAILED
    return _event(asked, fields.get("refund_id", ""), outcome, f"query/{code}/{reason[:8]}")


def _event(asked: RefundRequest, number: str, outcome: RefundOutcome, words: str) -> RefundEvent:
    return RefundEvent(NAME, asked.reference, number[:40], asked.amount, outcome, words[:20])
