"""The catalogue over HTTP: imported, read, used by orders; and orders that change before they are paid."""

import json

import pytest

from tests.gateway.api.conftest import Machine
from tests.gateway.api.test_idempotency import ORDER

HEADING = "procedure_code,fee_code,kind,name,chapter,sub_item,formula,legal_basis,valid_from"
FORMULA = "tiers pages each 1-2:2000 3-:1000 times copies"
CSV = f"{HEADING}\n1.001,COPY,phi,Phí sao chép,805,2716,{FORMULA},TT 226,2026-01-01\n"
REDUCTIONS = {"reductions": [{"code": "TE", "percent": 100, "legal_ground": "Điều 10", "valid_from": "2026-01-01"}]}
FEE = {"procedure_code": "1.001", "fee_code": "COPY", "quantities": {"pages": 3, "copies": 2}}


def _import(machine: Machine, data: bytes, kind: str = "text/csv") -> tuple[int, dict[str, object]]:
    headers = {"Authorization": f"Bearer {machine.token}", "Content-Type": kind}
    answer = machine.http.post("/v1/fee-catalogue/imports", data=data, headers=headers)
    return answer.status_code, answer.get_json()


@pytest.fixture
def filled(machine: Machine) -> Machine:
    assert _import(machine, CSV.encode()) == (201, {"added": 1, "ended": 0, "unchanged": 0})
    assert _import(machine, json.dumps(REDUCTIONS).encode(), "application/json")[0] == 201
    return machine


def test_an_import_is_read_back_and_again_changes_nothing(filled: Machine, stranger: Machine) -> None:
    told = filled.get("/v1/fee-catalogue?procedure_code=1.001&on=2026-11-28").get_json()

    assert [entry["quantities"] for entry in told["entries"]] == [["pages", "copies"]]
    assert [(found["code"], found["percent"]) for found in told["reductions"]] == [("TE", 100)]
    assert _import(filled, CSV.encode()) == (201, {"added": 0, "ended": 0, "unchanged": 1})
    assert filled.get("/v1/fee-catalogue?on=2025-12-31").get_json() == {"entries": [], "reductions": []}
    assert stranger.get("/v1/fee-catalogue").get_json()["entries"] == []


@pytest.mark.parametrize(
    ("data", "kind", "status", "code"),
    [
        (CSV.replace("tiers", "steps"), "text/csv", 422, "fee-catalogue-unsound"),
        (CSV.replace("2000", "9000"), "text/csv", 422, "fee-catalogue-unsound"),
        ("{", "application/json", 422, "fee-catalogue-unsound"),
        (CSV, "application/pdf", 415, "media-type-not-supported"),
    ],
)
def test_a_file_that_cannot_be_taken_in_is_refused_whole(
    filled: Machine, data: str, kind: str, status: int, code: str
) -> None:
    before = filled.get("/v1/fee-catalogue").get_json()
    found, problem = _import(filled, data.encode(), kind)

    assert (found, str(problem["type"]).rpartition(":")[2]) == (status, code)
    assert filled.get("/v1/fee-catalogue").get_json() == before


def test_an_order_is_made_from_the_catalogue(filled: Machine) -> None:
    order = filled.post("/v1/fee-orders", {**ORDER, "items": [FEE]}).get_json()

    assert order["amount_minor"] == 10_000
    item = order["items"][0]
    assert (item["full_amount_minor"], item["legal_ground"], item["quantities"]) == (10_000, None, FEE["quantities"])
    assert item["catalogue_entry_id"] == filled.get("/v1/fee-catalogue").get_json()["entries"][0]["id"]


def test_an_exempt_order_says_so_and_cannot_be_paid(filled: Machine) -> None:
    items = [{**FEE, "reduction_code": "TE"}]
    order = filled.post("/v1/fee-orders", {**ORDER, "items": items}).get_json()

    assert (order["state"], order["amount_minor"], order["items"][0]["legal_ground"]) == ("exempt", 0, "Điều 10")
    assert filled.post(f"/v1/fee-orders/{order['id']}/attempts", {"provider": "vnpay"}).status_code == 409
    page = filled.http.get(order["pay_url"].partition("8000")[2] or f"/pay/{order['pay_url'].rsplit('/', 1)[1]}")
    assert "Được miễn toàn bộ" in page.get_data(as_text=True)


