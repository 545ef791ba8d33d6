"""Faults on our own side: storage, parsers, the queue, bugs. The request says that it waits, and goes through later."""

import shutil
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from sqlalchemy import update

from config.confinement import ConfinedCrashed, ConfinedTooSlow
from gateway.confinement import ChildProcesses
from gateway.db.tables.work import OutboxRow
from gateway.devpki.model import OFFICIAL
from gateway.jobs import worker
from gateway.jobs.handlers import HANDLERS, SWEEPS
from gateway.jobs.runner import Runner
from gateway.jobs.worker import Sweep
from payments.store.tables import ProviderCallbackRow
from signing.formats.pdf.direct.plan import plan_revision
from tests.journeys.city import DECISION, City, good_signatures
from tests.journeys.outages import Stamper
from tests.journeys.paying import open_order, pay, receipts, vnpay_call

SIGN = "gateway.jobs.handlers.signing.sign_kept_document"


def test_bytes_that_storage_does_not_give_are_waited_for(city: City) -> None:
    request = city.ask((OFFICIAL,))
    blobs = city.plan.folder / "blobs"
    blobs.rename(blobs.with_name("elsewhere"))
    blobs.mkdir()

    city.work()

    waiting = city.request(request)
    assert (waiting["state"], waiting["problem_code"]) == ("waiting", "blob-missing")

    shutil.rmtree(blobs)
    blobs.with_name("elsewhere").rename(blobs)
    city.later()
    assert city.request(request)["state"] == "completed"


def test_a_fault_that_nobody_foresaw_is_seen_on_the_request_and_tells_nothing_of_the_inside(city: City) -> None:
    request = city.ask((OFFICIAL,))

    with patch(SIGN, side_effect=OSError(28, "No space left on device", "/secret/place")):
        city.work()

    waiting = city.request(request)
    assert (waiting["state"], waiting["problem_code"]) == ("waiting", "unexpected")
    assert "secret" not in str(waiting)
    city.later()
    assert city.request(request)["state"] == "completed"


def test_a_fault_after_many_waits_does_not_bury_the_request(city: City, stamper: Stamper) -> None:
    stamper.behaviour = "garbage"
    request = city.ask((OFFICIAL,))
    city.work()
    with city.services.unit_of_work() as work:
        work.session.execute(update(OutboxRow).where(OutboxRow.kind == "signing").values(attempts=500))
        work.commit()

    with patch(SIGN, side_effect=OSError(28, "No space left on device")):
        city.later()
    stamper.behaviour = "good"
    city.later()

    assert city.request(request)["state"] == "completed"


@pytest.mark.parametrize("fault", [ConfinedCrashed("the parser ended with code -9"), ConfinedTooSlow("not done")])
def test_a_parser_that_dies_once_is_tried_again_and_twice_in_a_row_is_the_files_fault(
    city: City, fault: Exception
) -> None:
    lucky, hopeless = city.ask((OFFICIAL,)), city.ask((OFFICIAL,))
    with patch(SIGN, side_effect=fault):
        city.work()
    assert city.request(lucky)["state"] == "waiting"

    sign = __import__("gateway.signing_engine", fromlist=["x"]).sign_kept_document
    fates = iter([fault, None])

    def second(*arguments: object) -> object:
        # The older request comes first.
        if next(fates) is not None:
            raise fault
        return sign(*arguments)

    with patch(SIGN, second):
        city.later()

    states = sorted(city.request(request)["state"] for request in (lucky, hopeless))
    assert states == ["completed", "failed"]


def test_a_parsing_child_that_is_killed_while_it_reads_costs_one_round(city: City, confined: ChildProcesses) -> None:
    request = city.ask((OFFICIAL,))
    run, killed = confined.run, []

    def killed_once(function: object, *arguments: object) -> object:
        if function is plan_revision and not killed:
            killed.append(True)
            return run(_die)
        return run(function, *arguments)  # type: ignore[arg-type]

    with patch.object(confined, "run", killed_once):
        city.work()
    assert city.request(request)["problem_code"] == "file-crashes-parser"

    city.later()
    assert city.request(request)["state"] == "completed"


