"""Notices of credits as Casso and SePay send them; proofs are made here, not by the adapters."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from payments.model import CallbackCall
from payments.providers.base import secret_digest
from payments.providers.casso.provider import CassoProvider
from payments.providers.sepay.proofs import ApiKey, Signature
from payments.providers.sepay.provider import SepayProvider

KEY = "a key of a bank's service that only the tests know"
ACCOUNT = "0011012345678"
AT = datetime(2026, 11, 23, 3, 1, tzinfo=UTC)


class NoticeSecrets:
    """Holds one key."""

    def read(self, reference: str) -> str:
        return KEY


def casso() -> CassoProvider:
    return CassoProvider("env:KEY", timedelta(minutes=5), NoticeSecrets())


def sepay() -> SepayProvider:
    return SepayProvider(ApiKey("env:KEY", NoticeSecrets()))


def signing_sepay() -> SepayProvider:
    return SepayProvider(Signature("env:KEY", timedelta(minutes=5), NoticeSecrets()))


def casso_data(text: str, amount: Any = 150_000, **changed: Any) -> dict[str, Any]:
    return {
        "id": 7_700_001,
        "reference": "FT26327001",
        "description": text,
        "amount": amount,
        "runningBalance": 25_000_000,
        "transactionDateTime": "2026-11-23 10:01:30",
        "accountNumber": ACCOUNT,
        "bankName": "Ngân hàng Ví Dụ",
        "virtualAccountNumber": "",
        "counterAccountName": "NGUYEN VAN A",
        **changed,
    }


def casso_call(data: Any, *, sent_at: datetime = AT, key: str = KEY, received_at: datetime | None = AT) -> CallbackCall:
    """A signed notice; names are in order at both depths, so json.dumps writes what is signed."""
    told = {"error": 0, "data": data}
    stamp = int(sent_at.timestamp() * 1000)
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    proof = hmac.new(key.encode(), f"{stamp}.{text}".encode(), hashlib.sha512).hexdigest()
    headers = {"x-casso-signature": f"t={stamp},v1={proof}"}
    return CallbackCall("POST", b"", json.dumps(told).encode(), headers, received_at=received_at)


def sepay_data(text: str, amount: Any = 150_000, **changed: Any) -> dict[str, Any]:
    return {
        "id": 92_704,
        "gateway": "Vietcombank",
        "transactionDate": "2026-11-23 10:01:30",
        "accountNumber": ACCOUNT,
        "code": None,
        "content": text,
        "transferType": "in",
        "transferAmount": amount,
        "accumulated": 19_077_000,
        "subAccount": None,
        "referenceCode": "MBVCB.3278907687",
        "description": "",
        **changed,
    }


def sepay_call(data: Any, key: str | None = KEY) -> CallbackCall:
    """A notice as it is kept: of the key only the digest."""
    headers = {} if key is None else {"authorization": secret_digest(f"Apikey {key}")}
    return CallbackCall("POST", b"", json.dumps(data).encode(), headers, received_at=AT)


def signed_sepay_call(
    data: Any, *, sent_at: datetime = AT, key: str = KEY, received_at: datetime | None = AT
) -> CallbackCall:
    """A notice as SePay signs it."""
    body, stamp = json.dumps(data, ensure_ascii=False).encode(), int(sent_at.timestamp())
    proof = hmac.new(key.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"x-sepay-signature": f"sha256={proof}", "x-sepay-timestamp": str(stamp)}
    return CallbackCall("POST", b"", body, headers, received_at=received_at)
