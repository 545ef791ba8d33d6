"""What MoMo tells of a payment: its call to us (IPN) and what the payer's browser brings back, with the same fields."""

from collections.abc import Mapping
from typing import Final

from payments.errors import CallbackNotAuthentic, CallbackUnreadable
from payments.model import ProviderEvent, ProviderOutcome
from payments.providers.momo.codes import OUTCOMES, PAYER_DENIED
from payments.providers.momo.signature import NOTICE, is_cut_once, signature, signed_text
from payments.providers.plain_fields import (
    parse_amount,
    parse_moment,
    parse_named,
    parse_object,
    parse_query,
    plain_texts,
)
from payments.providers.proofs import is_proof

NAME: Final = "momo"


def body_fields(body: bytes) -> dict[str, str]:
    """Return the fields of a call. Raises CallbackNotAuthentic where it can be nothing of MoMo's."""
    try:
        return plain_texts(parse_object(body))
    except ValueError:
        raise CallbackNotAuthentic("momo: the call is not a JSON object") from None


def query_fields(query: bytes) -> dict[str, str]:
    """Return the fields of a browser's query. Raises CallbackNotAuthentic where it can be nothing of MoMo's."""
    try:
        return parse_query(query)
    except ValueError:
        raise CallbackNotAuthentic("momo: the query cannot be read") from None


def read_notice(fields: Mapping[str, str], partner_code: str, access_key: str, secret_key: str) -> ProviderEvent:
    """Authenticate a notice, then say in our words what it reports.

    Raises:
        CallbackNotAuthentic: The signature is absent or wrong, or it is meant for another partner.
        CallbackUnreadable: Authentic, but a field that we need is missing or malformed.
    Source: MoMo developers, payment, "Payment notification" (gateway v2).
    """
    if not is_proof(fields.get("signature"), signature(fields, NOTICE, access_key, secret_key)):
        raise CallbackNotAuthentic("momo: the signature is absent or wrong")
    if not is_cut_once(signed_text(fields, NOTICE, access_key), NOTICE):
        raise CallbackNotAuthentic("momo: the signed text can be read in more than one way")
    if fields.get("partnerCode") != partner_code:
        raise CallbackNotAuthentic("momo: the call is for another partner")
    try:
        return event_of(fields, fields["responseTime"])
    except (KeyError, ValueError) as error:
        raise CallbackUnreadable(f"momo: a field is missing or malformed: {error}") from None


def event_of(fields: Mapping[str, str], told_at: str) -> ProviderEvent:
    """Return what authentic fields report.

    Args:
        told_at: When the result was known, in milliseconds since 1970; of a success it is when the money was taken.
    Raises:
        KeyError, ValueError: A field is missing or malformed.
    """
    code = parse_named(fields["resultCode"], 8)
    outcome = OUTCOMES.get(code, ProviderOutcome.UNKNOWN)
    return ProviderEvent(
        provider=NAME,
        reference=parse_named(fields["orderId"], 100),
        transaction=parse_named(fields["transId"], 40),
        amount=parse_amount(fields["amount"]),
        outcome=outcome,
        code=code,
        paid_at=parse_moment(told_at) if outcome is ProviderOutcome.SUCCEEDED else None,
        payer_cancelled=code == PAYER_DENIED,
    )
