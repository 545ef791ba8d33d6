"""Starting a payment at ZaloPay, and asking what became of it.

ZaloPay signs no answers: they are believed because of the TLS connection on which they came.
Source: ZaloPay docs, "Create a new order" and "Query status of an order" (v2).
"""

import json
from typing import Any, Final

from payments.errors import PaymentNotPossible, ProviderUnavailable
from payments.model import ProviderEvent, ProviderOutcome
from payments.money import VND
from payments.plain_text import ascii_text
from payments.providers.base import PaymentRequest, QueryRequest, StartedPayment
from payments.providers.plain_fields import parse_amount, parse_moment, parse_named, parse_object, plain_texts
from payments.providers.zalopay.callback import NAME
from payments.providers.zalopay.codes import FAIL, NO_SUCH_ORDER, ORDER_FAILED, ORDER_REFUSED, PROCESSING, SUCCESS
from payments.providers.zalopay.fields import mac, milliseconds

LEAST_SECONDS: Final = 300
# ZaloPay wants a name of the payer and takes the merchant's for one that it does not know.
PAYER: Final = "citizen"
ORDER_TEXT_CHARACTERS: Final = 200


def create_body(payment: PaymentRequest, app_id: int, key1: str) -> dict[str, Any]:
    """Return the signed body that starts a payment.

    Raises:
        PaymentNotPossible: ZaloPay takes no such amount or currency.
    """
    if payment.amount.currency != VND or not payment.amount.is_positive:
        raise PaymentNotPossible("ZaloPay takes whole positive amounts of VND")
    fields: dict[str, Any] = {
        "app_id": app_id,
        "app_trans_id": payment.reference,
        "app_user": PAYER,
        "amount": payment.amount.amount_minor,
        "app_time": milliseconds(payment.started_at),
        "embed_data": json.dumps({"redirecturl": payment.return_url}, separators=(",", ":")),
        "item": "[]",
    }
    return {
        **fields,
        "description": ascii_text(payment.purpose, ORDER_TEXT_CHARACTERS) or payment.reference,
        "bank_code": "",
        "callback_url": payment.callback_url,
        "expire_duration_seconds": max(LEAST_SECONDS, int((payment.expires_at - payment.started_at).total_seconds())),
        "mac": mac(key1, *fields.values()),
    }


def read_created(raw: bytes) -> StartedPayment:
    """Say how the payer goes on.

    Raises:
        PaymentNotPossible: Refused for what is in it; nothing was started.
        ProviderUnavailable: It may have started.
    """
    fields = answer_fields(raw)
    code, reason = fields["return_code"], fields.get("sub_return_code", "")
    if code in (FAIL, *ORDER_REFUSED) and (code in ORDER_REFUSED or reason in ORDER_REFUSED):
        raise PaymentNotPossible(f"zalopay: the payment was refused with code {code}/{reason}")
    if code != SUCCESS:
        raise ProviderUnavailable(f"zalopay: the payment was refused with code {code[:8]!r}/{reason[:8]!r}")
    if not fields.get("order_url", "").startswith(("https://", "http://")):
        raise ProviderUnavailable("zalopay: the answer names no page")
    return StartedPayment(
        fields["order_url"], fields.get("qr_code") or None, provider_reference=fields.get("zp_trans_token") or None
    )


def query_body(reference: str, app_id: int, key1: str) -> dict[str, Any]:
    """Return the signed body that asks about a payment."""
    return {"app_id": app_id, "app_trans_id": reference, "mac": mac(key1, app_id, reference, key1)}


def read_status(raw: bytes, asked: QueryRequest) -> ProviderEvent:
    """Say in our words what an answer to a query reports; it names no order, so it is about the one asked for.

    Raises:
        ProviderUnavailable: Not an answer, a refusal of the query itself, or a field is missing or malformed.
    """
    fields = answer_fields(raw)
    code, reason = fields["return_code"], fields.get("sub_return_code", "")
    if code not in (SUCCESS, FAIL, PROCESSING):
        raise ProviderUnavailable(f"zalopay: the query was refused with code {code[:8]!r}")
    words = f"query/{code}/{reason[:8]}"
    if code != SUCCESS:
        return ProviderEvent(NAME, asked.reference, "0", asked.amount, _unpaid(code, reason), words)
    try:
        return ProviderEvent(
            provider=NAME,
            reference=asked.reference,
            transaction=parse_named(fields["zp_trans_id"], 40),
            amount=parse_amount(fields["amount"]),
            outcome=ProviderOutcome.SUCCEEDED,
            code=words,
            paid_at=parse_moment(fields["server_time"]) if fields.get("server_time") else None,
        )
    except (KeyError, ValueError) as error:
        raise ProviderUnavailable(f"zalopay: a field of the answer is missing or malformed: {error}") from None


def _unpaid(code: str, reason: str) -> ProviderOutcome:
    if code == FAIL and reason == NO_SUCH_ORDER:
        return ProviderOutcome.NOT_FOUND
    return ProviderOutcome.FAILED if code == FAIL and reason in ORDER_FAILED else ProviderOutcome.UNKNOWN


def is_refusal(raw: bytes) -> bool:
    """Whether ZaloPay says in an answer why it did not do what was asked, whatever HTTP's status."""
    try:
        return plain_texts(parse_object(raw)).get("return_code", SUCCESS) not in ("", SUCCESS, PROCESSING)
    except ValueError:
        return False


def answer_fields(raw: bytes) -> dict[str, str]:
    """Return the plain fields of an answer to us. Raises ProviderUnavailable where it is none."""
    try:
        fields = plain_texts(parse_object(raw))
    except ValueError as error:
        raise ProviderUnavailable(f"zalopay: the answer is not a JSON object: {error}") from None
    if not fields.get("return_code"):
        raise ProviderUnavailable("zalopay: the answer has no return code")
    return fields
