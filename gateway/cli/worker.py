"""`gateway worker`: the background worker."""

from config.logging import configure_logging
from config.settings import load_settings
from gateway.jobs.worker import run_worker
from gateway.services import build_services


def run() -> None:
    """Work off what is due until a signal ends the process."""
    settings = load_settings()
    configure_logging(settings.log_level)
    run_worker(build_services(settings))
