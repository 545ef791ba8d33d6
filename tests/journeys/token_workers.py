"""Workers with keys of their own, and how often each of them reads a PIN."""

import time
from dataclasses import replace

from config.secrets import LocalSecrets, Secret
from gateway.jobs.handlers import HANDLERS
from gateway.jobs.runner import Runner
from gateway.logins import GuardedLogins
from gateway.services import Services
from signing.key_sources.registry import KeySources
from tests.journeys.city import City


class CountingSecrets:
    """Counts how often each secret is read: a PIN that is not read cannot be tried."""

    def __init__(self) -> None:
        self.read_of: dict[str, int] = {}
        self.slow_seconds = 0.0

    def read(self, reference: str) -> str:
        self.read_of[reference] = self.read_of.get(reference, 0) + 1
        time.sleep(self.slow_seconds)
        return LocalSecrets().read(reference)

    def open(self, reference: str) -> Secret:
        self.read_of[reference] = self.read_of.get(reference, 0) + 1
        return LocalSecrets().open(reference)


def guarded_worker(city: City, secrets: CountingSecrets) -> Services:
    """Return the services of one more worker, with keys of its own and the guard that all workers have."""
    settings = city.services.settings
    guard = GuardedLogins(city.services.unit_of_work, settings.data_folder / "token-logins", 10)
    keys = KeySources(secrets, pkcs11_module=settings.pkcs11_module, timeout_seconds=10, logins=guard)
    return replace(city.services, key_sources=keys)


def new_worker(city: City, secrets: CountingSecrets) -> None:
    """Put another worker process's memory in the place of the city's: it knows of no PIN that was refused."""
    city.services.key_sources.close_all()
    module = city.services.settings.pkcs11_module
    keys = KeySources(secrets, pkcs11_module=module, timeout_seconds=10)
    city.services = replace(city.services, key_sources=keys)
    city.runner = Runner(city.services, HANDLERS)
