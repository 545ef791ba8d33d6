"""Events go out signed as Standard Webhooks say, are tried again, and never go where they may not."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import update
from standardwebhooks.webhooks import Webhook

from gateway.db.tables.work import OutboxRow, WebhookDeliveryRow
from gateway.jobs.handlers import HANDLERS
from gateway.jobs.runner import Runner
from gateway.services import Services
from tests.gateway.api.conftest import Machine
from tests.gateway.api.test_idempotency import ORDER


class Receiver:
    """A receiver that answers as it is told and keeps what came."""

    def __init__(self) -> None:
        self.answer = 204
        self.calls: list[tuple[bytes, dict[str, str]]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.calls.append((body, dict(self.headers.items())))
                self.send_response(receiver.answer)
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hooks"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


def _drain(services: Services) -> None:
    Runner(services, HANDLERS).drain()


def _make_due(services: Services) -> None:
    with services.unit_of_work() as work:
        work.session.execute(update(OutboxRow).values(due_at=datetime.now(UTC) - timedelta(seconds=1)))
        work.commit()


def _deliveries(services: Services) -> list[WebhookDeliveryRow]:
    with services.unit_of_work(read_only=True) as work:
        return work.session.query(WebhookDeliveryRow).all()


def test_an_event_arrives_once_signed_so_that_the_specifications_own_library_accepts_it(
    machine: Machine, services: Services, receiver: Receiver
) -> None:
    endpoint = machine.post("/v1/webhook-endpoints", {"url": receiver.url, "event_types": ["order.opened"]}).get_json()
    order = machine.post("/v1/fee-orders", ORDER).get_json()

    _drain(services)
    _drain(services)

    assert len(receiver.calls) == 1
    body, headers = receiver.calls[0]
    event = Webhook(endpoint["secret"]).verify(body, headers)
    assert event["type"] == "order.opened"
    assert event["subject_id"] == order["id"]
    assert event["data"]["amount_minor"] == 50000
    listed = machine.get(f"/v1/webhook-endpoints/{endpoint['id']}/deliveries").get_json()["items"]
    assert [(item["state"], item["last_status"]) for item in listed] == [("delivered", 204)]


@pytest.mark.parametrize("answer", [500, 404, 302])
def test_a_receiver_that_does_not_take_it_is_asked_again_with_the_same_id(
    machine: Machine, services: Services, receiver: Receiver, answer: int
) -> None:
    machine.post("/v1/webhook-endpoints", {"url": receiver.url, "event_types": ["order.opened"]})
    machine.post("/v1/fee-orders", ORDER)
    receiver.answer = answer
    _drain(services)
    assert _deliveries(services)[0].state == "waiting"
    receiver.answer = 200

    _make_due(services)
    _drain(services)

    assert len({headers["webhook-id"] for _, headers in receiver.calls}) == 1
    assert [(row.state, row.attempts) for row in _deliveries(services)] == [("delivered", 2)]


def test_an_endpoint_inside_a_network_that_is_not_open_is_refused(machine: Machine) -> None:
    for url in ("http://10.0.0.5/hook", "http://169.254.169.254/", "ftp://127.0.0.1/", "not a url"):
        answer = machine.post("/v1/webhook-endpoints", {"url": url})
        assert (answer.status_code, answer.get_json()["code"]) == (422, "address-not-allowed")


def test_another_unit_hears_and_sees_nothing(
    machine: Machine, stranger: Machine, services: Services, receiver: Receiver
) -> None:
    endpoint = stranger.post("/v1/webhook-endpoints", {"url": receiver.url}).get_json()
    machine.post("/v1/fee-orders", ORDER)

    _drain(services)

    assert receiver.calls == []
    assert machine.get(f"/v1/webhook-endpoints/{endpoint['id']}/deliveries").status_code == 404
    assert stranger.get("/v1/events").get_json()["items"] == []


def test_the_secret_is_shown_again_only_to_the_same_request_and_kept_nowhere(
    machine: Machine, services: Services, receiver: Receiver
) -> None:
    first = machine.post("/v1/webhook-endpoints", {"url": receiver.url}, key="w").get_json()
    second = machine.post("/v1/webhook-endpoints", {"url": receiver.url}, key="w").get_json()

    assert first == second
    with services.engine.connect() as connection:
        dump = str(connection.exec_driver_sql("SELECT * FROM webhook_endpoints").all())
        dump += str(connection.exec_driver_sql("SELECT answer FROM idempotency_keys").all())
    assert first["secret"].removeprefix("whsec_") not in dump
