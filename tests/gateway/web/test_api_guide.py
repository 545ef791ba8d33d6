"""The OpenAPI document as tables."""

from flask.testing import FlaskClient

from gateway.web.api_guide import read_guide
from tests.gateway.web.openapi_sample import OPENAPI

GUIDE = read_guide(OPENAPI)


def test_operations_come_by_tag_in_the_documents_order() -> None:
    assert GUIDE.tags == (("fees", "Fee orders and receipts"), ("events", ""))
    assert [operation.operation_id for operation in GUIDE.operations] == [
        "open_fee_order",
        "get-v1-receipts-{id}",
        "events",
    ]


def test_references_arrays_and_optional_objects_become_rows() -> None:
    order = GUIDE.find_operation("open_fee_order")
    assert order is not None
    rows = {row.path: row for row in order.body_fields}
    assert rows["dossier_code"].required
    assert rows["dossier_code"].description == "The dossier · ≤ 64 chars"
    assert rows["items"].type == "object[]"
    assert (rows["items[].amount_minor"].type, rows["items[].amount_minor"].description) == ("integer", "> 0")
    assert rows["items[].kind"].description == "phi | le-phi"
    assert not rows["payer"].required
    assert rows["payer.full_name"].type == "string"


def test_a_schema_that_holds_itself_comes_to_an_end() -> None:
    order = GUIDE.find_operation("open_fee_order")
    assert order is not None
    assert max(row.path.count("children") for row in order.body_fields) < 8


def test_scopes_parameters_and_answers_are_read() -> None:
    order = GUIDE.find_operation("open_fee_order")
    receipt = GUIDE.find_operation("get-v1-receipts-{id}")
    assert order is not None and receipt is not None
    assert order.scopes == ("fees:write",)
    assert (order.parameters[0].name, order.parameters[0].place, order.parameters[0].required) == (
        "Idempotency-Key",
        "header",
        True,
    )
    assert [response.status for response in order.responses] == ["201", "422"]
    assert order.body_example is not None and '"Phí"' in order.body_example
    assert receipt.parameters[0].type == "string (uuid)"


def test_an_empty_or_odd_document_gives_an_empty_guide() -> None:
    assert read_guide({}).operations == ()
    dangling = {"paths": {"/x": {"get": {"requestBody": {"$ref": "#/components/none"}, "responses": {}}}}}
    assert read_guide(dangling).operations[0].body_fields == ()


def test_every_operation_has_its_page(client: FlaskClient) -> None:
    overview = client.get("/docs").get_data(as_text=True)
    for operation in GUIDE.operations:
        assert operation.path in overview
        assert client.get(f"/docs/{operation.operation_id}").status_code == 200
