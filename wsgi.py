"""The WSGI entry point: `gunicorn -c config/gunicorn.py wsgi:app`."""

from config.logging import configure_logging
from config.settings import load_settings
from gateway.app import create_app
from gateway.services import build_services

settings = load_settings()
configure_logging(settings.log_level)
app = create_app(build_services(settings))
