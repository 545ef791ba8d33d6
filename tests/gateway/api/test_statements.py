"""A bank's file over HTTP: matched, explained, booked once, and refused whole when it is not ours or not sound."""

from datetime import UTC, datetime

import pytest
from flask import Flask

from gateway.callers import add_collection_account
from gateway.demo.statement import camt053_document, entry
from gateway.services import Services
from payments.local_time import HANOI
from tests.gateway.api.conftest import Machine
from tests.gateway.api.test_callbacks import _signed, fields, order  # noqa: F401 - fixtures
from tests.gateway.api.test_idempotency import ORDER

ACCOUNT = "0123456789012"


@pytest.fixture
def account(machine: Machine, services: Services) -> str:
    with services.unit_of_work() as work:
        add_collection_account(work, machine.unit_id, "970436", "VCB", ACCOUNT, "UBND", datetime.now(UTC))
        work.commit()
    return ACCOUNT


def _statement(*entries: tuple[int, str, str], account: str = ACCOUNT, sequence: int = 1) -> bytes:
    now = datetime.now(UTC)
    return camt053_document(
        account=account,
        day=now.astimezone(HANOI).date(),
        opening_minor=1_000_000,
        entries=[entry(amount, text, reference) for amount, text, reference in entries],
        created_at=now,
        sequence_number=sequence,
    )


def _balances(machine: Machine) -> dict[str, int]:
    accounts = machine.get("/v1/ledger/trial-balance").get_json()["accounts"]
    return {row["account"].split(":")[0]: row["balance_minor"] for row in accounts}


def test_a_providers_payment_is_matched_and_moves_from_clearing_to_the_bank(
    app: Flask,
    machine: Machine,
    account: str,
    order: dict[str, str],  # noqa: F811
    fields: dict[str, str],  # noqa: F811
) -> None:
    app.test_client().get(f"/callbacks/vnpay?{_signed(fields)}")
    assert _balances(machine)["clearing"] == 50000
    content = _statement((50000, f"VNPAY {fields['vnp_TxnRef']}", "FT1"), (7000, "khong ro", "FT2"))

    found = machine.upload("/v1/statements", content).get_json()
    again = machine.upload("/v1/statements", content).get_json()

    reconciled = found["reconciliations"][0]
    assert [match["amount_minor"] for match in reconciled["matches"]] == [50000]
    assert [item["kind"] for item in reconciled["breaks"]] == ["unknown-credit"]
    assert again["already_imported"] is True
    assert again["reconciliations"][0]["matches"] == []
    balances = _balances(machine)
    assert (balances["clearing"], balances["bank"]) == (0, 50000)


def test_a_transfer_that_names_an_open_order_pays_it_once(machine: Machine, account: str) -> None:
    made = machine.post("/v1/fee-orders", ORDER).get_json()
    text = f"NGUYEN THI MAU ck {made['transfer_reference'].lower()}-GD 123"

    machine.upload("/v1/statements", _statement((50000, text, "FT1")))
    machine.upload("/v1/statements", _statement((50000, text, "FT1"), (9000, "khac", "FT9"), sequence=2))

    assert machine.get(f"/v1/fee-orders/{made['id']}").get_json()["state"] == "paid"
    assert _balances(machine)["bank"] == 50000
    assert _balances(machine)["income"] == -50000


def test_a_transfer_of_the_wrong_amount_goes_to_suspense(machine: Machine, account: str) -> None:
    made = machine.post("/v1/fee-orders", ORDER).get_json()

    machine.upload("/v1/statements", _statement((40000, made["transfer_reference"], "FT1")))

    assert machine.get(f"/v1/fee-orders/{made['id']}").get_json()["state"] == "open"
    assert _balances(machine)["suspense"] == -40000


def test_a_payment_that_the_bank_does_not_show_is_an_explained_break(
    app: Flask,
    machine: Machine,
    account: str,
    order: dict[str, str],  # noqa: F811
    fields: dict[str, str],  # noqa: F811
) -> None:
    app.test_client().get(f"/callbacks/vnpay?{_signed(fields)}")

    machine.upload("/v1/statements", _statement((1000, "khac", "FT1")))

    breaks = machine.get("/v1/breaks").get_json()["items"]
    missing = next(item for item in breaks if item["kind"] == "missing-in-statement")
    assert "HS-1" in missing["vi"]
    assert "HS-1" in missing["en"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "statement-empty"),
        (b"not a statement", "statement-format-unknown"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><Document/>", "statement-xml-forbidden"),
        (_statement((1, "x", "F"), account="999"), "statement-account-unknown"),
    ],
)
def test_what_is_no_statement_of_the_units_account_is_refused_whole(
    machine: Machine, account: str, content: bytes, code: str
) -> None:
    answer = machine.upload("/v1/statements", content)

    assert answer.status_code == 422
    assert answer.get_json()["code"] == code
    assert machine.get("/v1/statements").get_json()["items"] == []
