"""IPN calls and browser returns, which carry the same fields."""

from payments.errors import CallbackNotAuthentic, CallbackUnreadable
from payments.local_time import parse_compact_local
from payments.model import ProviderEvent
from payments.providers.vnpay.amounts import parse_amount
from payments.providers.vnpay.codes import PAYER_CANCELLED, callback_outcome
from payments.providers.vnpay.signature import read_query

NAME = "vnpay"


def read_callback(raw_query: bytes, tmn_code: str, secret: str) -> ProviderEvent:
    """Authenticate VNPAY's fields over the raw query, then say in our words what they report.

    Raises:
        CallbackNotAuthentic: The checksum is absent or wrong, or the call is meant for another merchant.
        CallbackUnreadable: Authentic, but a field that we need is missing or malformed.
    Source: VNPAY payment guide 2.1.0, IPN URL and return URL.
    """
    fields = read_query(raw_query, secret)
    if fields.get("vnp_TmnCode") != tmn_code:
        raise CallbackNotAuthentic("vnpay: the call is for another terminal")
    try:
        response_code, transaction_status = fields["vnp_ResponseCode"], fields["vnp_TransactionStatus"]
        return ProviderEvent(
            provider=NAME,
            reference=_named(fields["vnp_TxnRef"], 100),
            transaction=_named(fields["vnp_TransactionNo"], 40),
            amount=parse_amount(fields["vnp_Amount"]),
            outcome=callback_outcome(response_code, transaction_status),
            code=f"{_named(response_code, 8)}/{_named(transaction_status, 8)}",
            paid_at=parse_compact_local(fields["vnp_PayDate"]) if fields.get("vnp_PayDate") else None,
            payer_cancelled=response_code == PAYER_CANCELLED,
        )
    except (KeyError, ValueError) as error:
        raise CallbackUnreadable(f"vnpay: a field is missing or malformed: {error}") from None


def _named(value: str, most_characters: int) -> str:
    if not value.isprintable() or not 0 < len(value) <= most_characters:
        raise ValueError("a reference or code is empty or too long")
    return value
