"""SePay's webhook. Source: SePay developer documentation, webhooks, payload."""

from typing import Final

from payments.errors import CallbackUnreadable
from payments.model import BankTransfer, NothingToSettle
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

NAME: Final = "sepay"
INCOMING: Final = "in"


def read_notice(body: bytes) -> BankTransfer | NothingToSettle:
    """Say whose transfer a proven notice tells of.

    Raises:
        CallbackUnreadable: A field that we need is missing or malformed.
    """
    try:
        told = parse_object(body)
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
