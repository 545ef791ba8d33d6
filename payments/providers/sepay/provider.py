"""SePay behind the Provider Protocol."""

import json
from datetime import timedelta

from config.secrets import SecretProvider
from config.settings import Settings
from payments.model import Acknowledgement, BankTransfer, CallbackCall, NothingToSettle, SettlementOutcome
from payments.providers.notice_answers import STATUSES
from payments.providers.notices import NoticesOnly
from payments.providers.sepay.callback import NAME, read_notice
from payments.providers.sepay.proofs import ApiKey, Signature, WebhookProof


class SepayProvider(NoticesOnly):
    """Takes SePay's notices, proved in the one way that is set up; a key is read at each use."""

    name = NAME
    title = "SePay"

    def __init__(self, proof: WebhookProof) -> None:
        self._proof = proof

    @property
    def proof_headers(self) -> frozenset[str]:
        return self._proof.proof_headers

    @property
    def secret_headers(self) -> frozenset[str]:
        return self._proof.secret_headers

    def read_callback(self, call: CallbackCall) -> BankTransfer | NothingToSettle:
        self._proof.ensure(call)
        return read_notice(call.body)

    def acknowledgement(self, outcome: SettlementOutcome, call: CallbackCall) -> Acknowledgement:
        """Return {"success": true} where the notice was taken; SePay repeats what is not answered so."""
        status = STATUSES[outcome]
        body = json.dumps({"success": status == 200, "message": outcome.value}).encode()
        return Acknowledgement(status, "application/json", body, str(status))


def sepay_from_settings(settings: Settings, secrets: SecretProvider) -> SepayProvider | None:
    """Return the provider if the operator has set it up."""
    given = settings.sepay
    if given is None:
        return None
    if given.signing_key is not None:
        return SepayProvider(Signature(given.signing_key, timedelta(seconds=given.replay_window_seconds), secrets))
    return SepayProvider(ApiKey(given.api_key or "", secrets))
