"""The demonstration's accounts with payment providers: one entry sets a provider up in the gateway and the sandbox."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from payments.providers.kbnn.provider import EXAMPLE


@dataclass(frozen=True)
class DemoAccount:
    """One provider's account.

    Attributes:
        provider: Its name, and that of its section in both files.
        settings: Further lines of the gateway's section; `{sandbox}` stands for the provider's place at the sandbox,
            `{site}` for the sandbox itself. A dotted name stands in a table within the section.
        shared: Values that stand in both sections. secrets: Their names by the files that hold them; in both sections.
    """

    provider: str
    settings: Mapping[str, str | list[str]]
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
    DemoAccount(
        "dvcqg",
        settings={
            "init_url": "{sandbox}/paymentplatform/init",
            "query_url": "{sandbox}/paymentplatform/status",
            "receipt_url": "{sandbox}/paymentplatform/receipt",
            "page_origin": "{site}",
            "callback_networks": ["127.0.0.0/8"],
            "lgsp.token_url": "{sandbox}/token",
        },
        shared={"partner_code": "DVCQGDEMO", "lgsp.client_id": "ct-demo"},
        secrets={"dvcqg": "secret", "dvcqg-lgsp": "lgsp.client_secret"},
    ),
    DemoAccount(
        "paygov",
        settings={"start_url": "{sandbox}/pay", "callback_networks": ["127.0.0.0/8"]},
        shared={"partner_code": "PAYGOVDEMO", "access_key": "ct-demo", "service_code": "PHI-LEPHI"},
        secrets={"paygov": "secret_key"},
    ),
    DemoAccount("casso", settings={}, shared={}, secrets={"casso": "checksum_key"}),
    DemoAccount("sepay", settings={}, shared={}, secrets={"sepay": "api_key"}),
    DemoAccount("kbnn", settings={"notice": str(EXAMPLE)}, shared={}, secrets={"kbnn": "hmac_key"}),
)


def settings_section(account: DemoAccount, sandbox_url: str, secret_file: Callable[[str], Path]) -> str:
    """Return the section of the gateway's settings."""
    places = {"{sandbox}": f"{sandbox_url}/{account.provider}", "{site}": sandbox_url}
    settings = {name: _placed(value, places) for name, value in account.settings.items()}
    return _section(account.provider, {**account.shared, **_references(account, secret_file), **settings})


def _placed(value: str | list[str], places: Mapping[str, str]) -> str | list[str]:
    if isinstance(value, list):
        return value
    for place, address in places.items():
        value = value.replace(place, address)
    return value


def sandbox_section(account: DemoAccount, sandbox_url: str, secret_file: Callable[[str], Path]) -> str:
    """Return the section of the sandbox's accounts."""
    return _section(account.provider, {**account.shared, **_references(account, secret_file)})


def _references(account: DemoAccount, secret_file: Callable[[str], Path]) -> dict[str, str]:
    return {setting: f"file:{secret_file(name)}" for name, setting in account.secrets.items()}


def _section(name: str, values: Mapping[str, str | list[str]]) -> str:
    # Texts and lists of texts are written alike in JSON and in TOML.
    lines = [f"[{name}]", *(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items())]
    return "\n".join(lines) + "\n"
