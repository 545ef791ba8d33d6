"""MoMo behind the Provider Protocol."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.secrets import SecretProvider
from config.settings import Settings
from payments.model import Acknowledgement, CallbackCall, ProviderEvent, SettlementOutcome
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
from payments.providers.momo.codes import STATUSES
from payments.providers.momo.notice import NAME, body_fields, query_fields, read_notice
from payments.providers.momo.payment import create_body, is_refusal, query_body, read_created, read_status
from payments.providers.momo.refund import read_refund_answer, read_refund_status, refund_body


@dataclass(frozen=True)
class MomoAccount:
    """A partner account at MoMo; its two keys are only named here."""

    partner_code: str
    access_key_reference: str
    secret_key_reference: str
    api_url: str
    timeout_seconds: float


class MomoProvider:
    """Takes payments through MoMo; reads the partner's keys at each use and keeps them nowhere."""

    name = NAME
    title = "MoMo"
    proof_headers: frozenset[str] = frozenset()
    secret_headers: frozenset[str] = frozenset()
    returns_payer = True
    can_query = True
    can_refund = True

    def __init__(self, account: MomoAccount, secrets: SecretProvider) -> None:
        self._account = account
        self._secrets = secrets

    @property
    def page_origin(self) -> str:
        return origin_of(self._account.api_url)

    def new_reference(self, now: datetime) -> str:
        return random_reference(now)

    def start(self, payment: PaymentRequest) -> StartedPayment:
        raw = self._post("create", create_body(payment, self._account.partner_code, *self._keys()))
        return read_created(raw, payment, self._account.partner_code)

    def read_callback(self, call: CallbackCall) -> ProviderEvent:
        return read_notice(body_fields(call.body), self._account.partner_code, *self._keys())

    def read_return(self, query: bytes) -> ProviderEvent:
        return read_notice(query_fields(query), self._account.partner_code, *self._keys())

    def acknowledgement(self, outcome: SettlementOutcome, call: CallbackCall) -> Acknowledgement:
        """Return a status without content. Source: MoMo developers, payment, "Payment notification"."""
        status = STATUSES[outcome]
        return Acknowledgement(status, "application/json", b"", str(status))

    def query(self, asked: QueryRequest, now: datetime) -> QueryAnswer:
        raw = self._ask(asked.reference)
        return QueryAnswer(raw, read_status(raw, asked, self._account.partner_code))

    def refund(self, asked: RefundRequest, now: datetime) -> RefundAnswer:
        raw = self._post("refund", refund_body(asked, self._account.partner_code, *self._keys()))
        return RefundAnswer(raw, read_refund_answer(raw, asked, self._account.partner_code))

    def query_refund(self, asked: RefundRequest, now: datetime) -> RefundAnswer:
        raw = self._ask(asked.payment.reference)
        return RefundAnswer(raw, read_refund_status(raw, asked, self._account.partner_code))

    def _ask(self, reference: str) -> bytes:
        body = query_body(reference, uuid.uuid4().hex, self._account.partner_code, *self._keys())
        return self._post("query", body)

    def _post(self, verb: str, body: Mapping[str, Any]) -> bytes:
        address = f"{self._account.api_url}/{verb}"
        return post_json(address, body, self._account.timeout_seconds, is_refusal=is_refusal)

    def _keys(self) -> tuple[str, str]:
        account = self._account
        return self._secrets.read(account.access_key_reference), self._secrets.read(account.secret_key_reference)


def momo_from_settings(settings: Settings, secrets: SecretProvider) -> MomoProvider | None:
    """Return the provider if the operator has set it up."""
    given = settings.momo
    if given is None:
        return None
    account = MomoAccount(
        given.partner_code, given.access_key, given.secret_key, given.api_url, timeout_seconds=given.timeout_seconds
    )
    return MomoProvider(account, secrets)
