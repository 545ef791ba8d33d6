"""Counter payments over the API: entered once, seen by their own unit only, refused in the caller's language."""

from flask import Flask

from tests.gateway.api.conftest import Machine
from tests.gateway.api.test_idempotency import ORDER

CASH = {"method": "cash", "amount_minor": 50_000, "officer": "tran.thi.thu"}


def test_an_entry_pays_the_order_once_and_another_person_takes_it_back(app: Flask, machine: Machine) -> None:
    order = machine.post("/v1/fee-orders", ORDER).get_json()
    where = f"/v1/fee-orders/{order['id']}/counter-payments"

    first, again = (machine.post(where, CASH, key="k1") for _ in range(2))
    assert (first.status_code, again.get_json()) == (201, first.get_json())
    assert machine.get(f"/v1/fee-orders/{order['id']}").get_json()["state"] == "paid"
    assert machine.post(where, CASH).status_code == 409

    void = f"/v1/counter-payments/{first.get_json()['id']}/void"
    assert machine.post(void, {"officer": "Tran.Thi.Thu", "reason": "x"}).status_code == 403
    ended = machine.post(void, {"officer": "le.van.soat", "reason": "Nhầm hồ sơ"}).get_json()
    assert (ended["voided_by"], ended["void_reason"]) == ("le.van.soat", "Nhầm hồ sơ")
    assert machine.get(f"/v1/fee-orders/{order['id']}").get_json()["state"] == "open"
    assert [item["id"] for item in machine.get(where).get_json()["items"]] == [ended["id"]]


def test_refusals_say_what_to_do_and_other_units_see_nothing(
    app: Flask, machine: Machine, stranger: Machine, reader: Machine
) -> None:
    order = machine.post("/v1/fee-orders", ORDER).get_json()
    where = f"/v1/fee-orders/{order['id']}/counter-payments"

    wrong = machine.post(where, {**CASH, "amount_minor": 49_999}, headers={"Accept-Language": "vi"})
    assert (wrong.status_code, wrong.get_json()["title"]) == (422, "Số tiền thu khác số phải nộp")
    assert machine.post(where, {**CASH, "method": "pos"}).status_code == 422
    assert machine.post(where, {**CASH, "amount_minor": "50000"}).status_code == 422
    assert stranger.post(where, CASH).status_code == 404
    assert reader.post(where, CASH).status_code == 403
    paid = machine.post(where, CASH).get_json()
    void = f"/v1/counter-payments/{paid['id']}/void"
    assert stranger.post(void, {"officer": "a", "reason": "b"}).status_code == 404
    assert machine.post("/v1/counter-payments/none/void", {"officer": "a", "reason": "b"}).status_code == 404
