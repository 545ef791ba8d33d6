"""Opens key sources by their addresses and keeps them, so that a key is loaded and a token logged in once."""

import threading
from collections.abc import Sequence
from pathlib import Path

from config.secrets import SecretProvider
from signing.errors.keys import KeySourceNotServedYet, KeySourceUnavailable
from signing.key_sources.base import KeySource
from signing.key_sources.logins import Logins, unguarded
from signing.key_sources.pkcs11 import Pkcs11KeySource, TokenPool
from signing.key_sources.pkcs11_uri import TokenAddress
from signing.key_sources.pkcs12 import Pkcs12KeySource
from signing.key_sources.quirks import QuirkTable, shipped_quirks
from signing.key_sources.token_process import TokenUse
from signing.key_sources.uri import (
    CscAddress,
    DeskAddress,
    Pkcs11Address,
    Pkcs12Address,
    parse_key_source_uri,
)


class KeySources:
    """The key sources of one process."""

    def __init__(
        self,
        secrets: SecretProvider,
        *,
        pkcs11_module: Path | None,
        timeout_seconds: float,
        further_modules: tuple[Path, ...] = (),
        quirks: QuirkTable | None = None,
        logins: Logins = unguarded,
    ) -> None:
        """Remember how to open key sources.

        Args:
            secrets: Reads PINs and pass phrases when they are needed.
            pkcs11_module: The tokens' library where an address names none.
            timeout_seconds: The time limit of one call to a token.
            further_modules: Others that an address may name: loading one runs its code, so no others are.
            quirks: What modules and tokens want otherwise; None takes the shipped table.
            logins: Lets one login at a time go to a token; the default is for a process that is alone with it.
        """
        self._secrets = secrets
        self._modules = (*([pkcs11_module] if pkcs11_module else []), *further_modules)
        self._quirks = quirks or shipped_quirks()
        self._logins = logins
        self._timeout_seconds = timeout_seconds
        self._lock = threading.Lock()
        self._opened: dict[Pkcs11Address | Pkcs12Address, KeySource] = {}
        self._tokens: dict[TokenAddress, TokenPool] = {}

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
        if address.token not in self._tokens:
            module = choose_module(self._modules, address.token)
            use = TokenUse(module, address.token, self._secrets, self._timeout_seconds, self._quirks, self._logins)
            self._tokens[address.token] = TokenPool(use)
        return Pkcs11KeySource(address, self._tokens[address.token])


def choose_module(modules: Sequence[Path], address: TokenAddress) -> Path:
    """Return the module for a token: the one that its address names, else the first.

    Raises:
        KeySourceUnavailable: There is none, or the settings do not allow the one named.
    """
    if not modules:
        raise KeySourceUnavailable("no PKCS#11 module is set, so no token can be used")
    for module in modules:
        named = address.module_name in {None, module.stem, module.stem.removeprefix("lib")}
        if named and address.module_path in {None, str(module)}:
            return module
    raise KeySourceUnavailable("the settings do not allow the PKCS#11 module that the address names")
