"""Cash from the counter to the bank over the API, ended by a statement; refused in the caller's language."""

from flask import Flask

from tests.gateway.api.conftest import Machine
from tests.gateway.api.test_counter import CASH
from tests.gateway.api.test_idempotency import ORDER
from tests.gateway.api.test_statements import _statement, account  # noqa: F401 - a fixture

HAND_OVER = {"officer": "le.van.soat", "slip_number": "GNT-1"}


def _balances(machine: Machine) -> dict[str, int]:
    accounts = machine.get("/v1/ledger/trial-balance").get_json()["accounts"]
    return {row["account"]: row["balance_minor"] for row in accounts}


def test_cash_reaches_the_bank_and_every_clearing_account_is_even(
    app: Flask,
    machine: Machine,
    account: str,  # noqa: F811
) -> None:
    order = machine.post("/v1/fee-orders", ORDER).get_json()
    assert machine.post(f"/v1/fee-orders/{order['id']}/counter-payments", CASH).status_code == 201
    wish = {"officer": "tran.thi.thu", "amount_minor": 50_000, "account_number": account}

    first, again = (machine.post("/v1/cash-deposits", wish, key="d1").get_json() for _ in range(2))
    assert (first, first["state"]) == (again, "prepared")
    where = f"/v1/cash-deposits/{first['id']}"
    assert machine.post(f"{where}/hand-over", {**HAND_OVER, "officer": "Tran.Thi.Thu"}).status_code == 403
    assert machine.post(f"{where}/hand-over", HAND_OVER).get_json()["state"] == "handed-over"
    on_its_way = machine.get("/v1/cash-deposits?state=handed-over").get_json()["items"]
    assert [item["id"] for item in on_its_way] == [first["id"]]
    assert _balances(machine)["clearing:cash-in-transit"] == 50_000

    found = machine.upload("/v1/statements", _statement((50_000, f"NOP TM {first['transfer_content']}", "FT1")))
    assert found.get_json()["reconciliations"][0]["breaks"] == []
    assert machine.get(where).get_json()["state"] == "arrived"
    balances = _balances(machine)
    assert (balances["clearing:counter-cash"], balances["clearing:cash-in-transit"]) == (0, 0)
    assert balances[f"bank:{account}"] == 50_000
    events = [event["type"] for event in machine.get("/v1/events").get_json()["items"]]
    assert {"cash-deposit.prepared", "cash-deposit.handed-over", "cash-deposit.arrived"} <= set(events)


def test_refusals_say_what_to_do_and_other_units_see_nothing(
    app: Flask,
    machine: Machine,
    stranger: Machine,
    reader: Machine,
    account: str,  # noqa: F811
) -> None:
    order = machine.post("/v1/fee-orders", ORDER).get_json()
    machine.post(f"/v1/fee-orders/{order['id']}/counter-payments", CASH)
    wish = {"officer": "tran.thi.thu", "amount_minor": 50_000, "account_number": account}

    over = machine.post("/v1/cash-deposits", {**wish, "amount_minor": 50_001}, headers={"Accept-Language": "vi"})
    assert (over.status_code, over.get_json()["title"]) == (409, "Quỹ tiền mặt không còn đủ số tiền này")
    assert machine.post("/v1/cash-deposits", {**wish, "account_number": "1"}).status_code == 422
    assert machine.post("/v1/cash-deposits", {**wish, "amount_minor": "50000"}).status_code == 422
    # Another unit has neither this drawer nor this account.
    assert stranger.post("/v1/cash-deposits", wish).status_code == 422
    assert reader.post("/v1/cash-deposits", wish).status_code == 403
    where = f"/v1/cash-deposits/{machine.post('/v1/cash-deposits', wish).get_json()['id']}"
    for verb, body in (("hand-over", HAND_OVER), ("cancel", {"officer": "a", "reason": "b"})):
        assert stranger.post(f"{where}/{verb}", body).status_code == 404
    assert stranger.get(where).status_code == 404
    assert stranger.get("/v1/cash-deposits").get_json()["items"] == []
    cancelled = machine.post(f"{where}/cancel", {"officer": "a", "reason": "Đếm lại"}).get_json()
    assert (cancelled["state"], cancelled["cancel_reason"]) == ("cancelled", "Đếm lại")
    assert machine.post(f"{where}/hand-over", HAND_OVER).status_code == 409
