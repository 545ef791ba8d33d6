"""Opens key sources by their addresses and keeps them, so that a key is loaded and a token logged in once."""

import threading
from pathlib import Path

from config.secrets import SecretProvider
from signing.errors.keys import KeySourceNotServedYet, KeySourceUnavailable
from signing.key_sources.base import KeySource
from signing.key_sources.pkcs11 import Pkcs11KeySource, TokenProcess
from signing.key_sources.pkcs12 import Pkcs12KeySource
from signing.key_sources.uri import (
    CscAddress,
    DeskAddress,
    Pkcs11Address,
    Pkcs12Address,
    TokenAddress,
    parse_key_source_uri,
)


class KeySources:
    """The key sources of one process."""

    def __init__(self, secrets: SecretProvider, *, pkcs11_module: Path | None, timeout_seconds: float) -> None:
        """Remember how to open key sources.

        Args:
            secrets: Reads PINs and pass phrases when they are needed.
            pkcs11_module: The tokens' library; an address never names one, because loading it runs its code.
            timeout_seconds: The time limit of one call to a token.
        """
        self._secrets = secrets
        self._pkcs11_module = pkcs11_module
        self._timeout_seconds = timeout_seconds
        self._lock = threading.Lock()
        self._opened: dict[Pkcs11Address | Pkcs12Address, KeySource] = {}
        self._tokens: dict[TokenAddress, TokenProcess] = {}

    def open_key_source(self, uri: str) -> KeySource:
        """Return the key source of an address; the same one for the same address. Nothing is touched yet.

        Raises:
            KeySourceUriInvalid: The address cannot be read.
            KeySourceUnavailable: A token is named and no PKCS#11 module is set.
            KeySourceNotServedYet: The key lies at a desk or with a remote service.
        """
        address = parse_key_source_uri(uri)
        if isinstance(address, DeskAddress | CscAddress):
            raise KeySourceNotServedYet("keys at desks and with remote services cannot be used by this version yet")
        with self._lock:
            if address not in self._opened:
                self._opened[address] = self._open(address)
            return self._opened[address]

    def close_all(self) -> None:
        """Forget all keys and end all children."""
        with self._lock:
            opened = list(self._opened.values())
            self._opened.clear()
            self._tokens.clear()
        for key_source in opened:
            key_source.close()

    def _open(self, address: Pkcs11Address | Pkcs12Address) -> KeySource:
        if isinstance(address, Pkcs12Address):
            return Pkcs12KeySource(address, self._secrets)
        if self._pkcs11_module is None:
            raise KeySourceUnavailable("no PKCS#11 module is set, so no token can be used")
        if address.token not in self._tokens:
            self._tokens[address.token] = TokenProcess(
                self._pkcs11_module, address.token, self._secrets, self._timeout_seconds
            )
        return Pkcs11KeySource(address, self._tokens[address.token])
