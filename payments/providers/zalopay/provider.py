"""ZaloPay behind the Provider Protocol."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.secrets import SecretProvider
from config.settings import Settings
from payments.model import Acknowledgement, CallbackCall, ProviderEvent, ProviderReport, SettlementOutcome
from payments.providers.base import (
    PaymentRequest,
    QueryAnswer,
    QueryRequest,
    RefundAnswer,
    RefundRequest,
    StartedPayment,
    origin_of,
)
from payments.providers.http import post_json
from payments.providers.zalopay.callback import NAME, read_callback, read_return
from payments.providers.zalopay.codes import ANSWERS
from payments.providers.zalopay.fields import new_reference
from payments.providers.zalopay.order import create_body, is_refusal, query_body, read_created, read_status
from payments.providers.zalopay.refund import (
    read_refund_answer,
    read_refund_status,
    refund_body,
    refund_query_body,
)


@dataclass(frozen=True)
class ZalopayAccount:
    """An app at ZaloPay; its two keys are only named here. page_url: Where payers are sent."""

    app_id: int
    key1_reference: str
    key2_reference: str
    api_url: str
    page_url: str
    timeout_seconds: float


class ZalopayProvider:
    """Takes payments through ZaloPay; reads the app's keys at each use and keeps them nowhere."""

    name = NAME
    title = "ZaloPay"
    proof_headers: frozenset[str] = frozenset()
    secret_headers: frozenset[str] = frozenset()
    returns_payer = True
    can_query = True
    can_refund = True

    def __init__(self, account: ZalopayAccount, secrets: SecretProvider) -> None:
        self._account = account
        self._secrets = secrets

    @property
    def page_origin(self) -> str:
        return origin_of(self._account.page_url)

    def new_reference(self, now: datetime) -> str:
        return new_reference(now)

    def start(self, payment: PaymentRequest) -> StartedPayment:
        return read_created(self._post("create", create_body(payment, self._account.app_id, self._key1())))

    def read_callback(self, call: CallbackCall) -> ProviderReport:
        return read_callback(call.body, self._account.app_id, self._key2())

    def read_return(self, query: bytes) -> ProviderEvent:
        return read_return(query, self._account.app_id, self._key2())

    def acknowledgement(self, outcome: SettlementOutcome, call: CallbackCall) -> Acknowledgement:
        """Return ZaloPay's JSON. Source: ZaloPay docs, "Callback"."""
        code, message = ANSWERS[outcome]
        body = json.dumps({"return_code": code, "return_message": message}).encode()
        return Acknowledgement(200, "application/json", body, str(code))

    def query(self, asked: QueryRequest, now: datetime) -> QueryAnswer:
        raw = self._post("query", query_body(asked.reference, self._account.app_id, self._key1()))
        return QueryAnswer(raw, read_status(raw, asked))

    def refund(self, asked: RefundRequest, now: datetime) -> RefundAnswer:
        raw = self._post("refund", refund_body(asked, self._account.app_id, self._key1()))
        return RefundAnswer(raw, read_refund_answer(raw, asked))

    def query_refund(self, asked: RefundRequest, now: datetime) -> RefundAnswer:
        raw = self._post("query_refund", refund_query_body(asked, self._account.app_id, self._key1(), now))
        return RefundAnswer(raw, read_refund_status(raw, asked))

    def _post(self, verb: str, body: Mapping[str, Any]) -> bytes:
        address = f"{self._account.api_url}/{verb}"
        return post_json(address, body, self._account.timeout_seconds, is_refusal=is_refusal)

    def _key1(self) -> str:
        return self._secrets.read(self._account.key1_reference)

    def _key2(self) -> str:
        return self._secrets.read(self._account.key2_reference)


def zalopay_from_settings(settings: Settings, secrets: SecretProvider) -> ZalopayProvider | None:
    """Return the provider if the operator has set it up."""
    given = settings.zalopay
    if given is None:
        return None
    account = ZalopayAccount(
        app_id=given.app_id,
        key1_reference=given.key1,
        key2_reference=given.key2,
        api_url=given.api_url,
        page_url=given.page_url,
        timeout_seconds=given.timeout_seconds,
    )
    return ZalopayProvider(account, secrets)
