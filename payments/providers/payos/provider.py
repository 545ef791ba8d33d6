"""payOS behind the Provider Protocol."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from config.secrets import SecretProvider
from config.settings import Settings
from payments.model import Acknowledgement, CallbackCall, NothingToSettle, ProviderEvent, SettlementOutcome
from payments.providers.base import (
    PaymentRequest,
    QueryAnswer,
    QueryRequest,
    StartedPayment,
    WithoutProvenReturn,
    WithoutRefunds,
    origin_of,
)
from payments.providers.http import get_json, post_json
from payments.providers.payos.callback import NAME, read_callback
from payments.providers.payos.codes import STATUSES
from payments.providers.payos.fields import new_order_code
from payments.providers.payos.links import create_body, read_created, read_link


@dataclass(frozen=True)
class PayosAccount:
    """A payment channel at payOS; its two secrets are only named here."""

    client_id: str
    api_key_reference: str
    checksum_key_reference: str
    api_url: str
    checkout_url: str
    description_characters: int
    timeout_seconds: float


class PayosProvider(WithoutRefunds, WithoutProvenReturn):
    """Takes payments through payOS; reads the channel's secrets at each use and keeps them nowhere."""

    name = NAME
    title = "payOS"
    returns_payer = True
    can_query = True
    proof_headers: frozenset[str] = frozenset()
    secret_headers: frozenset[str] = frozenset()

    def __init__(self, account: PayosAccount, secrets: SecretProvider) -> None:
        self._account = account
        self._secrets = secrets

    @property
    def page_origin(self) -> str:
        return origin_of(self._account.checkout_url)

    def new_reference(self, now: datetime) -> str:
        return new_order_code()

    def start(self, payment: PaymentRequest) -> StartedPayment:
        key = self._checksum_key()
        body = create_body(payment, self._account.description_characters, key)
        raw = post_json(self._links, body, self._account.timeout_seconds, self._headers())
        return read_created(raw, payment, key)

    def read_callback(self, call: CallbackCall) -> ProviderEvent | NothingToSettle:
        return read_callback(call.body, self._checksum_key())

    def acknowledgement(self, outcome: SettlementOutcome, call: CallbackCall) -> Acknowledgement:
        """Return our own code in JSON; payOS only looks whether the status is 2xx."""
        status = STATUSES[outcome]
        body = json.dumps({"success": status == 200, "code": outcome.value}).encode()
        return Acknowledgement(status, "application/json", body, str(status))

    def query(self, asked: QueryRequest, now: datetime) -> QueryAnswer:
        raw = get_json(f"{self._links}/{int(asked.reference)}", self._account.timeout_seconds, self._headers())
        return QueryAnswer(raw, read_link(raw, asked, self._checksum_key()))

    def cancel(self, asked: QueryRequest, reason: str) -> QueryAnswer:
        """Close a payment link, and return how it stands then: a payer may have been faster.

        Raises:
            ProviderUnavailable, ProviderAnswerNotAuthentic: Unknown; the link may still be paid.
        """
        address, body = f"{self._links}/{int(asked.reference)}/cancel", {"cancellationReason": reason}
        raw = post_json(address, body, self._account.timeout_seconds, self._headers())
        return QueryAnswer(raw, read_link(raw, asked, self._checksum_key()))

    @property
    def _links(self) -> str:
        return f"{self._account.api_url}/v2/payment-requests"

    def _headers(self) -> Mapping[str, str]:
        return {
            "x-client-id": self._account.client_id,
            "x-api-key": self._secrets.read(self._account.api_key_reference),
        }

    def _checksum_key(self) -> str:
        return self._secrets.read(self._account.checksum_key_reference)


def payos_from_settings(settings: Settings, secrets: SecretProvider) -> PayosProvider | None:
    """Return the provider if the operator has set it up."""
    given = settings.payos
    if given is None:
        return None
    account = PayosAccount(
        given.client_id,
        given.api_key,
        given.checksum_key,
        given.api_url,
        given.checkout_url,
        given.description_characters,
        given.timeout_seconds,
    )
    return PayosProvider(account, secrets)
