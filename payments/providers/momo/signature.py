"""MoMo's proofs: HMAC-SHA256 over `name=value` in a fixed order, raw text, nothing escaped.

Source: MoMo developers, payment, one-time payments, notification, query and refund (gateway v2).
"""

from collections.abc import Mapping
from typing import Final

from payments.providers.proofs import hmac_sha256

CREATE: Final = (
    *("accessKey", "amount", "extraData", "ipnUrl", "orderId", "orderInfo", "partnerCode", "redirectUrl"),
    *("requestId", "requestType"),
)
NOTICE: Final = (
    *("accessKey", "amount", "extraData", "message", "orderId", "orderInfo", "orderType", "partnerCode", "payType"),
    *("requestId", "responseTime", "resultCode", "transId"),
)
QUERY: Final = ("accessKey", "orderId", "partnerCode", "requestId")
REFUND: Final = ("accessKey", "amount", "description", "orderId", "partnerCode", "requestId", "transId")


def signed_text(fields: Mapping[str, str], order: tuple[str, ...], access_key: str) -> str:
    """Return the text that a proof covers; the access key is ours and stands in no message."""
    told = {**fields, "accessKey": access_key}
    return "&".join(f"{name}={told.get(name, '')}" for name in order)


def signature(fields: Mapping[str, str], order: tuple[str, ...], access_key: str, secret_key: str) -> str:
    """Return the proof of a message."""
    return hmac_sha256(secret_key, signed_text(fields, order, access_key))


def is_cut_once(text: str, order: tuple[str, ...]) -> bool:
    """Whether a signed text can be cut into its fields in one way only.

    Nothing in it is escaped, so words with `&orderId=` in them could be passed off as another field.
    """
    return all(f"&{text}".count(f"&{name}=") == 1 for name in order)
