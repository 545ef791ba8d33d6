"""PayGov behind the Provider Protocol; everything about its messages is data."""

from ipaddress import ip_network
from pathlib import Path
from typing import Final

from config.secrets import SecretProvider
from config.settings import Settings
from payments.errors import ProviderDescriptionUnusable
from payments.providers.described.layout import load_messages
from payments.providers.described.provider import DescribedAccount, DescribedProvider
from payments.providers.lgsp import lgsp_of

NAME: Final = "paygov"
TITLE: Final = "PayGov"
SHIPPED: Final = Path(__file__).with_name("messages.toml")


def paygov_from_settings(settings: Settings, secrets: SecretProvider) -> DescribedProvider | None:
    """Return the provider if the operator has set it up.

    Raises:
        ProviderDescriptionUnusable: The operator's description of messages has faults, or asks for a missing setting.
    """
    given = settings.paygov
    if given is None:
        return None
    messages = load_messages(SHIPPED, given.messages)
    if messages.start.by == "post" and given.page_origin is None:
        raise ProviderDescriptionUnusable("paygov.page_origin: needed where a payment begins with a post")
    if messages.query is not None and given.query_url is None:
        raise ProviderDescriptionUnusable("paygov.query_url: needed where a query is described")
    account = DescribedAccount(
        name=NAME,
        title=TITLE,
        secret_reference=given.secret_key,
        names={"partner": given.partner_code, "service": given.service_code, "access_key": given.access_key},
        start_url=given.start_url,
        query_url=given.query_url,
        page_origin=given.page_origin,
        networks=tuple(ip_network(network) for network in given.callback_networks),
    )
    return DescribedProvider(account, messages, lgsp_of(given.lgsp, secrets, given.timeout_seconds), secrets)
