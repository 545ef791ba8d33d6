"""VNPAY's side, written from the protocol's description and not from our adapter."""

import hashlib
import hmac
from urllib.parse import parse_qsl, quote_plus, urlsplit

SECRET = b"a provider secret for tests only"


def signed(fields: dict[str, str], secret: bytes = SECRET) -> str:
    """Return the query that VNPAY makes of these fields."""
    query = "&".join(f"{quote_plus(name)}={quote_plus(fields[name])}" for name in sorted(fields) if fields[name])
    return f"{query}&vnp_SecureHash={hmac.new(secret, query.encode(), hashlib.sha512).hexdigest()}"


def asked(address: str) -> dict[str, str]:
    """Return what an address of ours asks VNPAY, with the checksum that came with it."""
    return dict(parse_qsl(urlsplit(address).query))


def answer(address: str, code: str = "00", **changed: str) -> dict[str, str]:
    """Return the fields of VNPAY's answer to an address of ours."""
    sent = asked(address)
    fields = {
        "vnp_Amount": sent["vnp_Amount"],
        "vnp_BankCode": "NCB",
        "vnp_OrderInfo": sent["vnp_OrderInfo"],
        "vnp_PayDate": "20261124080000",
        "vnp_ResponseCode": code,
        "vnp_TmnCode": sent["vnp_TmnCode"],
        "vnp_TransactionNo": "14422574",
        "vnp_TransactionStatus": "00" if code == "00" else "02",
        "vnp_TxnRef": sent["vnp_TxnRef"],
    }
    return {**fields, **{f"vnp_{name}": value for name, value in changed.items()}}
