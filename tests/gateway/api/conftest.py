"""A wired application with two units, each with a machine client of its own."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gateway.app import create_app
from gateway.auth.scopes import SCOPES
from gateway.callers import add_client, add_unit
from gateway.services import Services


@dataclass
class Machine:
    """One machine client: its unit, its credentials and calls in its name."""

    http: FlaskClient
    unit_id: str
    client_id: str
    secret: str
    token: str = ""

    def sign_in(self, scope: str | None = None) -> "Machine":
        data = {"grant_type": "client_credentials", **({"scope": scope} if scope else {})}
        answer = self.http.post("/oauth/token", data=data, auth=(self.client_id, self.secret))
        self.token = answer.get_json()["access_token"]
        return self

    def _headers(self, more: dict[str, str] | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", **(more or {})}

    def get(self, path: str, headers: dict[str, str] | None = None) -> TestResponse:
        return self.http.get(path, headers=self._headers(headers))

    def post(
        self, path: str, body: Any = None, *, key: str = "", headers: dict[str, str] | None = None
    ) -> TestResponse:
        more = {**(headers or {}), **({"Idempotency-Key": key} if key else {})}
        return self.http.post(path, json=body, headers=self._headers(more))

    def upload(self, path: str, content: bytes, *, key: str = "") -> TestResponse:
        more = {"Content-Type": "application/octet-stream", **({"Idempotency-Key": key} if key else {})}
        return self.http.post(path, data=content, headers=self._headers(more))


@pytest.fixture
def app(services: Services) -> Flask:
    return create_app(services)


def _machine(app: Flask, services: Services, code: str, name: str, scopes: list[str]) -> Machine:
    now = datetime.now(UTC)
    with services.unit_of_work() as work:
        unit = add_unit(work, code, name, "", now)
        work.session.flush()
        client, secret = add_client(work, unit.id, name, scopes, (), now)
        work.commit()
    return Machine(app.test_client(), unit.id, client.id, secret).sign_in()


@pytest.fixture
def machine(app: Flask, services: Services) -> Machine:
    return _machine(app, services, "H13.1", "Phường Một", list(SCOPES))


@pytest.fixture
def stranger(app: Flask, services: Services) -> Machine:
    return _machine(app, services, "H13.2", "Phường Hai", list(SCOPES))


@pytest.fixture
def reader(app: Flask, services: Services) -> Machine:
    return _machine(app, services, "H13.3", "Chỉ đọc", ["documents:read"])
