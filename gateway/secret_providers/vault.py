"""Secrets in a HashiCorp Vault, or in what speaks like one (OpenBao): the key-value engine, version 2.

Source: Vault HTTP API, KV secrets engine version 2, "Read secret version".
"""

import json
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote, urlsplit

from config.secrets import SecretProvider, SecretUnavailable
from signing.timestamps.bounded_http import HttpFailed, get_bounded

ANSWER_SIZE_BYTES = 64 * 1024
_FACTS = {
    400: "it finds fault with the request",
    403: "its token may not read there, or has expired",
    404: "nothing is kept there",
    429: "it answers others first",
    473: "it stands by for another one",
    503: "it is sealed or in maintenance",
}


@dataclass(frozen=True)
class VaultAccount:
    """How to reach the vault; holds the place of the token, not the token.

    Attributes:
        address: Such as https://vault.example.vn:8200; http is for this machine's own loopback alone.
        token: Where the token is: `file:/path`, which an agent may renew at any time, or `env:NAME`.
        mount: Where the key-value engine is mounted.
        namespace: Of Vault Enterprise and OpenBao; empty without.
        ca_file: The CA that signed the vault's own certificate; None for those that the system trusts.
        timeout_seconds: Bounds one reading as a whole.
    """

    address: str
    token: str
    mount: str = "secret"
    namespace: str = ""
    ca_file: Path | None = None
    timeout_seconds: float = 5.0


class VaultSecrets:
    """Reads `path#field`; nothing is kept, so a secret that is changed counts from the next use on."""

    def __init__(self, account: VaultAccount, local: SecretProvider) -> None:
        """Remember the account.

        Args:
            local: Reads the vault's token.
        Raises:
            ValueError: The address would send PINs over a network in clear.
        """
        parts = urlsplit(account.address)
        if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname)):
            raise ValueError("a vault's address begins with https; http is for loopback alone")
        self._account = account
        self._local = local

    def __call__(self, place: str) -> bytearray:
        """Return the secret in a field of a path.

        Raises:
            SecretUnavailable: The message names place and fact, never what was answered.
        """
        path, _, field = place.partition("#")
        segments = path.strip("/").split("/")
        if not field or any(segment in {"", ".", ".."} for segment in segments):
            raise SecretUnavailable("a vault's secret is named vault:path#field")
        answer = self._get("/".join(quote(segment, safe="") for segment in segments), path)
        value = _field(answer, field)
        if value is None:
            raise SecretUnavailable(f"the vault's answer for {path} has no text in the field {field}")
        return bytearray(value.encode())

    def _get(self, quoted_path: str, path: str) -> bytes:
        account = self._account
        url = f"{account.address.rstrip('/')}/v1/{quote(account.mount.strip('/'))}/data/{quoted_path}"
        with self._local.open(account.token) as token:
            headers = {"X-Vault-Token": token.text(), "X-Vault-Request": "true"}
        if account.namespace:
            headers["X-Vault-Namespace"] = account.namespace
        try:
            status, _, answer = get_bounded(
                url,
                headers,
                timeout_seconds=account.timeout_seconds,
                size_bytes=ANSWER_SIZE_BYTES,
                ca_file=account.ca_file,
            )
        except HttpFailed as error:
            raise SecretUnavailable(f"the vault gave nothing for {path}: {error}") from None
        if status != 200:
            fact = _FACTS.get(status, "it redirects" if 300 <= status < 400 else "it is out of order")
            raise SecretUnavailable(f"the vault gave nothing for {path}: {fact} (HTTP {status})")
        return answer


def _field(answer: bytes, name: str) -> str | None:
    """Return one text of the answer; a parser's error would quote the answer, so none leaves this function."""
    try:
        value = json.loads(answer)["data"]["data"][name]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return value if isinstance(value, str) and value else None


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False