def _die() -> None:
    import os
    import signal

    os.kill(os.getpid(), signal.SIGKILL)


def test_a_queue_that_is_lost_costs_a_sweep_and_nothing_else(city: City) -> None:
    first = city.ask((OFFICIAL,))
    for path in city.plan.folder.glob("queue.db*"):
        path.unlink()
    second = city.ask((OFFICIAL,))

    Sweep(city.services, Runner(city.services, HANDLERS))._round()

    assert [city.request(request)["state"] for request in (first, second)] == ["completed", "completed"]


def test_a_queue_that_cannot_be_opened_stops_no_request(city: City) -> None:
    for path in city.plan.folder.glob("queue.db*"):
        path.unlink()
    (city.plan.folder / "queue.db").mkdir()

    request = city.ask((OFFICIAL,))
    city.work()

    assert city.request(request)["state"] == "completed"


def test_a_sweep_that_fails_stops_neither_the_others_nor_the_work(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    request = city.ask((OFFICIAL,))
    swept: list[str] = []

    def fails(*_: object) -> None:
        swept.append("fails")
        raise RuntimeError("a bug")

    monkeypatch.setattr(worker, "SWEEPS", (fails, *SWEEPS, lambda *_: swept.append("after")))
    Sweep(city.services, Runner(city.services, HANDLERS))._round()

    assert swept == ["fails", "after"]
    assert city.request(request)["state"] == "completed"


def test_a_kept_call_that_cannot_be_settled_hides_none_after_it(city: City) -> None:
    order = open_order(city)
    call = vnpay_call(city, order)
    with patch("gateway.callbacks.payments.settle_arrived", side_effect=_database_gone()):
        assert city.http.get(call).get_json()["RspCode"] == "99"
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    with city.services.unit_of_work() as work:
        kept = work.session.query(ProviderCallbackRow).one()
        orphan = {column.name: getattr(kept, column.name) for column in ProviderCallbackRow.__table__.columns}
        orphan |= {"id": "0" * 36, "provider": "gone", "received_at": long_ago}
        work.session.add(ProviderCallbackRow(**orphan))
        work.commit()

    with patch("gateway.jobs.handlers.payments.UNSETTLED_AFTER", timedelta(seconds=-1)):
        Sweep(city.services, city.runner)._round()

    assert city.get(f"/v1/fee-orders/{order['id']}").get_json()["state"] == "paid"


def test_a_receipt_waits_for_whatever_is_missing_and_keeps_its_number(city: City, stamper: Stamper) -> None:
    stamper.behaviour = "garbage"
    order = pay(city)
    city.work()
    before = receipts(city, order)
    assert [receipt["state"] for receipt in before] == ["numbered"]

    with patch("gateway.jobs.handlers.receipts.draw_sealed_receipt", side_effect=OSError(28, "No space left")):
        city.later()
    stamper.behaviour = "good"
    city.later()

    after = receipts(city, order)
    assert [(receipt["state"], receipt["number"]) for receipt in after] == [("sealed", before[0]["number"])]


def test_a_validation_that_keeps_failing_ends_and_says_so(city: City) -> None:
    document = city.upload(DECISION).get_json()
    asked = city.post("/v1/validations", {"document_id": document["id"]}).get_json()

    with patch("gateway.jobs.handlers.validation.validate_document", side_effect=RuntimeError("a bug")):
        city.work()
        for _ in range(6):
            city.later()

    found = city.get(f"/v1/validations/{asked['id']}").get_json()
    assert (found["state"], found["problem_code"], found["report"]) == ("failed", "unexpected", None)


def test_one_document_in_many_that_fails_leaves_the_others_signatures_on_file(city: City) -> None:
    request = city.ask()
    city.work()
    done = city.request(request)

    again = city.post(f"/v1/signing-requests/{request['id']}/cancel", {"reason": "quá muộn"})

    assert (again.status_code, again.get_json()["code"]) == (409, "state-move-not-allowed")
    assert good_signatures(city.signed_file(done)) == 2


def _database_gone() -> Exception:
    from sqlalchemy.exc import OperationalError

    return OperationalError("SELECT 1", {}, Exception("server closed the connection"))
