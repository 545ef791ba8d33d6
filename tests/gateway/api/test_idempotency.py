"""The same write twice is one write."""

import threading

from flask import Flask

from gateway.services import Services
from payments.store.tables import FeeOrderRow
from tests.gateway.api.conftest import Machine

ORDER = {
    "dossier_code": "HS-1",
    "purpose": "Cấp bản sao",
    "payer_name": "Nguyễn Thị Mẫu",
    "items": [
        {
            "kind": "le-phi",
            "name": "Lệ phí",
            "procedure_code": "1.001",
            "chapter": "805",
            "sub_item": "2862",
            "amount_minor": 50000,
        }
    ],
}


def _count(services: Services) -> int:
    with services.unit_of_work(read_only=True) as work:
        return work.session.query(FeeOrderRow).count()


def test_the_same_key_and_body_get_the_same_answer_and_change_nothing(machine: Machine, services: Services) -> None:
    first = machine.post("/v1/fee-orders", ORDER, key="k1")
    second = machine.post("/v1/fee-orders", ORDER, key="k1")

    assert first.status_code == second.status_code == 201
    assert first.get_json() == second.get_json()
    assert second.headers["Idempotent-Replayed"] == "true"
    assert _count(services) == 1


def test_the_same_key_with_another_body_is_refused(machine: Machine, services: Services) -> None:
    machine.post("/v1/fee-orders", ORDER, key="k1")

    answer = machine.post("/v1/fee-orders", {**ORDER, "payer_name": "Khác"}, key="k1")

    assert (answer.status_code, answer.get_json()["code"]) == (422, "idempotency-key-reused")
    assert _count(services) == 1


def test_keys_belong_to_their_client(machine: Machine, stranger: Machine, services: Services) -> None:
    mine = machine.post("/v1/fee-orders", ORDER, key="k1").get_json()
    theirs = stranger.post("/v1/fee-orders", ORDER, key="k1").get_json()

    assert mine["id"] != theirs["id"]
    assert _count(services) == 2


def test_without_a_key_each_write_is_its_own(machine: Machine, services: Services) -> None:
    machine.post("/v1/fee-orders", ORDER)
    machine.post("/v1/fee-orders", ORDER)

    assert _count(services) == 2


def test_a_refused_write_does_not_use_its_key_up(machine: Machine) -> None:
    bad = {**ORDER, "items": [{**ORDER["items"][0], "amount_minor": 0}]}
    assert machine.post("/v1/fee-orders", bad, key="k1").status_code == 422

    assert machine.post("/v1/fee-orders", ORDER, key="k1").status_code == 201


def test_copies_that_arrive_at_once_make_one_order(app: Flask, machine: Machine, services: Services) -> None:
    answers: list[tuple[int, str]] = []

    def send() -> None:
        twin = Machine(app.test_client(), machine.unit_id, machine.client_id, machine.secret, machine.token)
        answer = twin.post("/v1/fee-orders", ORDER, key="same")
        answers.append((answer.status_code, answer.get_json().get("id", "")))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {status for status, _ in answers} == {201}
    assert len({order_id for _, order_id in answers}) == 1
    assert _count(services) == 1


def test_a_key_that_is_too_long_is_refused(machine: Machine) -> None:
    answer = machine.post("/v1/fee-orders", ORDER, key="k" * 256)

    assert (answer.status_code, answer.get_json()["code"]) == (400, "idempotency-key-too-long")
