"""What a description's places can be filled in with, from a payment that is asked for or asked about."""

from collections.abc import Mapping
from typing import Final

from payments.local_time import compact_local
from payments.providers.base import PaymentRequest, QueryRequest

RETURN_URL: Final = "return_url"
NAMES: Final = frozenset(
    {
        *("partner", "service", "access_key", "reference", "amount", "attempt_number", "started_at", "expires_at"),
        *("purpose", "order_purpose", "dossier_code", "procedure_code", "payer_name", "payer_number", "payer_home"),
        *("payer_ip", RETURN_URL, "callback_url", "unit_code", "unit_name"),
        *("account_number", "account_bank", "account_name"),
    }
)
ANSWER_NAMES: Final = frozenset({"partner", "service", "access_key", "code", "message", "reference"})
ITEM_NAMES: Final = frozenset({"kind", "name", "procedure_code", "chapter", "sub_item", "amount"})


def payment_values(
    payment: PaymentRequest, account: Mapping[str, str], kinds: Mapping[str, str]
) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Return what fills in a message about a new payment, and the same for each of its fees.

    Args:
        account: partner, service and access_key. kinds: The partner's words for phí and lệ phí.
    """
    beneficiary = payment.beneficiary
    items = [
        {
            "item.kind": kinds.get(item.kind, item.kind),
            "item.name": item.name,
            "item.procedure_code": item.procedure_code,
            "item.chapter": item.chapter,
            "item.sub_item": item.sub_item,
            "item.amount": str(item.amount.amount_minor),
        }
        for item in payment.items
    ]
    values = {
        **account,
        "reference": payment.reference,
        "amount": str(payment.amount.amount_minor),
        "attempt_number": f"{payment.attempt_number:02}",
        "started_at": compact_local(payment.started_at),
        "expires_at": compact_local(payment.expires_at),
        "purpose": payment.purpose,
        "order_purpose": payment.order_purpose,
        "dossier_code": payment.dossier_code,
        "procedure_code": items[0]["item.procedure_code"] if items else "",
        "payer_name": payment.payer_name,
        "payer_number": payment.payer_number,
        "payer_home": payment.payer_home,
        "payer_ip": payment.payer_address,
        RETURN_URL: payment.return_url,
        "callback_url": payment.callback_url,
        "unit_code": payment.unit_code,
        "unit_name": payment.unit_name,
        "account_number": beneficiary.account_number if beneficiary else "",
        "account_bank": beneficiary.bank_bin if beneficiary else "",
        "account_name": beneficiary.account_name if beneficiary else "",
        **{f"details.{name}": str(value) for name, value in payment.details.items()},
    }
    return values, items


def query_values(asked: QueryRequest, account: Mapping[str, str]) -> dict[str, str]:
    """Return what fills in a question about an attempt."""
    return {
        **account,
        "reference": asked.reference,
        "amount": str(asked.amount.amount_minor),
        "started_at": compact_local(asked.started_at),
    }
