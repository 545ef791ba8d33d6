"""What most commands start with: settings from the profile and services built from them."""

from collections.abc import Iterator
from contextlib import contextmanager

from config.logging import configure_logging
from config.settings import load_settings
from gateway.services import Services, build_services


@contextmanager
def open_services() -> Iterator[Services]:
    """Build the services that the settings name and close them afterwards."""
    settings = load_settings()
    configure_logging("WARNING")
    services = build_services(settings)
    try:
        yield services
    finally:
        services.close()
