"""The province's integration platform (LGSP): calls with a token of its own, answers that may come wrapped.

Source: RFC 6749, 4.4 (client credentials) and RFC 6750, 2.1 (bearer tokens); the wrapper as seen in two integrations.
"""

import base64
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

from config.secrets import SecretProvider
from config.settings import LgspSettings
from payments.errors import ProviderUnavailable
from payments.providers.http import MOST_BYTES, HttpAnswer, Refusal, answered, call

# A token is renewed so long before its end that no call outlives it.
RENEWED_BEFORE_SECONDS = 30
# Of a platform that does not say how long its tokens last.
DEFAULT_LIFE_SECONDS = 300


@dataclass(frozen=True)
class LgspAccount:
    """Where tokens come from; the client's secret is only named here."""

    token_url: str
    client_id: str
    secret_reference: str
    scope: str = ""


class Lgsp:
    """Posts to services behind one LGSP. The token lives in memory, is shared by threads and shown nowhere."""

    def __init__(
        self,
        account: LgspAccount | None,
        secrets: SecretProvider,
        timeout_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Remember the account.

        Args:
            account: None where the service is called without a token.
        """
        self._account = account
        self._secrets = secrets
        self._timeout_seconds = timeout_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._good_until = 0.0

    def post(
        self, url: str, content: bytes, *, most_bytes: int = MOST_BYTES, is_refusal: Refusal | None = None
    ) -> bytes:
        """Return the answer to a message; a token that is refused is renewed, once.

        Args:
            is_refusal: As post_json takes it.
        Raises:
            ProviderUnavailable: No token, no answer, or neither 200 or 201 nor a refusal that can be read.
        """
        token = self._current_token()
        answer = self._send(url, content, token, most_bytes)
        if answer.status == 401 and self._account is not None:
            self._forget(token)
            answer = self._send(url, content, self._current_token(), most_bytes)
        return answered(answer, is_refusal)

    def _send(self, url: str, content: bytes, token: str, most_bytes: int) -> HttpAnswer:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return call("POST", url, content, self._timeout_seconds, headers, most_bytes=most_bytes)

    def _current_token(self) -> str:
        if self._account is None:
            return ""
        with self._lock:
            if not self._token or self._clock() >= self._good_until:
                self._token, life_seconds = self._asked_token(self._account)
                self._good_until = self._clock() + max(life_seconds - RENEWED_BEFORE_SECONDS, 0)
            return self._token

    def _forget(self, token: str) -> None:
        with self._lock:
            # Another thread may have a newer one already.
            if self._token == token:
                self._token = ""

    def _asked_token(self, account: LgspAccount) -> tuple[str, float]:
        scope = f"&scope={quote_plus(account.scope)}" if account.scope else ""
        with self._secrets.open(account.secret_reference) as secret:
            named = f"{quote_plus(account.client_id)}:{quote_plus(secret.text())}"
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Authorization": f"Basic {base64.b64encode(named.encode()).decode()}",
        }
        body = f"grant_type=client_credentials{scope}".encode()
        answer = call("POST", account.token_url, body, self._timeout_seconds, headers)
        if answer.status != 200:
            raise ProviderUnavailable(f"the LGSP gave no token: status {answer.status}")
        return _token(answer.content)


def _token(raw: bytes) -> tuple[str, float]:
    try:
        told = json.loads(raw)
        token, life_seconds = told["access_token"], float(told.get("expires_in", DEFAULT_LIFE_SECONDS))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ProviderUnavailable("the LGSP's answer holds no token") from None
    # A token goes into a header: anything but visible ASCII would be a header of somebody else's making.
    if not (isinstance(token, str) and token.isascii() and token.isprintable() and token and " " not in token):
        raise ProviderUnavailable("the LGSP's answer holds no token")
    return token, life_seconds


def unwrapped(raw: bytes) -> bytes:
    """Return the provider's own message of an answer that the LGSP may have wrapped as error_code and message.

    Raises:
        ProviderUnavailable: The LGSP says that the service failed.
    """
    try:
        told: Any = json.loads(raw)
    except (ValueError, RecursionError):
        return raw
    if not isinstance(told, dict) or "error_code" not in told or "message" not in told:
        return raw
    if str(told["error_code"]) != "0":
        raise ProviderUnavailable(f"the LGSP reports error {str(told['error_code'])[:20]!r}")
    message = told["message"]
    # Re-writing an object would lose how its numbers were written, so it is taken only as text.
    if not isinstance(message, str):
        raise ProviderUnavailable("the LGSP's wrapper holds no text")
    return message.encode()


def lgsp_of(given: LgspSettings | None, secrets: SecretProvider, timeout_seconds: float) -> Lgsp:
    """Return the way to services behind an LGSP, with a token where one is set up."""
    account = LgspAccount(given.token_url, given.client_id, given.client_secret, given.scope) if given else None
    return Lgsp(account, secrets, timeout_seconds)
