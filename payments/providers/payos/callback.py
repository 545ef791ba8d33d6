"""payOS' webhook: one call for each transfer to a payment link."""

from collections.abc import Mapping
from typing import Any, Final

from payments.errors import CallbackNotAuthentic, CallbackUnreadable
from payments.model import NothingToSettle, ProviderEvent, ProviderOutcome
from payments.money import VND
from payments.providers.json_fields import local_moment
from payments.providers.payos.codes import SUCCESS
from payments.providers.payos.fields import SMALLEST_CODE, amount, named, order_code
from payments.providers.payos.signature import data_text, says_once
from payments.providers.plain_fields import parse_object
from payments.providers.proofs import hmac_sha256, is_proof

NAME = "payos"
RELIED_ON: Final = ("orderCode", "amount", "reference", "code", "currency", "transactionDateTime")


def read_callback(body: bytes, checksum_key: str) -> ProviderEvent | NothingToSettle:
    """Authenticate a webhook over its `data`, then say in our words what it reports.

    When an address is registered payOS sends a sample (order code 123) with a true proof: that is nothing to settle.

    Raises:
        CallbackNotAuthentic: The signature is absent or wrong.
        CallbackUnreadable: Authentic, but a field that we need is missing or malformed.
    Source: payOS, webhook reference.
    """
    data = _proven_data(body, checksum_key)
    try:
        code = order_code(data)
        if code < SMALLEST_CODE:
            return NothingToSettle("payos: the order code is none of ours, as in payOS' own test of the address")
        if data["currency"] != VND:
            raise ValueError("another currency than VND")
        said = named(data["code"], 8)
        return ProviderEvent(
            provider=NAME,
            reference=str(code),
            transaction=named(data["reference"]),
            amount=amount(data["amount"]),
            outcome=ProviderOutcome.SUCCEEDED if said == SUCCESS else ProviderOutcome.UNKNOWN,
            code=said,
            paid_at=local_moment(data["transactionDateTime"]) if data.get("transactionDateTime") else None,
        )
    except (KeyError, ValueError) as error:
        raise CallbackUnreadable(f"payos: a field is missing or malformed: {error}") from None


def _proven_data(body: bytes, checksum_key: str) -> Mapping[str, Any]:
    try:
        told = parse_object(body)
        data, given = told["data"], told["signature"]
        text = data_text(data)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise CallbackNotAuthentic("payos: the call is not a signed webhook") from None
    if not is_proof(given, hmac_sha256(checksum_key, text)):
        raise CallbackNotAuthentic("payos: the signature is wrong")
    if not says_once(text, tuple(name for name in RELIED_ON if name in data)):
        raise CallbackNotAuthentic("payos: the proof can be read in more than one way")
    return dict(data)
