"""ZaloPay's call after a payment, which comes on success only, and what the payer's browser brings back."""

from typing import Any, Final

from payments.errors import CallbackNotAuthentic, CallbackUnreadable
from payments.model import NothingToSettle, ProviderEvent, ProviderOutcome
from payments.providers.plain_fields import (
    parse_amount,
    parse_moment,
    parse_named,
    parse_object,
    parse_query,
    plain_texts,
)
from payments.providers.proofs import hmac_sha256, is_proof
from payments.providers.zalopay.codes import SUCCESS
from payments.providers.zalopay.fields import mac

NAME: Final = "zalopay"
# The kinds of calls: a payment, or an agreement to pay again, which we never ask for.
PAYMENT: Final = 1
RETURN_ORDER: Final = ("appid", "apptransid", "pmcid", "bankcode", "amount", "discountamount", "status")


def read_callback(body: bytes, app_id: int, key2: str) -> ProviderEvent | NothingToSettle:
    """Authenticate the `data` of a call as it stands in it, then say in our words what it reports.

    Raises:
        CallbackNotAuthentic: The mac is absent or wrong, or it is meant for another app.
        CallbackUnreadable: Authentic, but a field that we need is missing or malformed.
    Source: ZaloPay docs, "Callback".
    """
    call = _call(body)
    data = call.get("data")
    if not isinstance(data, str) or not is_proof(call.get("mac"), hmac_sha256(key2, data)):
        raise CallbackNotAuthentic("zalopay: the mac is absent or wrong")
    try:
        fields = plain_texts(parse_object(data.encode()))
    except ValueError as error:
        raise CallbackUnreadable(f"zalopay: the data is not a JSON object: {error}") from None
    if fields.get("app_id") != str(app_id):
        raise CallbackNotAuthentic("zalopay: the call is for another app")
    if call.get("type") != PAYMENT:
        return NothingToSettle("zalopay: the call is about no payment")
    try:
        return ProviderEvent(
            provider=NAME,
            reference=parse_named(fields["app_trans_id"], 100),
            transaction=parse_named(fields["zp_trans_id"], 40),
            amount=parse_amount(fields["amount"]),
            outcome=ProviderOutcome.SUCCEEDED,
            code="callback",
            paid_at=parse_moment(fields["server_time"]),
        )
    except (KeyError, ValueError) as error:
        raise CallbackUnreadable(f"zalopay: a field is missing or malformed: {error}") from None


def read_return(query: bytes, app_id: int, key2: str) -> ProviderEvent:
    """Authenticate what the payer's browser brought back: to be shown, never booked. Raises as read_callback.

    A status that is no success leaves the payment unknown: until it expires the payer may try again.
    """
    try:
        fields = parse_query(query)
    except ValueError:
        raise CallbackNotAuthentic("zalopay: the query cannot be read") from None
    if not is_proof(fields.get("checksum"), mac(key2, *(fields.get(name, "") for name in RETURN_ORDER))):
        raise CallbackNotAuthentic("zalopay: the checksum is absent or wrong")
    if fields.get("appid") != str(app_id):
        raise CallbackNotAuthentic("zalopay: the browser comes from another app")
    try:
        status = parse_named(fields["status"], 8)
        return ProviderEvent(
            provider=NAME,
            reference=parse_named(fields["apptransid"], 100),
            transaction="0",
            amount=parse_amount(fields["amount"]),
            outcome=ProviderOutcome.SUCCEEDED if status == SUCCESS else ProviderOutcome.UNKNOWN,
            code=status,
        )
    except (KeyError, ValueError) as error:
        raise CallbackUnreadable(f"zalopay: a field is missing or malformed: {error}") from None


def _call(body: bytes) -> dict[str, Any]:
    try:
        return parse_object(body)
    except ValueError:
        raise CallbackNotAuthentic("zalopay: the call is not a JSON object") from None
