"""Many copies of bank notices at once, from two services and over two databases: the money is booked once."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine

from config.confinement import InProcess
from config.settings import CassoSettings, SepaySettings, Settings
from gateway.callers import add_collection_account
from gateway.services import Services, build_services
from payments.store.tables import ProviderCallbackRow
from tests.gateway.api.conftest import Machine
from tests.gateway.api.test_idempotency import ORDER
from tests.payments.providers.notice_makers import ACCOUNT, KEY, casso_call, casso_data, sepay_data

AMOUNT = 50_000


@pytest.fixture
def services(settings: Settings, engine: Engine, tmp_path: Path) -> Iterator[Services]:
    key = tmp_path / "notice-key"
    key.write_text(KEY)
    given = {
        "casso": CassoSettings(checksum_key=f"file:{key}"),
        "sepay": SepaySettings(api_key=f"file:{key}"),
    }
    made = replace(build_services(settings.model_copy(update=given)), engine=engine, confined=InProcess())
    yield made
    made.close()


@pytest.fixture
def order(machine: Machine, services: Services) -> dict[str, str]:
    with services.unit_of_work() as work:
        add_collection_account(work, machine.unit_id, "970436", "VCB", ACCOUNT, "UBND", datetime.now(UTC))
        work.commit()
    made: dict[str, str] = machine.post("/v1/fee-orders", ORDER).get_json()
    return made


def _calls(app: Flask, text: str) -> list[int]:
    """Send ten copies of each service's notice of one transfer, all at once; returns the answers' statuses."""
    now = datetime.now(UTC)
    signed = casso_call(casso_data(text, AMOUNT), sent_at=now)
    wishes = [("casso", signed.body, {"X-Casso-Signature": signed.headers["x-casso-signature"]})] * 10
    body = json.dumps(sepay_data(text, AMOUNT)).encode()
    wishes += [("sepay", body, {"Authorization": f"Apikey {KEY}"})] * 10
    statuses: list[int] = []

    def send(name: str, body: bytes, headers: dict[str, str]) -> None:
        statuses.append(app.test_client().post(f"/callbacks/{name}", data=body, headers=headers).status_code)

    threads = [threading.Thread(target=send, args=wish) for wish in wishes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def test_copies_from_two_services_at_once_book_one_transfer(
    app: Flask, machine: Machine, order: dict[str, str], services: Services
) -> None:
    assert _calls(app, f"IBFT {order['transfer_reference']} GD 1") == [200] * 20

    found = machine.get(f"/v1/fee-orders/{order['id']}").get_json()
    assert (found["state"], len(found["attempts"])) == ("paid", 1)
    accounts = machine.get("/v1/ledger/trial-balance").get_json()["accounts"]
    balances = {row["account"]: row["balance_minor"] for row in accounts}
    assert balances[f"bank:{ACCOUNT}"] == AMOUNT
    assert "suspense" not in balances
    with services.unit_of_work(read_only=True) as work:
        outcomes = sorted(row.outcome for row in work.session.query(ProviderCallbackRow))
    assert outcomes == ["booked", *["duplicate"] * 19]


def test_an_old_notice_sent_again_is_refused(app: Flask, order: dict[str, str]) -> None:
    old = casso_call(casso_data(order["transfer_reference"], AMOUNT))
    headers = {"X-Casso-Signature": old.headers["x-casso-signature"]}

    answer = app.test_client().post("/callbacks/casso", data=old.body, headers=headers)

    assert (answer.status_code, answer.get_json()) == (401, {"error": 1, "message": "not-authentic"})
