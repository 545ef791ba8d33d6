"""VNPAY behind the Provider Protocol."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from config.secrets import SecretProvider
from config.settings import Settings
from payments.local_time import compact_local
from payments.model import Acknowledgement, CallbackCall, ProviderEvent, SettlementOutcome
from payments.plain_text import ascii_text
from payments.providers.base import (
    PaymentRequest,
    QueryAnswer,
    QueryRequest,
    RefundAnswer,
    RefundRequest,
    StartedPayment,
    origin_of,
    random_reference,
)
from payments.providers.http import post_json
from payments.providers.vnpay.amounts import amount_text
from payments.providers.vnpay.callback import NAME, read_callback
from payments.providers.vnpay.codes import ACKNOWLEDGEMENTS
from payments.providers.vnpay.query import VERSION, is_refusal, query_fields, read_answer
from payments.providers.vnpay.refund import read_refund_answer, read_refund_status, refund_fields
from payments.providers.vnpay.signature import HASH_FIELD, canonical_query, hmac_sha512

OUR_ADDRESS = "127.0.0.1"


@dataclass(frozen=True)
class VnpayAccount:
    """A merchant account at VNPAY; the secret is only named here."""

    tmn_code: str
    secret_reference: str
    payment_url: str
    api_url: str
    timeout_seconds: float


class VnpayProvider:
    """Takes payments through VNPAY; reads the merchant's secret at each use and keeps it nowhere."""

    name = NAME
    title = "VNPAY"
    proof_headers: frozenset[str] = frozenset()
    secret_headers: frozenset[str] = frozenset()
    returns_payer = True
    can_query = True
    can_refund = True

    def __init__(self, account: VnpayAccount, secrets: SecretProvider) -> None:
        self._account = account
        self._secrets = secrets

    @property
    def page_origin(self) -> str:
        return origin_of(self._account.payment_url)

    def new_reference(self, now: datetime) -> str:
        return random_reference(now)

    def start(self, payment: PaymentRequest) -> StartedPayment:
        """Return the signed address of VNPAY's page. Source: VNPAY payment guide 2.1.0, payment URL."""
        fields = {
            "vnp_Version": VERSION,
            "vnp_Command": "pay",
            "vnp_TmnCode": self._account.tmn_code,
            "vnp_Amount": amount_text(payment.amount),
            "vnp_CurrCode": "VND",
            "vnp_TxnRef": payment.reference,
            "vnp_OrderInfo": ascii_text(payment.purpose, 200) or payment.reference,
            "vnp_OrderType": "other",
            "vnp_Locale": "vn",
            "vnp_ReturnUrl": payment.return_url,
            "vnp_IpAddr": payment.payer_address or OUR_ADDRESS,
            "vnp_CreateDate": compact_local(payment.started_at),
            "vnp_ExpireDate": compact_local(payment.expires_at),
        }
        query = canonical_query(fields)
        return StartedPayment(f"{self._account.payment_url}?{query}&{HASH_FIELD}={hmac_sha512(self._secret(), query)}")

    def read_callback(self, call: CallbackCall) -> ProviderEvent:
        return read_callback(call.query, self._account.tmn_code, self._secret())

    def read_return(self, query: bytes) -> ProviderEvent:
        return read_callback(query, self._account.tmn_code, self._secret())

    def acknowledgement(self, outcome: SettlementOutcome, call: CallbackCall) -> Acknowledgement:
        """Return VNPAY's JSON; it repeats a call until it reads 00 or 02. Source: VNPAY payment guide 2.1.0, IPN."""
        code, message = ACKNOWLEDGEMENTS[outcome]
        body = json.dumps({"RspCode": code, "Message": message}).encode()
        return Acknowledgement(200, "application/json", body, code)

    def query(self, asked: QueryRequest, now: datetime) -> QueryAnswer:
        secret = self._secret()
        fields = query_fields(
            asked,
            request_id=uuid.uuid4().hex,
            tmn_code=self._account.tmn_code,
            secret=secret,
            our_address=OUR_ADDRESS,
            now=now,
        )
        raw = self._post(fields)
        return QueryAnswer(raw, read_answer(raw, asked, self._account.tmn_code, secret))

    def refund(self, asked: RefundRequest, now: datetime) -> RefundAnswer:
        """Ask for a refund; the same request id and date again, so that VNPAY notices a repetition."""
        secret = self._secret()
        fields = refund_fields(asked, tmn_code=self._account.tmn_code, secret=secret, our_address=OUR_ADDRESS)
        raw = self._post(fields)
        return RefundAnswer(raw, read_refund_answer(raw, asked, self._account.tmn_code, secret))

    def query_refund(self, asked: RefundRequest, now: datetime) -> RefundAnswer:
        """Ask by querydr about the payment, whose status then tells of its refund."""
        secret = self._secret()
        fields = query_fields(
            asked.payment,
            request_id=uuid.uuid4().hex,
            tmn_code=self._account.tmn_code,
            secret=secret,
            our_address=OUR_ADDRESS,
            now=now,
        )
        raw = self._post(fields)
        return RefundAnswer(raw, read_refund_status(raw, asked, self._account.tmn_code, secret))

    def _post(self, fields: Mapping[str, str]) -> bytes:
        return post_json(self._account.api_url, fields, self._account.timeout_seconds, is_refusal=is_refusal)

    def _secret(self) -> str:
        return self._secrets.read(self._account.secret_reference)


def vnpay_from_settings(settings: Settings, secrets: SecretProvider) -> VnpayProvider | None:
    """Return the provider if the operator has set it up."""
    given = settings.vnpay
    if given is None:
        return None
    account = VnpayAccount(
        given.tmn_code, given.hash_secret, given.payment_url, given.api_url, timeout_seconds=given.timeout_seconds
    )
    return VnpayProvider(account, secrets)
