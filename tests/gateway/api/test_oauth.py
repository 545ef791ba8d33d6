"""Machines get in with their own credentials and only where their scopes lead."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from gateway.db.tables.callers import AccessTokenRow, ApiClientRow
from gateway.services import Services
from tests.gateway.api.conftest import Machine


def test_a_token_lasts_an_hour_and_opens_the_api(machine: Machine) -> None:
    answer = machine.http.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=(machine.client_id, machine.secret)
    )

    assert answer.status_code == 200
    assert answer.get_json()["token_type"] == "Bearer"
    assert answer.get_json()["expires_in"] == 3600
    assert machine.get("/v1/signing-profiles").status_code == 200


def test_the_secret_may_stand_in_the_form(machine: Machine) -> None:
    form = {"grant_type": "client_credentials", "client_id": machine.client_id, "client_secret": machine.secret}

    assert machine.http.post("/oauth/token", data=form).status_code == 200


@pytest.mark.parametrize(
    ("client_id", "secret", "grant"),
    [
        ("", "wrong", "client_credentials"),
        ("no-such-client", "", "client_credentials"),
        ("", "", "password"),
        ("", "", ""),
    ],
)
def test_wrong_credentials_and_other_grants_get_no_token(
    machine: Machine, client_id: str, secret: str, grant: str
) -> None:
    answer = machine.http.post(
        "/oauth/token", data={"grant_type": grant}, auth=(client_id or machine.client_id, secret or machine.secret)
    )

    assert answer.status_code in {400, 401}
    assert "access_token" not in answer.get_json()


def test_neither_token_nor_secret_is_kept(machine: Machine, services: Services) -> None:
    with services.unit_of_work(read_only=True) as work:
        tokens = [row.token_sha256 for row in work.session.query(AccessTokenRow)]
        hashes = [row.secret_hash for row in work.session.query(ApiClientRow)]

    assert machine.token not in tokens
    assert all(text.startswith("$argon2id$") and machine.secret not in text for text in hashes)


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic eDp5"}])
def test_calls_without_a_good_token_are_answered_401_with_words(app: Flask, header: dict[str, str]) -> None:
    answer = app.test_client().get("/v1/documents/x", headers=header)

    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert "WWW-Authenticate" in answer.headers


def test_a_scope_that_was_not_granted_is_refused(reader: Machine) -> None:
    answer = reader.upload("/v1/documents", b"%PDF-1.7")

    assert (answer.status_code, answer.get_json()["code"]) == (403, "scope-missing")


def test_a_token_can_be_asked_for_with_less_but_not_with_more(machine: Machine, reader: Machine) -> None:
    machine.sign_in("documents:read")
    assert machine.upload("/v1/documents", b"x").status_code == 403
    reader.sign_in("documents:read documents:write")
    assert reader.upload("/v1/documents", b"x").status_code == 403


def test_an_expired_token_and_a_disabled_client_are_shut_out(machine: Machine, services: Services) -> None:
    with services.unit_of_work() as work:
        work.session.execute(update(AccessTokenRow).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
        work.commit()
    assert machine.get("/v1/signing-profiles").status_code == 401

    machine.sign_in()
    with services.unit_of_work() as work:
        work.session.execute(update(ApiClientRow).values(disabled_at=datetime.now(UTC)))
        work.commit()
    assert machine.get("/v1/signing-profiles").status_code == 401
    again = machine.http.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=(machine.client_id, machine.secret)
    )
    assert again.status_code == 401
