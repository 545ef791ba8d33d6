"""SePay behind the Provider Protocol."""

import json

from config.secrets import SecretProvider
from config.settings import Settings
from payments.model import Acknowledgement, BankTransfer, CallbackCall, NothingToSettle, SettlementOutcome
from payments.providers.notice_answers import STATUSES
from payments.providers.notices import NoticesOnly
from payments.providers.sepay.callback import HEADER, NAME, read_callback


class SepayProvider(NoticesOnly):
    """Takes SePay's notices; reads the key at each use, and of a caller's key only the digest is ever kept."""

    name = NAME
    title = "SePay"
    proof_headers = frozenset({HEADER})
    secret_headers = frozenset({HEADER})

    def __init__(self, key_reference: str, secrets: SecretProvider) -> None:
        self._key_reference = key_reference
        self._secrets = secrets

    def read_callback(self, call: CallbackCall) -> BankTransfer | NothingToSettle:
        return read_callback(call, self._secrets.read(self._key_reference))

    def acknowledgement(self, outcome: SettlementOutcome, call: CallbackCall) -> Acknowledgement:
        """Return {"success": true} where the notice was taken; SePay repeats what is not answered so."""
        status = STATUSES[outcome]
        body = json.dumps({"success": status == 200, "message": outcome.value}).encode()
        return Acknowledgement(status, "application/json", body, str(status))


def sepay_from_settings(settings: Settings, secrets: SecretProvider) -> SepayProvider | None:
    """Return the provider if the operator has set it up."""
    return None if settings.sepay is None else SepayProvider(settings.sepay.api_key, secrets)
