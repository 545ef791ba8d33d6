"""The OpenAPI document is sound, complete, and what it describes never answers 5xx, whatever is sent."""

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.gateway.api.conftest import Machine

# What is described does not depend on the database.
on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DESCRIBED = [content_type_conformance, response_schema_conformance, status_code_conformance]


@on_one_database
def test_the_document_is_valid_openapi_3_1(app: Flask) -> None:
    document = app.test_client().get("/openapi.json").get_json()

    assert document["openapi"].startswith("3.1")
    validate(document)


@on_one_database
def test_every_route_of_the_api_is_described_with_a_summary_and_a_scheme(app: Flask) -> None:
    document = app.test_client().get("/openapi.json").get_json()
    described = {
        (path.replace("{", "<").replace("}", ">"), method.upper())
        for path, operations in document["paths"].items()
        for method in operations
    }
    routed = {
        (rule.rule, method)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/v1")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert described == routed
    scopes = document["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]["scopes"]
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation["summary"]
            ((scheme, needed),) = operation["security"][0].items()
            assert (scheme, len(needed)) == ("oauth2", 1) and needed[0] in scopes


@on_one_database
def test_the_scope_that_is_described_is_the_scope_that_is_demanded(app: Flask, reader: Machine) -> None:
    """The reader's token has one scope: whatever is described with another one refuses it, and says which it lacks."""
    document = app.test_client().get("/openapi.json").get_json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            ((needed,),) = operation["security"][0].values()
            values = {part[1:-1].split("}")[0]: "x" for part in path.split("/") if part.startswith("{")}
            answer = reader.http.open(
                path.format(**values), method=method, json={}, headers={"Authorization": f"Bearer {reader.token}"}
            )
            lacks = answer.status_code == 403 and answer.get_json()["code"] == "scope-missing"
            # A body that is not the one described is refused before the token is looked at; that says nothing here.
            if answer.status_code != 422:
                assert lacks == (needed != "documents:read"), (method, path)
            if lacks:
                assert answer.get_json()["fact"].endswith(needed)


@on_one_database
def test_every_refusal_is_described_as_a_problem_document_and_every_success_with_what_it_carries(app: Flask) -> None:
    document = app.test_client().get("/openapi.json").get_json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            answers = operation["responses"]
            refusals = {status: answer for status, answer in answers.items() if not status.startswith("2")}
            assert {"401", "403", "422", "default"} <= set(refusals), (method, path)
            assert {tuple(answer["content"]) for answer in refusals.values()} == {("application/problem+json",)}
            (success,) = [answer for status, answer in answers.items() if status.startswith("2")]
            assert success["content"], (method, path)
    assert document["components"]["schemas"]["Problem"]["required"]
    assert not [name for name in document["components"]["schemas"] if "ValidationError" in name]


@on_one_database
@pytest.mark.parametrize(
    "path",
    [
        "/v1/documents/{document_id}/content",
        "/v1/receipts/{receipt_id}.pdf",
        "/v1/signing-requests/{request_id}/documents/{document_id}/signed",
    ],
)
def test_a_download_is_described_as_the_file_that_it_is(app: Flask, path: str) -> None:
    document = app.test_client().get("/openapi.json").get_json()

    content = document["paths"][path]["get"]["responses"]["200"]["content"]

    assert content["application/pdf"]["schema"] == {"type": "string", "format": "binary"}


@on_one_database
def test_generated_requests_are_answered_and_never_with_a_fault_of_ours(app: Flask, machine: Machine) -> None:
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app)
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) > 20

    for operation in operations:

        @settings(
            max_examples=8,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        )
        @given(case=operation.as_strategy())
        def answers(case: schemathesis.Case) -> None:
            response: Response = case.call(headers={"Authorization": f"Bearer {machine.token}"})
            # A generated id may hit nothing and generated bytes may be refused; faults of ours are failures, and so is
            # an answer that is not described.
            assert response.status_code < 500 or response.status_code == 503, (case.as_curl_command(), response.text)
            case.validate_response(response, checks=DESCRIBED)

        answers()


@given(text=st.text(max_size=50))
@settings(max_examples=30, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_as_a_cursor_is_refused_or_a_page(machine: Machine, text: str) -> None:
    answer = machine.http.get(
        "/v1/events", query_string={"cursor": text}, headers={"Authorization": f"Bearer {machine.token}"}
    )

    assert answer.status_code in {200, 400}
