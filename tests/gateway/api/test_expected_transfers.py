"""Payouts, fees and remittances over the API, ended by statements; refused in the caller's language."""

from datetime import datetime
from typing import Any

import pytest
from flask import Flask

from payments.local_time import HANOI
from tests.gateway.api.conftest import Machine
from tests.gateway.api.test_callbacks import _signed, fields, order  # noqa: F401 - fixtures
from tests.gateway.api.test_cash_deposits import _balances
from tests.gateway.api.test_statements import _statement, account  # noqa: F401 - a fixture

MINH = {"officer": "minh.le"}


@pytest.fixture
def payout(
    app: Flask,
    machine: Machine,
    account: str,  # noqa: F811
    order: dict[str, str],  # noqa: F811
    fields: dict[str, str],  # noqa: F811
) -> dict[str, Any]:
    """VNPAY took 50,000 VND and says that it paid out 49,450 of them today."""
    app.test_client().get(f"/callbacks/vnpay?{_signed(fields)}")
    return {
        "officer": "lan.tran",
        "provider": "vnpay",
        "reference": "VNP-231126",
        "account_number": account,
        "paid_on": datetime.now(HANOI).date().isoformat(),
        "gross_minor": 50_000,
        "fee_minor": 550,
        "net_minor": 49_450,
    }


def test_a_payout_and_a_remittance_go_through_two_people_and_the_statement(
    machine: Machine, payout: dict[str, Any]
) -> None:
    account = payout["account_number"]  # noqa: F811
    first, again = (machine.post("/v1/provider-payouts", payout, key="p1").get_json() for _ in range(2))
    assert (first, first["state"], first["kind"]) == (again, "announced", "payout")
    # The same document by another action is the same payout.
    assert machine.post("/v1/provider-payouts", payout).get_json()["id"] == first["id"]
    where = f"/v1/expected-transfers/{first['id']}"
    assert machine.post(f"{where}/approve", {"officer": "LAN.TRAN"}).status_code == 403
    # The statement comes before the approval, which then books it.
    shown = machine.upload("/v1/statements", _statement((49_450, "VNPAY CT VNP 231126", "FT1")))
    assert "unknown-credit" in [each["kind"] for each in shown.get_json()["reconciliations"][0]["breaks"]]
    approved = machine.post(f"{where}/approve", MINH).get_json()
    assert (approved["state"], approved["net_minor"]) == ("arrived", 49_450)
    assert "unknown-credit" not in [each["kind"] for each in machine.get("/v1/breaks").get_json()["items"]]
    balances = _balances(machine)
    assert (balances["clearing:vnpay"], balances[f"bank:{account}"], balances["provider-fees:vnpay"]) == (
        0,
        49_450,
        550,
    )

    order_to_treasury = {
        **{name: payout[name] for name in ("officer", "account_number", "paid_on")},
        "treasury_account": "7111",
        "reference": "GNT-000007",
        "amount_minor": 40_000,
    }
    remittance = machine.post("/v1/treasury-remittances", order_to_treasury).get_json()
    assert (remittance["gross_minor"], remittance["net_minor"]) == (40_000, -40_000)
    machine.post(f"/v1/expected-transfers/{remittance['id']}/approve", MINH)
    text = f"NOP NSNN {remittance['transfer_content']}"
    machine.upload("/v1/statements", _statement((-40_000, text, "FT2"), sequence=2))
    assert machine.get(f"/v1/expected-transfers/{remittance['id']}").get_json()["state"] == "arrived"
    assert (_balances(machine)["treasury:7111"], _balances(machine)[f"bank:{account}"]) == (40_000, 9_450)
    events = {event["type"] for event in machine.get("/v1/events").get_json()["items"]}
    assert {f"expected-transfer.{what}" for what in ("announced", "approved", "arrived")} <= events


def test_a_listed_payment_is_missed_no_more(
    machine: Machine,
    payout: dict[str, Any],
    fields: dict[str, str],  # noqa: F811
) -> None:
    unknown = {**payout, "payments": ["none"]}
    told = machine.post("/v1/provider-payouts", unknown, headers={"Accept-Language": "vi"})
    assert (told.status_code, told.get_json()["title"]) == (409, "Các lần nộp kê ra không phải khoản được chi trả")
    listed = {**payout, "payments": [fields["vnp_TxnRef"]]}
    made = machine.post("/v1/provider-payouts", listed).get_json()
    machine.upload("/v1/statements", _statement((49_450, "VNP231126", "FT1")))
    kinds = sorted(each["kind"] for each in machine.get("/v1/breaks").get_json()["items"])
    assert kinds == ["missing-in-statement", "unknown-credit"]
    machine.post(f"/v1/expected-transfers/{made['id']}/approve", MINH)
    assert machine.get("/v1/breaks").get_json()["items"] == []


