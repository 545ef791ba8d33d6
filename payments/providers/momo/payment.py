"""Starting a payment at MoMo, and asking what became of it.

MoMo signs no answers: they are believed for the TLS connection on which they came, and only about what was asked.
Source: MoMo developers, payment, "One-time payments" and "Check transaction status" (gateway v2).
"""

from typing import Any, Final

from payments.errors import PaymentNotPossible, ProviderAnswerNotAuthentic, ProviderUnavailable
from payments.model import ProviderEvent, ProviderOutcome
from payments.money import VND
from payments.plain_text import ascii_text
from payments.providers.base import PaymentRequest, QueryRequest, StartedPayment
from payments.providers.momo.codes import NO_SUCH_ORDER, NOT_STARTED, OUTCOMES, SUCCESS
from payments.providers.momo.notice import NAME, event_of
from payments.providers.momo.signature import CREATE, QUERY, signature
from payments.providers.plain_fields import parse_object, plain_texts

LEAST_VND, MOST_VND = 1_000, 50_000_000
REQUEST_TYPE: Final = "captureWallet"


def create_body(payment: PaymentRequest, partner_code: str, access_key: str, secret_key: str) -> dict[str, Any]:
    """Return the signed body that starts a payment; its reference is order and request in one, so that it starts once.

    Raises:
        PaymentNotPossible: MoMo takes no such amount or currency.
    """
    amount = payment.amount.amount_minor
    if payment.amount.currency != VND or not LEAST_VND <= amount <= MOST_VND:
        raise PaymentNotPossible("MoMo takes from 1,000 to 50,000,000 VND")
    fields = {
        "partnerCode": partner_code,
        "requestId": payment.reference,
        "amount": str(amount),
        "orderId": payment.reference,
        "orderInfo": ascii_text(payment.purpose, 200) or payment.reference,
        "redirectUrl": payment.return_url,
        "ipnUrl": payment.callback_url,
        "requestType": REQUEST_TYPE,
        "extraData": "",
    }
    minutes = max(1, int((payment.expires_at - payment.started_at).total_seconds()) // 60)
    proof = signature(fields, CREATE, access_key, secret_key)
    return {**fields, "amount": amount, "orderExpireTime": minutes, "lang": "vi", "signature": proof}


def read_created(raw: bytes, payment: PaymentRequest, partner_code: str) -> StartedPayment:
    """Say how the payer goes on.

    Raises:
        PaymentNotPossible: MoMo refused the request for its content; nothing was started.
        ProviderUnavailable, ProviderAnswerNotAuthentic: It may have started.
    """
    fields = answer_fields(raw, partner_code)
    code = fields["resultCode"]
    if code in NOT_STARTED:
        raise PaymentNotPossible(f"momo: the payment was refused with code {code}")
    if code != SUCCESS:
        raise ProviderUnavailable(f"momo: the payment was refused with code {code[:8]!r}")
    if (fields.get("orderId"), fields.get("amount")) != (payment.reference, str(payment.amount.amount_minor)):
        raise ProviderAnswerNotAuthentic("momo: the answer is about another payment")
    if not fields.get("payUrl", "").startswith(("https://", "http://")):
        raise ProviderUnavailable("momo: the answer names no page")
    return StartedPayment(fields["payUrl"], fields.get("qrCodeUrl") or None, fields.get("deeplink") or None)


def query_body(reference: str, request_id: str, partner_code: str, access_key: str, secret_key: str) -> dict[str, str]:
    """Return the signed body that asks about a payment, and about its refunds."""
    fields = {"partnerCode": partner_code, "requestId": request_id, "orderId": reference}
    return {**fields, "lang": "vi", "signature": signature(fields, QUERY, access_key, secret_key)}


def read_status(raw: bytes, asked: QueryRequest, partner_code: str) -> ProviderEvent:
    """Say in our words what an answer to a query reports.

    Raises:
        ProviderUnavailable: Not an answer, a refusal of the query itself, or a field is missing or malformed.
        ProviderAnswerNotAuthentic: The answer is about something else.
    """
    fields = answer_fields(raw, partner_code)
    code = fields["resultCode"]
    if code == NO_SUCH_ORDER:
        return ProviderEvent(NAME, asked.reference, "0", asked.amount, ProviderOutcome.NOT_FOUND, code)
    if fields.get("orderId") != asked.reference:
        raise ProviderAnswerNotAuthentic("momo: the answer is about another payment")
    if code not in OUTCOMES:
        return ProviderEvent(NAME, asked.reference, "0", asked.amount, ProviderOutcome.UNKNOWN, f"query/{code[:8]}")
    try:
        return event_of(fields, fields.get("lastUpdated") or fields["responseTime"])
    except (KeyError, ValueError) as error:
        raise ProviderUnavailable(f"momo: a field of the answer is missing or malformed: {error}") from None


def is_refusal(raw: bytes) -> bool:
    """Whether MoMo says in an answer why it did not do what was asked, as it does under HTTP's 4xx."""
    try:
        return plain_texts(parse_object(raw)).get("resultCode", SUCCESS) not in ("", SUCCESS)
    except ValueError:
        return False


def answer_fields(raw: bytes, partner_code: str) -> dict[str, str]:
    """Return the plain fields of an answer to us.

    Raises:
        ProviderUnavailable: Not an answer. ProviderAnswerNotAuthentic: It is to another partner.
    """
    try:
        fields = plain_texts(parse_object(raw))
    except ValueError as error:
        raise ProviderUnavailable(f"momo: the answer is not a JSON object: {error}") from None
    if fields.get("partnerCode", partner_code) != partner_code:
        raise ProviderAnswerNotAuthentic("momo: the answer is to another partner")
    if not fields.get("resultCode"):
        raise ProviderUnavailable("momo: the answer has no result code")
    return fields
