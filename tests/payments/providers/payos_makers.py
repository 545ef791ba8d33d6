"""payOS' calls and answers, signed here as its guide says and not by the adapter."""

import hashlib
import hmac
import json
from typing import Any

from config.secrets import SecretUnavailable
from payments.model import CallbackCall
from payments.providers.payos.provider import PayosAccount, PayosProvider

API_KEY = "an api key that only the tests know"
CHECKSUM_KEY = "a checksum key that only the tests know"
CODE = 1_234_567_890_123_456


class PayosSecrets:
    """Holds the channel's two secrets."""

    def read(self, reference: str) -> str:
        try:
            return {"env:PAYOS_API_KEY": API_KEY, "env:PAYOS_CHECKSUM_KEY": CHECKSUM_KEY}[reference]
        except KeyError:
            raise SecretUnavailable("no such secret") from None


def payos(api_url: str = "http://127.0.0.1:9") -> PayosProvider:
    """payOS' adapter with the tests' channel."""
    keys = ("env:PAYOS_API_KEY", "env:PAYOS_CHECKSUM_KEY")
    return PayosProvider(PayosAccount("client-1", *keys, api_url, "http://127.0.0.1:9", 25, 2), PayosSecrets())


def sign(data: dict[str, Any], key: str = CHECKSUM_KEY) -> str:
    """Sign flat data; lists come as JSON text already made by the caller."""
    text = "&".join(f"{name}={'' if data[name] is None else data[name]}" for name in sorted(data))
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def transfer(order_code: int | str = CODE, amount: int = 150_000, **changed: Any) -> dict[str, Any]:
    """What a webhook says of a transfer."""
    return {
        "orderCode": int(order_code),
        "amount": amount,
        "description": "CSABC HS2611230001",
        "accountNumber": "0011012345678",
        "reference": "FT26327001",
        "transactionDateTime": "2026-11-23 10:01:30",
        "currency": "VND",
        "paymentLinkId": "124c33293c43417ab7879e14c8d9eb18",
        "code": "00",
        "desc": "Thành công",
        "counterAccountBankId": None,
        "counterAccountName": "NGUYỄN VĂN A",
        "virtualAccountNumber": "",
        **changed,
    }


def webhook(data: dict[str, Any], signature: str | None = None) -> CallbackCall:
    """A signed webhook."""
    told = {"code": "00", "desc": "success", "success": True, "data": data, "signature": signature or sign(data)}
    return CallbackCall("POST", b"", json.dumps(told).encode())
