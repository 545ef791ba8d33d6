"""Refunds over HTTP: asked for by one person, approved by another, confirmed by a bank's statement."""

from datetime import datetime

import pytest
from flask import Flask

from gateway.jobs.handlers.payments import send_due_refunds
from gateway.services import Services
from payments.local_time import HANOI
from tests.gateway.api.conftest import Machine
from tests.gateway.api.test_callbacks import _signed, fields, order  # noqa: F401 - fixtures
from tests.gateway.api.test_statements import _balances, _statement, account  # noqa: F401 - fixtures

WISH = {
    "officer": "lan.tran",
    "amount_minor": 20_000,
    "reason": "Nộp thừa",
    "route": "paper",
    "beneficiary": {"name": "NGUYEN THI MAU", "bank": "VCB", "account": "0123"},
}


@pytest.fixture
def paid(app: Flask, order: dict[str, str], fields: dict[str, str]) -> str:  # noqa: F811
    """The path of the refunds of a paid order."""
    app.test_client().get(f"/callbacks/vnpay?{_signed(fields)}")
    return f"/v1/fee-orders/{order['id']}/refunds"


def test_a_refund_on_paper_goes_from_request_to_a_confirming_statement(
    machine: Machine,
    paid: str,
    account: str,  # noqa: F811
) -> None:
    asked = machine.post(paid, WISH, key="r1").get_json()
    at = f"/v1/refunds/{asked['id']}"

    own = machine.post(f"{at}/approve", {"officer": "LAN.TRAN"})
    approved = machine.post(f"{at}/approve", {"officer": "minh.le"}).get_json()
    sent = machine.post(f"{at}/hand-over", {"officer": "minh.le", "paper_number": "UNC-7"}).get_json()
    content = _statement((-20_000, f"TRA LAI {asked['transfer_reference']}", "FT9"))
    found = machine.upload("/v1/statements", content).get_json()

    assert (own.status_code, own.get_json()["code"]) == (403, "same-person-twice")
    assert [asked["state"], approved["state"], sent["state"]] == ["requested", "approved", "sent"]
    ended = machine.get(at).get_json()
    assert (ended["state"], ended["ended_by"], ended["on_statement"]) == ("confirmed", "statement", True)
    assert {item["kind"] for item in found["reconciliations"][0]["breaks"]} == {"missing-in-statement"}
    balances = _balances(machine)
    assert (balances["bank"], balances["income"], balances["refunds"]) == (-20_000, -30_000, 0)
    events = [event["type"] for event in machine.get("/v1/events?limit=100").get_json()["items"]]
    assert {"refund.requested", "refund.approved", "refund.sent", "refund.confirmed"} <= set(events)


def test_the_treasury_pays_a_refund_back_from_what_was_remitted_to_it(
    machine: Machine,
    stranger: Machine,
    paid: str,
    account: str,  # noqa: F811
) -> None:
    asked = machine.post(paid, WISH, key="r1").get_json()
    at = f"/v1/refunds/{asked['id']}"
    machine.post(f"{at}/approve", {"officer": "minh.le"})
    machine.post(f"{at}/hand-over", {"officer": "minh.le", "paper_number": "UNC-7"})
    document = {"officer": "minh.le", "treasury_account": "7111", "document": "LCT-9"}
    poor = machine.post(f"{at}/treasury-payment", document, headers={"Accept-Language": "vi"})
    assert (poor.status_code, poor.get_json()["title"]) == (409, "Theo sổ, tài khoản không còn đủ số tiền này")
    whole = {"officer": "lan.tran", "account_number": account, "paid_on": f"{datetime.now(HANOI):%Y-%m-%d}"}
    payout = {
        "provider": "vnpay",
        "reference": "VNP-000001",
        "gross_minor": 30_000,
        "fee_minor": 0,
        "net_minor": 30_000,
    }
    remittance = {"treasury_account": "7111", "reference": "GNT-000007", "amount_minor": 25_000}
    entered = []
    for path, more, shown in (
        ("provider-payouts", payout, (30_000, "VNP-000001", "FT1")),
        ("treasury-remittances", remittance, (-25_000, "GNT-000007", "FT2")),
    ):
        entered.append(machine.post(f"/v1/{path}", {**whole, **more}).get_json()["id"])
        machine.post(f"/v1/expected-transfers/{entered[-1]}/approve", {"officer": "minh.le"})
        machine.upload("/v1/statements", _statement(shown, sequence=len(entered)))

    assert machine.post(f"{at}/treasury-payment", {**document, "officer": "Lan.Tran"}).status_code == 403
    assert stranger.post(f"{at}/treasury-payment", document).status_code == 404
    ended = machine.post(f"{at}/treasury-payment", document).get_json()
    assert (ended["state"], ended["ended_by"], ended["on_statement"]) == ("confirmed", "minh.le", False)
    balances = _balances(machine)
    assert (balances["treasury"], balances["bank"], balances["refunds"]) == (5_000, 5_000, 0)


