"""The real application with two units, and a browser that nobody signed in with."""

import pytest
from flask import Flask

from gateway.app import create_app
from gateway.services import Services
from tests.gateway.pages.office import Browser, Office, found_office


@pytest.fixture
def app(services: Services) -> Flask:
    return create_app(services)


@pytest.fixture
def office(app: Flask, services: Services) -> Office:
    return found_office(app, services, "H13.1", "UBND phường Một", "0123456789")


@pytest.fixture
def neighbour(app: Flask, services: Services) -> Office:
    return found_office(app, services, "H13.2", "UBND phường Hai", "9876543210")


@pytest.fixture
def citizen(app: Flask) -> Browser:
    return Browser(app)