def test_a_wrong_fee_is_reversed_and_the_right_one_entered(machine: Machine, payout: dict[str, Any]) -> None:
    wrong = machine.post("/v1/provider-payouts", payout).get_json()
    where = f"/v1/expected-transfers/{wrong['id']}"
    machine.post(f"{where}/approve", MINH)
    machine.upload("/v1/statements", _statement((49_450, "VNP231126", "FT1")))
    right = {**payout, "gross_minor": 49_500, "fee_minor": 50}
    assert machine.post("/v1/provider-payouts", right).status_code == 409
    back = machine.post(f"{where}/reverse", {"officer": "lan.tran", "reason": "Sai phí"}).get_json()
    assert (back["state"], back["end_reason"]) == ("reversed", "Sai phí")
    assert "unknown-credit" in [each["kind"] for each in machine.get("/v1/breaks").get_json()["items"]]
    entered = machine.post("/v1/provider-payouts", right).get_json()
    approved = machine.post(f"/v1/expected-transfers/{entered['id']}/approve", MINH).get_json()
    assert approved["state"] == "arrived"
    assert (_balances(machine)["provider-fees:vnpay"], _balances(machine)["clearing:vnpay"]) == (50, 500)
    fee = {name: right[name] for name in ("officer", "provider", "account_number", "paid_on", "fee_minor")}
    charged = machine.post("/v1/provider-fees", {**fee, "reference": "HD 7"})
    assert (charged.status_code, charged.get_json()["net_minor"]) == (201, -50)
    by_kind = machine.get("/v1/expected-transfers?kind=provider-fee&state=announced").get_json()["items"]
    assert [item["id"] for item in by_kind] == [charged.get_json()["id"]]


def test_refusals_say_what_to_do_and_other_units_see_nothing(
    machine: Machine, stranger: Machine, reader: Machine, payout: dict[str, Any]
) -> None:
    unbalanced = {**payout, "net_minor": 49_451}
    told = machine.post("/v1/provider-payouts", unbalanced, headers={"Accept-Language": "vi"})
    assert (told.status_code, told.get_json()["title"]) == (422, "Khoản chuyển khai chưa đúng")
    over = {**payout, "gross_minor": 50_001, "fee_minor": 551}
    told = machine.post("/v1/provider-payouts", over, headers={"Accept-Language": "vi"})
    assert (told.status_code, told.get_json()["title"]) == (409, "Theo sổ, nhà cung cấp giữ ít hơn số chi trả")
    for changed, status in (
        ({"provider": "momo"}, 422),
        ({"gross_minor": 0}, 422),
        ({"gross_minor": "50000"}, 422),
        ({"paid_on": "2999-01-01"}, 422),
        ({"account_number": "1"}, 422),
        ({"statement_entry_id": "none"}, 409),
    ):
        assert machine.post("/v1/provider-payouts", {**payout, **changed}).status_code == status, changed
    remittance = {**payout, "treasury_account": "7111", "amount_minor": 1}
    for name in ("provider", "gross_minor", "fee_minor", "net_minor"):
        remittance.pop(name)
    assert machine.post("/v1/treasury-remittances", remittance).status_code == 409
    # Another unit has neither this account nor this provider's money.
    assert stranger.post("/v1/provider-payouts", payout).status_code == 422
    assert reader.post("/v1/provider-payouts", payout).status_code == 403
    where = f"/v1/expected-transfers/{machine.post('/v1/provider-payouts', payout).get_json()['id']}"
    for verb, body in (("approve", MINH), *((verb, {**MINH, "reason": "b"}) for verb in ("cancel", "reverse"))):
        assert stranger.post(f"{where}/{verb}", body).status_code == 404
    assert stranger.get(where).status_code == 404
    assert stranger.get("/v1/expected-transfers").get_json()["items"] == []
    assert machine.post(f"{where}/reverse", {"officer": "a", "reason": "b"}).status_code == 409
    cancelled = machine.post(f"{where}/cancel", {"officer": "lan.tran", "reason": "Nhầm"}).get_json()
    assert (cancelled["state"], cancelled["end_reason"]) == ("cancelled", "Nhầm")
