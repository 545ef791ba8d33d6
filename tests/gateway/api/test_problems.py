"""Every refusal is a problem document that says what to do, in the caller's language, and hides what is inside."""

import json

import pytest
from flask import Flask

from gateway.services import Services
from tests.gateway.api.conftest import Machine


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/no-such-thing", 404, "not-found"),
        ("DELETE", "/v1/documents", 405, "method-not-allowed"),
        ("GET", "/callbacks/no-such-provider", 404, "provider-unknown"),
    ],
)
def test_what_is_not_there_is_a_problem_document(app: Flask, method: str, path: str, status: int, code: str) -> None:
    answer = app.test_client().open(path, method=method)

    body = answer.get_json()
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert body["code"] == code
    assert body["status"] == status
    assert body["type"] == f"urn:gateway:problem:{code}"
    assert body["request_id"] == answer.headers["X-Request-Id"]


def test_every_wrong_field_is_named_with_its_place(machine: Machine) -> None:
    answer = machine.post(
        "/v1/fee-orders", {"dossier_code": "", "items": [{"kind": "gift", "amount_minor": 1.5}], "x": 1}
    )

    body = answer.get_json()
    assert (answer.status_code, body["code"]) == (422, "request-invalid")
    pointers = {fault["pointer"] for fault in body["errors"]}
    assert {"/dossier_code", "/items/0/kind", "/items/0/amount_minor", "/payer_name", "/x"} <= pointers


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b""])
def test_a_body_that_is_no_json_object_is_refused_with_words(machine: Machine, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {machine.token}", "Content-Type": "application/json"}

    answer = machine.http.post("/v1/fee-orders", data=body, headers=headers)

    assert answer.status_code in {400, 415, 422}
    assert answer.mimetype == "application/problem+json"


def test_the_language_is_the_callers_and_vietnamese_by_default(app: Flask) -> None:
    def title(accept: str | None) -> str:
        headers = {"Accept-Language": accept} if accept else {}
        return str(app.test_client().get("/v1/documents/x", headers=headers).get_json()["title"])

    assert title(None) == title("vi-VN,vi;q=0.9,en;q=0.5") == title("fr") == "Thiếu mã truy cập"
    assert title("en-GB,en;q=0.9,vi;q=0.5") == "An access token is missing"


def test_a_fault_of_ours_tells_nothing_of_the_inside(
    machine: Machine, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail: password=hunter2")

    monkeypatch.setattr("gateway.api.signing_profiles.services", fail)

    answer = machine.get("/v1/signing-profiles")

    assert (answer.status_code, answer.get_json()["code"]) == (500, "unexpected")
    assert "hunter2" not in json.dumps(answer.get_json())


def test_a_callers_request_id_is_kept_and_an_odd_one_replaced(app: Flask) -> None:
    client = app.test_client()

    assert client.get("/healthz", headers={"X-Request-Id": "abc-12345"}).headers["X-Request-Id"] == "abc-12345"
    assert "<" not in client.get("/healthz", headers={"X-Request-Id": "<script>"}).headers["X-Request-Id"]


def test_health_and_readiness_answer_without_sign_in(app: Flask) -> None:
    client = app.test_client()

    assert client.get("/healthz").get_json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.get_json()["checks"] == {"database": "ok", "blobs": "ok", "fonts": "ok"}
    assert b"python_info" in client.get("/metrics").data
