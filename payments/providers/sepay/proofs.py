"""How SePay's webhooks prove themselves, as the webhook was made there: by an API key, or by a signature.

Source: SePay developer documentation, webhooks, authentication (API Key; HMAC-SHA256) and security.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from config.secrets import SecretProvider
from payments.errors import CallbackNotAuthentic
from payments.model import CallbackCall
from payments.providers.base import secret_digest
from payments.providers.proofs import is_proof

AUTHORIZATION: Final = "authorization"
SIGNATURE: Final = "x-sepay-signature"
TIMESTAMP: Final = "x-sepay-timestamp"
_SECONDS = re.compile(r"[0-9]{1,12}")


class WebhookProof(Protocol):
    """One way of authentication; headers as the Provider Protocol names them."""

    @property
    def proof_headers(self) -> frozenset[str]: ...
    @property
    def secret_headers(self) -> frozenset[str]: ...

    def ensure(self, call: CallbackCall) -> None:
        """Raise CallbackNotAuthentic unless SePay made the call."""
        ...


@dataclass(frozen=True)
class ApiKey:
    """The key itself comes with each call, and only its digest is kept. Nothing in the body is signed."""

    key_reference: str
    secrets: SecretProvider
    proof_headers = frozenset({AUTHORIZATION})
    secret_headers = frozenset({AUTHORIZATION})

    def ensure(self, call: CallbackCall) -> None:
        key = self.secrets.read(self.key_reference)
        if not is_proof(call.headers.get(AUTHORIZATION), secret_digest(f"Apikey {key}")):
            raise CallbackNotAuthentic("sepay: the API key is absent or wrong")


@dataclass(frozen=True)
class Signature:
    """HMAC-SHA256 over the time in seconds, a dot and the body's bytes; an old call is no proof of today's."""

    key_reference: str
    window: timedelta
    secrets: SecretProvider
    proof_headers = frozenset({SIGNATURE, TIMESTAMP})
    secret_headers: frozenset[str] = frozenset()

    def ensure(self, call: CallbackCall) -> None:
        stamp = call.headers.get(TIMESTAMP, "")
        if not _SECONDS.fullmatch(stamp):
            raise CallbackNotAuthentic("sepay: the signature's time is absent or malformed")
        key = self.secrets.read(self.key_reference).encode()
        expected = hmac.new(key, f"{stamp}.".encode() + call.body, hashlib.sha256).hexdigest()
        if not is_proof(call.headers.get(SIGNATURE), f"sha256={expected}"):
            raise CallbackNotAuthentic("sepay: the signature is absent or wrong")
        if call.received_at is None or abs(call.received_at.timestamp() - int(stamp)) > self.window.total_seconds():
            raise CallbackNotAuthentic("sepay: the notice was signed at another time")
