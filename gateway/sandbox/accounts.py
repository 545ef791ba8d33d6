"""The accounts file: whom the sandbox stands in for, and the merchant's account with each, as TOML.

    callbacks = "http://127.0.0.1:8080/callbacks"
    control_token = "file:/absolute/path"
    [vnpay]
    tmn_code = "CTDEMO01"
    hash_secret = "file:/absolute/path"

A value `file:/…` is read from that file, so that the accounts file itself holds no secret. Values of a table within a
section go by dotted names, as `lgsp.client_id`.
"""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gateway.sandbox.app import SandboxConfig
from gateway.sandbox.courier import is_loopback
from gateway.sandbox.registry import SIMULATORS

FILE = "file:"


class AccountsUnusable(Exception):
    """The accounts file cannot be used; the message says why, and no secret."""


def read_accounts(path: Path) -> SandboxConfig:
    """Read an accounts file.

    Raises:
        AccountsUnusable: It cannot be read, names an unknown provider, or calls another machine.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
        callbacks = str(given.pop("callbacks", ""))
        token = _value(given.pop("control_token", ""))
        accounts = {name: _account(name, section) for name, section in given.items()}
    except OSError as error:
        raise AccountsUnusable(f"{error.filename} cannot be read: {error.strerror}.") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AccountsUnusable(f"{path} is not TOML: {error}.") from None
    if not is_loopback(urlsplit(callbacks).hostname or ""):
        raise AccountsUnusable("The sandbox takes no real money and serves and calls loopback addresses only.")
    return SandboxConfig(callbacks.rstrip("/"), accounts, token)


def _account(name: str, section: Any) -> dict[str, str]:
    if name not in SIMULATORS or not isinstance(section, dict):
        raise AccountsUnusable(f"Nothing stands in for {name!r}; there are {', '.join(sorted(SIMULATORS))}.")
    return dict(_values(section, ""))


def _values(section: Mapping[str, Any], within: str) -> Iterator[tuple[str, str]]:
    for key, value in section.items():
        if isinstance(value, Mapping):
            yield from _values(value, f"{within}{key}.")
        else:
            yield within + key, _value(value)


def _value(given: object) -> str:
    text = str(given)
    return Path(text.removeprefix(FILE)).read_text(encoding="utf-8").strip() if text.startswith(FILE) else text
