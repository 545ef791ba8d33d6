"""The demonstration's accounts with payment providers: one entry sets a provider up in the gateway and the sandbox."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True)
class DemoAccount:
    """One provider's account.

    Attributes:
        provider: Its name, and that of its section in both files.
        settings: Further lines of the gateway's section; `{sandbox}` stands for the provider's place at the sandbox.
        shared: Values that stand in both sections. secrets: Their names by the files that hold them; in both sections.
    """

    provider: str
    settings: Mapping[str, str]
    shared: Mapping[str, str]
    secrets: Mapping[str, str]


ACCOUNTS: Final[tuple[DemoAccount, ...]] = (
    DemoAccount(
        "vnpay",
        settings={
            "payment_url": "{sandbox}/paymentv2/vpcpay.html",
            "api_url": "{sandbox}/merchant_webapi/api/transaction",
        },
        shared={"tmn_code": "CTDEMO01"},
        secrets={"vnpay": "hash_secret"},
    ),
    DemoAccount(
        "momo",
        settings={"api_url": "{sandbox}/v2/gateway/api"},
        shared={"partner_code": "MOMODEMO"},
        secrets={"momo-access": "access_key", "momo": "secret_key"},
    ),
    DemoAccount(
        "zalopay",
        settings={"api_url": "{sandbox}/v2", "page_url": "{sandbox}"},
        shared={"app_id": "2553"},
        secrets={"zalopay-key1": "key1", "zalopay-key2": "key2"},
    ),
    DemoAccount(
        "payos",
        settings={"api_url": "{sandbox}", "checkout_url": "{sandbox}"},
        shared={"client_id": "payos-demo"},
        secrets={"payos-api": "api_key", "payos": "checksum_key"},
    ),
    DemoAccount("casso", settings={}, shared={}, secrets={"casso": "checksum_key"}),
    DemoAccount("sepay", settings={}, shared={}, secrets={"sepay": "api_key"}),
)


def settings_section(account: DemoAccount, sandbox_url: str, secret_file: Callable[[str], Path]) -> str:
    """Return the section of the gateway's settings."""
    place = f"{sandbox_url}/{account.provider}"
    settings = {name: value.replace("{sandbox}", place) for name, value in account.settings.items()}
    return _section(account.provider, {**account.shared, **_references(account, secret_file), **settings})


def sandbox_section(account: DemoAccount, sandbox_url: str, secret_file: Callable[[str], Path]) -> str:
    """Return the section of the sandbox's accounts."""
    return _section(account.provider, {**account.shared, **_references(account, secret_file)})


def _references(account: DemoAccount, secret_file: Callable[[str], Path]) -> dict[str, str]:
    return {setting: f"file:{secret_file(name)}" for name, setting in account.secrets.items()}


def _section(name: str, values: Mapping[str, str]) -> str:
    lines = [f"[{name}]", *(f'{key} = "{value}"' for key, value in values.items())]
    return "\n".join(lines) + "\n"
