"""The platform's own receipt: fetched after a payment, kept once, given to the citizen and over the API."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from config.settings import DvcqgSettings, Settings
from gateway.app import create_app
from gateway.db.outbox import Task
from gateway.db.tables.work import OutboxRow
from gateway.jobs.handlers.provider_receipts import keep_provider_receipt
from gateway.jobs.handlers.receipts import work_on_receipts
from gateway.jobs.outcome import Done, Later
from gateway.services import Services, build_services
from tests.gateway.api.conftest import Machine
from tests.gateway.api.test_idempotency import ORDER
from tests.payments.providers.described.conftest import PARTNER, SECRET, confirm_fields
from tests.payments.providers.described.lgsp_server import LgspServer, serve

PDF = b"%PDF-1.7 a receipt of the platform"


@pytest.fixture
def platform_server() -> Iterator[LgspServer]:
    state, server = serve()
    # Without an LGSP in front no token is asked for.
    state.good_tokens.add("")
    yield state
    server.shutdown()
    server.server_close()


@pytest.fixture
def services(settings: Settings, platform_server: LgspServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    monkeypatch.setenv("DVCQG_SECRET", SECRET)
    given = DvcqgSettings(
        partner_code=PARTNER,
        secret="env:DVCQG_SECRET",
        init_url=f"{platform_server.url}/init",
        query_url=f"{platform_server.url}/query",
        receipt_url=f"{platform_server.url}/receipt",
        page_origin=platform_server.url,
        callback_networks=("127.0.0.0/8",),
    )
    made = build_services(settings.model_copy(update={"dvcqg": given}))
    yield made
    made.close()


@pytest.fixture
def app(services: Services) -> Flask:
    return create_app(services)


@pytest.fixture
def paid(app: Flask, machine: Machine, platform_server: LgspServer) -> dict[str, str]:
    """An order that was paid through the platform, over HTTP as it calls."""
    page = {"MaLoi": "00", "UrlThanhToan": f"{platform_server.url}/page"}
    platform_server.answer = lambda _: json.dumps(page).encode()
    order: dict[str, str] = machine.post("/v1/fee-orders", ORDER).get_json()
    started = machine.post(f"/v1/fee-orders/{order['id']}/attempts", {"provider": "dvcqg"}).get_json()
    told = app.test_client().post("/callbacks/dvcqg", json=confirm_fields(started["reference"], 50_000))
    assert told.get_json()["MaLoi"] == "00"
    return {**order, "attempt_id": started["attempt_id"]}


def _task(kind: str, subject_id: str, unit_id: str) -> Task:
    return Task(id="t", kind=kind, subject_id=subject_id, unit_id=unit_id, attempts=1, lease_id="l")


def test_it_is_asked_for_until_a_pdf_comes_and_then_given(
    app: Flask,
    services: Services,
    machine: Machine,
    stranger: Machine,
    paid: dict[str, str],
    platform_server: LgspServer,
) -> None:
    now = datetime.now(UTC)
    work_on_receipts(services, _task("receipts", paid["id"], machine.unit_id), now)
    with services.unit_of_work(read_only=True) as work:
        due = list(work.session.scalars(select(OutboxRow).where(OutboxRow.kind == "provider-receipt")))
    assert [row.subject_id for row in due] == [paid["attempt_id"]]
    task = _task("provider-receipt", paid["attempt_id"], machine.unit_id)
    where = f"/v1/fee-orders/{paid['id']}/attempts/{paid['attempt_id']}/provider-receipt"
    page = f"/pay/{paid['pay_url'].rpartition('/')[2]}"

    platform_server.answer = lambda _: b'{"MaLoi": "99"}'
    waits = keep_provider_receipt(services, task, now)
    assert isinstance(waits, Later)
    assert waits.problem == "provider-unavailable"
    assert machine.get(where).status_code == 404
    assert app.test_client().get(f"{page}/provider-receipt.pdf").status_code == 404

    platform_server.answer = lambda _: PDF
    asked = len(platform_server.received)
    assert [keep_provider_receipt(services, task, now) for _ in range(2)] == [Done(), Done()]
    assert len(platform_server.received) == asked + 1
    given = machine.get(where)
    assert (given.status_code, given.data, given.mimetype) == (200, PDF, "application/pdf")
    assert stranger.get(where).status_code == 404
    assert app.test_client().get(f"{page}/provider-receipt.pdf").data == PDF
    assert "Cổng Dịch vụ công quốc gia" in app.test_client().get(page).get_data(as_text=True)
