"""Casso behind the Provider Protocol."""

import json
from datetime import timedelta

from config.secrets import SecretProvider
from config.settings import Settings
from payments.model import Acknowledgement, BankTransfer, CallbackCall, NothingToSettle, SettlementOutcome
from payments.providers.casso.callback import HEADER, NAME, read_callback
from payments.providers.notice_answers import STATUSES
from payments.providers.notices import NoticesOnly


class CassoProvider(NoticesOnly):
    """Takes Casso's notices; reads the key at each use and keeps it nowhere."""

    name = NAME
    title = "Casso"
    proof_headers = frozenset({HEADER})
    secret_headers: frozenset[str] = frozenset()

    def __init__(self, key_reference: str, window: timedelta, secrets: SecretProvider) -> None:
        self._key_reference = key_reference
        self._window = window
        self._secrets = secrets

    def read_callback(self, call: CallbackCall) -> BankTransfer | NothingToSettle:
        return read_callback(call, self._secrets.read(self._key_reference), self._window)

    def acknowledgement(self, outcome: SettlementOutcome, call: CallbackCall) -> Acknowledgement:
        """Return JSON as Casso's guide shows it: error 0 where the notice was taken."""
        status = STATUSES[outcome]
        body = json.dumps({"error": 0 if status == 200 else 1, "message": outcome.value}).encode()
        return Acknowledgement(status, "application/json", body, str(status))


def casso_from_settings(settings: Settings, secrets: SecretProvider) -> CassoProvider | None:
    """Return the provider if the operator has set it up."""
    given = settings.casso
    if given is None:
        return None
    return CassoProvider(given.checksum_key, timedelta(seconds=given.replay_window_seconds), secrets)
