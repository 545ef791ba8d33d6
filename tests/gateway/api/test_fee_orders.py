"""A fee order as a dossier's system opens it: every field kept, changed while nobody pays, ended for a reason."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from tests.gateway.api.conftest import Machine
from tests.gateway.api.test_idempotency import ORDER

EXPIRES = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0)
FULL = {
    **ORDER,
    "items": [
        {**ORDER["items"][0], "credited_unit": "H13.02"},
        {
            "kind": "phi",
            "name": "Phí thẩm định",
            "procedure_code": "1.002",
            "chapter": "423",
            "sub_item": "2716",
            "amount_minor": 60_000,
            "full_amount_minor": 120_000,
            "legal_ground": "Khoản 2 Điều 5",
        },
    ],
    "payer": {"number": "012345678901", "address": "1 đường Ví Dụ"},
    "expires_at": EXPIRES.isoformat(),
    "metadata": {"case": "2026-17", "desk": "3"},
}


def test_all_that_an_order_says_is_kept_and_another_unit_sees_nothing_of_it(
    app: Flask, machine: Machine, stranger: Machine
) -> None:
    made = machine.post("/v1/fee-orders", FULL)
    order = machine.get(f"/v1/fee-orders/{made.get_json()['id']}").get_json()

    assert (made.status_code, order["state"], order["amount_minor"]) == (201, "open", 110_000)
    assert order["metadata"] == FULL["metadata"]
    assert datetime.fromisoformat(order["expires_at"]) == EXPIRES
    told = [(item["kind"], item["chapter"], item["sub_item"], item["credited_unit"]) for item in order["items"]]
    assert told == [("le-phi", "805", "2862", "H13.02"), ("phi", "423", "2716", "H13.1")]
    reduced = order["items"][1]
    assert (reduced["full_amount_minor"], reduced["legal_ground"]) == (120_000, "Khoản 2 Điều 5")
    assert stranger.get(f"/v1/fee-orders/{order['id']}").status_code == 404
    assert stranger.post(f"/v1/fee-orders/{order['id']}/cancel", {"reason": "x"}).status_code == 404


@pytest.mark.parametrize(
    "changed",
    [
        {"items": []},
        {"items": [{**FULL["items"][1], "legal_ground": None}]},
        {"items": [{**FULL["items"][1], "full_amount_minor": 59_999}]},
        {"items": [{**FULL["items"][0], "amount_minor": 0.5}]},
        {"items": [{**FULL["items"][0], "amount_minor": "50000"}]},
        {"items": [{**FULL["items"][0], "amount_minor": -1}]},
        {"items": [{**FULL["items"][0], "chapter": "80"}]},
        {"expires_at": "2020-01-01T00:00:00+07:00"},
        {"expires_at": "2030-01-01T00:00:00"},
        {"metadata": {"case": 17}},
    ],
)
def test_an_order_that_cannot_stand_is_refused_and_nothing_is_opened(
    app: Flask, machine: Machine, changed: dict[str, object]
) -> None:
    assert machine.post("/v1/fee-orders", {**FULL, **changed}).status_code == 422
    assert machine.get("/v1/fee-orders").get_json()["items"] == []


def test_an_order_is_changed_before_payment_and_cancelled_for_a_reason(app: Flask, machine: Machine) -> None:
    where = f"/v1/fee-orders/{machine.post('/v1/fee-orders', FULL).get_json()['id']}"

    assert machine.post(f"{where}/cancel", {}).status_code == 422
    ended = machine.post(f"{where}/cancel", {"reason": "Người dân rút hồ sơ"}).get_json()
    assert ended["state"] == "cancelled"
    assert machine.post(f"{where}/attempts", {"provider": "vnpay"}).status_code == 409
    assert machine.post(f"{where}/cancel", {"reason": "again"}).status_code == 409
