"""What only the national platform does: fines, payments that are asked about before they count, receipts of its own."""

from datetime import UTC, datetime

import pypdfium2
import pytest
import requests

from gateway.db.outbox import Task
from gateway.jobs.handlers.provider_receipts import keep_provider_receipt
from gateway.jobs.outcome import Done, Later
from payments.journeys import check_books
from tests.gateway.matrix.test_modes import INCOME, paid
from tests.gateway.matrix.town import Payment, Town

pytestmark = pytest.mark.xdist_group("matrix of providers")
LARGE = 30_000_000
FINE = {
    "MaDichVu": "1",
    "SoQD": "123/QĐ-XPHC",
    "NgayQD": "20261120",
    "MaCoQuanQD": "CA15",
    "TenNguoiViPham": "Trần Văn Thử",
    "TaiKhoanThuNSNN": "3949.0.1058243",
}


def fetched(town: Town, payment: Payment) -> Done | Later:
    task = Task("t", "provider-receipt", town.attempt(payment.order_id)["id"], town.machine.unit_id, 1, "l")
    ended = keep_provider_receipt(town.services, task, datetime.now(UTC))
    assert isinstance(ended, Done | Later)
    return ended


def kept(town: Town, payment: Payment) -> str:
    """The text of the platform's receipt as the payer gets it from the page."""
    pay_url = town.order(payment.order_id)["pay_url"]
    assert f"{pay_url.rpartition('/')[2]}/provider-receipt.pdf" in requests.get(pay_url, timeout=10).text
    given = requests.get(f"{pay_url}/provider-receipt.pdf", timeout=10)
    assert (given.status_code, given.headers["Content-Type"]) == (200, "application/pdf")
    return str(pypdfium2.PdfDocument(given.content)[0].get_textpage().get_text_bounded())


def test_the_platforms_receipt_is_there_once_it_was_paid(town: Town) -> None:
    payment = town.start("dvcqg", "honest")
    before = fetched(town, payment)
    town.decide(payment)

    assert isinstance(before, Later)
    assert fetched(town, payment) == Done()
    told = kept(town, payment)
    assert "BIEN LAI THU PHI, LE PHI" in told
    assert "Tong so tien: 50000 VND" in told
    assert town.attempt(payment.order_id)["provider_transaction"] in told


def test_a_fine_is_paid_by_its_decision(town: Town) -> None:
    payment = town.start("dvcqg", "honest", town.open_order(metadata=FINE))
    town.decide(payment)

    assert town.states(payment) == ("paid", "succeeded")
    assert town.booked(payment.order_id) == paid("dvcqg")
    assert fetched(town, payment) == Done()
    assert "Quyet dinh xu phat: 123/QD-XPHC ngay 20261120" in kept(town, payment)


def test_a_fine_without_its_decision_starts_nothing(town: Town) -> None:
    order_id = town.open_order(metadata={key: value for key, value in FINE.items() if key != "SoQD"})
    refused = town.machine.post(f"/v1/fee-orders/{order_id}/attempts", {"provider": "dvcqg"})

    assert (refused.status_code, refused.get_json()["code"]) == (422, "payment-not-possible")
    assert "SoQD" in str(refused.get_json())
    assert town.order(order_id)["state"] == "open"


def test_a_large_payment_counts_once_the_platform_says_so_when_asked(town: Town) -> None:
    payment = town.pay("dvcqg", "honest", town.open_order(LARGE))
    noted = town.codes(payment, 1), town.states(payment)
    town.ask(minutes=0.1)

    assert noted == (["00"], ("open", "unknown"))
    assert town.states(payment) == ("paid", "succeeded")
    assert town.booked(payment.order_id) == {"clearing:dvcqg": LARGE, INCOME: -LARGE}


def test_after_all_that_the_books_hold(town: Town) -> None:
    with town.services.unit_of_work(read_only=True) as work:
        assert list(check_books(work.payments, town.machine.unit_id, town.services.providers.named)) == []
