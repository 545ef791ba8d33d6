"""payOS' payment links: making one, asking about it, cancelling it. Source: payOS, API reference, payment-requests."""

from collections.abc import Mapping
from typing import Any, Final

from payments.errors import PaymentNotPossible, ProviderAnswerNotAuthentic, ProviderUnavailable
from payments.model import ProviderEvent, ProviderOutcome
from payments.money import VND
from payments.plain_text import ascii_text
from payments.providers.base import PaymentRequest, QueryRequest, StartedPayment
from payments.providers.json_fields import local_moment
from payments.providers.payos.callback import NAME
from payments.providers.payos.codes import CANCELLED, PAID, SUCCESS, UNPAID
from payments.providers.payos.fields import LARGEST_CODE, amount, named, order_code
from payments.providers.payos.signature import create_text, data_text, says_once
from payments.providers.plain_fields import parse_object
from payments.providers.proofs import hmac_sha256, is_proof

MOST_URL_CHARACTERS: Final = 2000
RELIED_ON: Final = ("orderCode", "amount", "amountPaid", "status", "checkoutUrl", "qrCode", "id", "paymentLinkId")


def create_body(payment: PaymentRequest, description_characters: int, checksum_key: str) -> dict[str, Any]:
    """Return the signed body that makes a payment link.

    Raises:
        PaymentNotPossible: payOS takes no such amount or currency.
    """
    if payment.amount.currency != VND or not 0 < payment.amount.amount_minor <= LARGEST_CODE:
        raise PaymentNotPossible("payOS takes whole positive amounts of VND")
    fields = {
        "orderCode": int(payment.reference),
        "amount": payment.amount.amount_minor,
        "description": _description(payment, description_characters),
        "cancelUrl": payment.return_url,
        "returnUrl": payment.return_url,
    }
    return {
        **fields,
        "expiredAt": int(payment.expires_at.timestamp()),
        "signature": hmac_sha256(checksum_key, create_text(fields)),
    }


def read_created(raw: bytes, payment: PaymentRequest, checksum_key: str) -> StartedPayment:
    """Authenticate the answer to a new payment link, then say how the payer goes on.

    Raises:
        ProviderUnavailable: Refused, or a field is missing or malformed.
        ProviderAnswerNotAuthentic: The signature is absent or wrong, or it is another payment's.
    """
    data = proven_data(raw, payment.reference, checksum_key)
    try:
        if amount(data["amount"]) != payment.amount:
            raise ProviderAnswerNotAuthentic("payos: the answer is about another amount")
        link = named(data["checkoutUrl"], MOST_URL_CHARACTERS)
        if not link.startswith(("https://", "http://")):
            raise ValueError("the payment link is no web address")
        return StartedPayment(
            redirect_url=link,
            qr_text=named(data["qrCode"], 500) if data.get("qrCode") else None,
            provider_reference=named(data["paymentLinkId"]),
        )
    except (KeyError, ValueError) as error:
        raise ProviderUnavailable(f"payos: the answer lacks a field or has a malformed one: {error}") from None


def read_link(raw: bytes, asked: QueryRequest, checksum_key: str) -> ProviderEvent:
    """Authenticate what payOS says of a payment link, then put it into our words.

    A link counts as paid by what was paid on it: too much or too little is another amount than ours. It has failed
    only where nothing was paid.

    Raises:
        ProviderUnavailable: Refused, or a field is missing or malformed.
        ProviderAnswerNotAuthentic: The signature is absent or wrong, or it is another payment's.
    """
    data = proven_data(raw, asked.reference, checksum_key)
    try:
        status, paid = named(data["status"], 20), amount(data["amountPaid"])
        outcome = UNPAID.get(status, ProviderOutcome.UNKNOWN) if not paid.is_positive else ProviderOutcome.UNKNOWN
        if status == PAID and paid.is_positive:
            outcome = ProviderOutcome.SUCCEEDED
        transfers = data.get("transactions") or []
        single = transfers[0] if len(transfers) == 1 else {}
        return ProviderEvent(
            provider=NAME,
            reference=asked.reference,
            # The webhook names a transfer by the bank's reference, so that one and its query are one report.
            transaction=named(single.get("reference") or data["id"]),
            amount=paid if outcome is ProviderOutcome.SUCCEEDED else amount(data["amount"]),
            outcome=outcome,
            code=status,
            paid_at=local_moment(single["transactionDateTime"]) if single.get("transactionDateTime") else None,
            payer_cancelled=status == CANCELLED,
        )
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise ProviderUnavailable(f"payos: the answer lacks a field or has a malformed one: {error}") from None


def proven_data(raw: bytes, reference: str, checksum_key: str) -> Mapping[str, Any]:
    """Return the data of an answer about this order code whose signature is right.

    payOS signs no refusal, so a refusal proves nothing and the payment is asked about again.

    Raises:
        ProviderUnavailable: Not an answer, or a refusal.
        ProviderAnswerNotAuthentic: The signature is absent or wrong, or it is another payment's.
    """
    try:
        told = parse_object(raw)
        code, data = told["code"], told.get("data")
        text = data_text(data) if data else ""
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ProviderUnavailable("payos: the answer is not payOS' JSON") from None
    if code != SUCCESS or not data:
        raise ProviderUnavailable(f"payos: refused with code {str(code)[:8]!r}")
    if not is_proof(told.get("signature"), hmac_sha256(checksum_key, text)):
        raise ProviderAnswerNotAuthentic("payos: the answer's signature is absent or wrong")
    if not says_once(text, tuple(name for name in RELIED_ON if name in data)):
        raise ProviderAnswerNotAuthentic("payos: the proof can be read in more than one way")
    try:
        same = str(order_code(data)) == reference
    except (KeyError, ValueError):
        same = False
    if not same:
        raise ProviderAnswerNotAuthentic("payos: the answer is about another payment")
    return dict(data)


def _description(payment: PaymentRequest, most_characters: int) -> str:
    """Return the end of the dossier's code, which differs most; never the order's own transfer reference."""
    plain = "".join(filter(str.isalnum, ascii_text(payment.dossier_code, 200)))
    return plain[-most_characters:] or payment.reference[-most_characters:]