def test_the_key_is_the_action_and_two_equal_parts_are_two(machine: Machine, paid: str) -> None:
    nameless = machine.post(paid, WISH)
    ids = [machine.post(paid, WISH, key=key).get_json()["id"] for key in ("a", "a", "b")]
    over = machine.post(paid, WISH, key="c")

    assert (nameless.status_code, nameless.get_json()["code"]) == (400, "idempotency-key-missing")
    assert ids[0] == ids[1] != ids[2]
    assert (over.status_code, over.get_json()["code"]) == (409, "refund-too-large")
    assert len(machine.get(paid).get_json()["items"]) == 2


def test_a_refund_by_a_provider_that_does_not_answer_is_unknown_and_not_lost(
    machine: Machine, services: Services, paid: str, now
) -> None:
    asked = machine.post(paid, {**WISH, "route": "provider", "beneficiary": None}, key="r1").get_json()
    machine.post(f"/v1/refunds/{asked['id']}/approve", {"officer": "minh.le"})

    send_due_refunds(services, now.replace(year=now.year + 1))

    assert machine.get(f"/v1/refunds/{asked['id']}").get_json()["state"] == "unknown"


def test_late_money_waits_as_a_proposal_and_as_a_break(
    app: Flask,
    machine: Machine,
    order: dict[str, str],  # noqa: F811
    fields: dict[str, str],  # noqa: F811
) -> None:
    machine.post(f"/v1/fee-orders/{order['id']}/cancel", {"reason": "Rút"})
    app.test_client().get(f"/callbacks/vnpay?{_signed(fields)}")

    (proposal,) = machine.get("/v1/refunds?state=proposed").get_json()["items"]
    (found,) = machine.get("/v1/breaks").get_json()["items"]
    taken = machine.post(f"/v1/refunds/{proposal['id']}/request", {"officer": "lan", "route": "provider"}).get_json()
    rejected = machine.post(f"/v1/refunds/{proposal['id']}/reject", {"officer": "minh", "reason": "Ghi cho hồ sơ khác"})

    assert (proposal["source"], proposal["amount_minor"], found["kind"]) == ("suspense", 50_000, "money-in-suspense")
    assert taken["state"] == "requested"
    assert rejected.get_json()["end_reason"] == "Ghi cho hồ sơ khác"


def test_another_units_refunds_do_not_exist_for_a_caller(machine: Machine, stranger: Machine, paid: str) -> None:
    asked = machine.post(paid, WISH, key="r1").get_json()

    assert stranger.get(f"/v1/refunds/{asked['id']}").status_code == 404
    assert stranger.post(f"/v1/refunds/{asked['id']}/approve", {"officer": "x"}).status_code == 404
    assert stranger.post(paid, WISH, key="r1").status_code == 404
    assert stranger.get("/v1/refunds").get_json()["items"] == []


def test_asking_and_approving_are_two_rights(machine: Machine, paid: str) -> None:
    asked = machine.post(paid, WISH, key="r1").get_json()
    machine.sign_in("refunds:request finance:read")

    assert machine.post(f"/v1/refunds/{asked['id']}/approve", {"officer": "minh.le"}).status_code == 403


@pytest.mark.parametrize(
    "changed", [{"amount_minor": 0}, {"amount_minor": 1.5}, {"officer": ""}, {"route": "cash"}, {"beneficiary": None}]
)
def test_an_unsound_refund_is_refused(machine: Machine, paid: str, changed: dict[str, object]) -> None:
    assert machine.post(paid, {**WISH, **changed}, key="r1").status_code == 422


def test_a_trial_balance_can_be_had_through_a_day(machine: Machine, paid: str) -> None:
    assert machine.get("/v1/ledger/trial-balance?through=2020-01-01").get_json()["accounts"] == []
    assert machine.get("/v1/ledger/trial-balance?through=2999-01-01").get_json()["accounts"] != []
    assert machine.get("/v1/ledger/trial-balance?through=yesterday").status_code == 422