@pytest.mark.parametrize(
    ("fee", "status", "code"),
    [
        ({**FEE, "fee_code": "OTHER"}, 404, "fee-not-in-catalogue"),
        ({**FEE, "reduction_code": "XX"}, 404, "fee-not-in-catalogue"),
        ({**FEE, "quantities": {"pages": 3}}, 422, "fee-catalogue-unsound"),
        ({**FEE, "quantities": {"pages": 3, "copies": 0}}, 422, "fee-catalogue-unsound"),
    ],
)
def test_what_the_catalogue_cannot_price_opens_nothing(filled: Machine, fee: dict, status: int, code: str) -> None:
    answer = filled.post("/v1/fee-orders", {**ORDER, "items": [fee]})

    assert (answer.status_code, answer.get_json()["type"].rpartition(":")[2]) == (status, code)
    assert filled.get("/v1/fee-orders").get_json()["items"] == []


def _patch(machine: Machine, order: dict, body: dict) -> tuple[int, dict]:
    headers = {"Authorization": f"Bearer {machine.token}"}
    answer = machine.http.patch(f"/v1/fee-orders/{order['id']}", json=body, headers=headers)
    return answer.status_code, answer.get_json()


def test_an_order_is_changed_before_payment_only(filled: Machine, stranger: Machine) -> None:
    order = filled.post("/v1/fee-orders", ORDER).get_json()
    payer = {"number": "001099000123", "address": "1 Phố Ví Dụ", "email": None, "phone": None}
    status, changed = _patch(filled, order, {"items": [FEE], "payer": payer, "purpose": "Sao y"})

    assert (status, changed["amount_minor"], changed["revision"]) == (200, 10_000, 2)
    assert (changed["payer"], changed["purpose"]) == (payer, "Sao y")
    assert changed["payer_name"] == order["payer_name"]
    assert _patch(stranger, order, {"purpose": "x"})[0] == 404
    assert filled.post(f"/v1/fee-orders/{order['id']}/attempts", {"provider": "vnpay"}).status_code == 201
    status, problem = _patch(filled, order, {"items": [FEE]})
    assert (status, problem["type"].rpartition(":")[2]) == (409, "fee-order-payment-under-way")
    assert filled.post(f"/v1/fee-orders/{order['id']}/cancel", {"reason": "Rút hồ sơ"}).status_code == 200
    status, problem = _patch(filled, order, {"purpose": "x"})
    assert (status, problem["type"].rpartition(":")[2]) == (409, "fee-order-cancelled")
    assert filled.get(f"/v1/fee-orders/{order['id']}").get_json()["cancel_reason"] == "Rút hồ sơ"


def test_the_payer_reads_what_the_fee_rests_on_as_it_was_when_the_order_was_made(filled: Machine) -> None:
    order = filled.post("/v1/fee-orders", {**ORDER, "items": [FEE]}).get_json()
    own = filled.post("/v1/fee-orders", ORDER).get_json()
    newer = CSV.replace("TT 226", "TT 99").replace("2026-01-01", "2026-11-01")
    assert _import(filled, newer.encode()) == (201, {"added": 1, "ended": 1, "unchanged": 0})
    later = filled.post("/v1/fee-orders", {**ORDER, "items": [FEE]}).get_json()

    def shown(told: dict) -> str:
        return filled.http.get(f"/pay/{told['pay_url'].rsplit('/', 1)[1]}").get_data(as_text=True)

    assert "Vì sao phải nộp?" in shown(order)
    assert [basis in shown(order) for basis in ("TT 226", "TT 99")] == [True, False]
    assert [basis in shown(later) for basis in ("TT 226", "TT 99")] == [False, True]
    assert "Vì sao phải nộp?" not in shown(own)
