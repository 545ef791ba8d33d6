"""SePay's webhook. Source: SePay developer documentation, webhooks: payload, authentication by API key."""

from typing import Final

from payments.errors import CallbackNotAuthentic, CallbackUnreadable
from payments.model import BankTransfer, CallbackCall, NothingToSettle
from payments.providers.base import secret_digest
from payments.providers.json_fields import (
    account_number,
    bank_reference,
    free_text,
    local_moment,
    notice_number,
    whole_number,
)
from payments.providers.notices import credit_of
from payments.providers.plain_fields import parse_object
from payments.providers.proofs import is_proof

NAME: Final = "sepay"
HEADER: Final = "authorization"
INCOMING: Final = "in"


def read_callback(call: CallbackCall, api_key: str) -> BankTransfer | NothingToSettle:
    """Authenticate a notice by its API key, of which only the digest was kept, then say whose transfer it tells of.

    Nothing in the body is signed: whoever has the key may say anything, so it is also wise to let only SePay's
    addresses in.

    Raises:
        CallbackNotAuthentic: The key is absent or wrong.
        CallbackUnreadable: Authentic, but a field that we need is missing or malformed.
    """
    if not is_proof(call.headers.get(HEADER), secret_digest(f"Apikey {api_key}")):
        raise CallbackNotAuthentic("sepay: the API key is absent or wrong")
    try:
        told = parse_object(call.body)
        if told["transferType"] != INCOMING:
            return NothingToSettle("sepay: no money came in")
        amount = whole_number(told["transferAmount"])
        if amount <= 0:
            raise ValueError("an amount is not more than nothing")
        return credit_of(
            provider=NAME,
            notice=notice_number(told["id"]),
            bank_reference=bank_reference(told.get("referenceCode")),
            amount_minor=amount,
            accounts=(account_number(told["accountNumber"]), account_number(told.get("subAccount"))),
            texts=(free_text(told["content"]), free_text(told.get("code"))),
            received_at=local_moment(told["transactionDate"]),
        )
    except (KeyError, ValueError, OverflowError) as error:
        raise CallbackUnreadable(f"sepay: a field is missing or malformed: {error}") from None
