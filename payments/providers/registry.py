"""Which providers there are; a new one is one line here."""

from collections.abc import Callable, Iterator, Sequence

from config.secrets import SecretProvider
from config.settings import Settings, SettingsUnusable
from payments.errors import ProviderDescriptionUnusable, ProviderUnknown
from payments.providers.base import Provider
from payments.providers.casso.provider import casso_from_settings
from payments.providers.dvcqg.provider import dvcqg_from_settings
from payments.providers.kbnn.provider import kbnn_from_settings
from payments.providers.momo.provider import momo_from_settings
from payments.providers.notices import NoticesOnly
from payments.providers.paygov.provider import paygov_from_settings
from payments.providers.payos.provider import payos_from_settings
from payments.providers.sepay.provider import sepay_from_settings
from payments.providers.vnpay.provider import vnpay_from_settings
from payments.providers.zalopay.provider import zalopay_from_settings

# Each makes its provider from the settings, or returns None where the operator has not set it up.
BUILDERS: tuple[Callable[[Settings, SecretProvider], Provider | None], ...] = (
    vnpay_from_settings,
    dvcqg_from_settings,
    paygov_from_settings,
    kbnn_from_settings,
    momo_from_settings,
    zalopay_from_settings,
    payos_from_settings,
    casso_from_settings,
    sepay_from_settings,
)


class ProviderRegistry:
    """The providers that are set up, by name."""

    def __init__(self, providers: Sequence[Provider]) -> None:
        self._providers = {provider.name: provider for provider in providers}

    def __iter__(self) -> Iterator[Provider]:
        return iter(self._providers.values())

    @property
    def payable(self) -> tuple[Provider, ...]:
        """Those with which a payer can start a payment; the others only tell of bank transfers."""
        return tuple(provider for provider in self if not isinstance(provider, NoticesOnly))

    def named(self, name: str) -> Provider:
        """Return a provider.

        Raises:
            ProviderUnknown: None of this name is set up.
        """
        try:
            return self._providers[name]
        except KeyError:
            raise ProviderUnknown(f"no payment provider called {name!r} is set up") from None


def make_providers(settings: Settings, secrets: SecretProvider) -> ProviderRegistry:
    """Return the providers that the settings name.

    Raises:
        SettingsUnusable: Files that describe providers' messages have faults; all of them are named.
    """
    made, faults = [], []
    for build in BUILDERS:
        try:
            made.append(build(settings, secrets))
        except ProviderDescriptionUnusable as error:
            faults.append(str(error))
    if faults:
        raise SettingsUnusable("\n".join(faults))
    return ProviderRegistry([provider for provider in made if provider is not None])
