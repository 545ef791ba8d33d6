"""What a payer sees and does, and what a browser's return can and cannot change."""

import pytest
from flask import Flask

from gateway.services import Services
from payments.states import AttemptState
from tests.gateway.pages import vnpay
from tests.gateway.pages.office import Browser, Office, said
from tests.gateway.pages.vnpay import answer, asked, signed


def choose_vnpay(citizen: Browser, token: str) -> str:
    """Press the button and return the address to which the browser is sent."""
    response = citizen.post(f"/pay/{token}/attempts/vnpay", f"/pay/{token}")
    assert response.status_code == 303
    return response.headers["Location"]


def call(app: Flask, query: str) -> str:
    code: str = app.test_client().get(f"/callbacks/vnpay?{query}").get_json()["RspCode"]
    return code


def test_an_open_order_shows_its_sum_its_transfer_and_its_providers(citizen: Browser, office: Office) -> None:
    order = office.order("HS-1")
    page = citizen.read(f"/pay/{order.pay_token}")

    for fact in ("UBND phường Một", "HS-1", "Nguyễn Thị Mẫu", "100.000 ₫", "50.000 ₫", "150.000 ₫", "(+07:00)"):
        assert fact in said(page)
    assert page.xpath("//button/@data-copy") == ["0123456789", "150000", order.transfer_reference]
    assert page.xpath("//main//form/@action") == [f"/pay/{order.pay_token}/attempts/vnpay"]
    assert page.xpath("//@data-state") == ["awaiting-payment"]


def test_the_page_speaks_english_when_asked(app: Flask, office: Office) -> None:
    words = Browser(app, "en").words(f"/pay/{office.order('HS-1').pay_token}")

    assert "Awaiting payment" in words or "150,000 ₫" in words
    assert "150,000 ₫" in words
    assert "150.000 ₫" not in words


def test_choosing_vnpay_leads_to_its_page_with_a_checksum_that_it_would_accept(
    citizen: Browser, office: Office, services: Services
) -> None:
    order = office.order("HS-1")
    address = choose_vnpay(citizen, order.pay_token)

    assert address.startswith("http://127.0.0.1:9/paymentv2/vpcpay.html?")
    sent = asked(address)
    checksum = sent.pop("vnp_SecureHash")
    assert signed(sent).rpartition("=")[2] == checksum
    assert sent["vnp_Amount"] == "15000000"
    assert sent["vnp_ReturnUrl"] == f"http://127.0.0.1:8000/pay/{order.pay_token}/return"
    with services.unit_of_work(read_only=True) as work:
        attempts = work.payments.attempts_of(order.id)
    assert [(attempt.reference, attempt.state) for attempt in attempts] == [(sent["vnp_TxnRef"], AttemptState.STARTED)]


def test_after_choosing_the_page_says_so_and_still_lets_the_payer_choose_again(
    citizen: Browser, office: Office
) -> None:
    token = office.order("HS-1").pay_token
    choose_vnpay(citizen, token)
    page = citizen.read(f"/pay/{token}")

    assert "Bạn đã mở trang của VNPAY lúc" in said(page)
    assert page.xpath("//main//form")


def test_the_form_needs_the_sessions_token(app: Flask, office: Office, services: Services) -> None:
    order = office.order("HS-1")
    response = app.test_client().post(f"/pay/{order.pay_token}/attempts/vnpay", data={"csrf_token": "made up"})

    assert response.status_code == 400
    with services.unit_of_work(read_only=True) as work:
        assert work.payments.attempts_of(order.id) == []


def test_a_provider_that_is_not_offered_starts_nothing(citizen: Browser, office: Office, services: Services) -> None:
    order = office.order("HS-1")
    response = citizen.post(f"/pay/{order.pay_token}/attempts/momo", f"/pay/{order.pay_token}")

    assert response.headers["Location"] == f"/pay/{order.pay_token}"
    with services.unit_of_work(read_only=True) as work:
        assert work.payments.attempts_of(order.id) == []


@pytest.mark.parametrize(("end", "words"), [("cancelled", "đã được huỷ"), ("expired", "Đã quá hạn nộp")])
def test_an_order_that_cannot_be_paid_offers_no_way_to_pay(
    citizen: Browser, office: Office, end: str, words: str
) -> None:
    order = office.order("HS-1")
    token = citizen.token(f"/pay/{order.pay_token}")
    if end == "cancelled":
        office.cancel(order, "lập nhầm")
    else:
        office.let_run_out(order)
    page = citizen.read(f"/pay/{order.pay_token}")

    assert words in said(page)
    assert page.xpath("//main//form") == page.xpath("//@data-poll") == page.xpath("//*[@class='qr']") == []
    late = citizen.http.post(f"/pay/{order.pay_token}/attempts/vnpay", data={"csrf_token": token})
    assert (late.status_code, late.headers["Location"]) == (303, f"/pay/{order.pay_token}")
    assert citizen.get(f"/pay/{order.pay_token}/qr.png").status_code == 404


def test_an_order_past_its_deadline_waits_for_a_silent_provider_but_takes_no_new_try(
    citizen: Browser, office: Office, services: Services
) -> None:
    order = office.order("HS-1")
    choose_vnpay(citizen, order.pay_token)
    with services.unit_of_work() as work:
        attempt = work.payments.attempts_of(order.id)[0]
        work.payments.lock_attempt(attempt.id).state = AttemptState.UNKNOWN
        work.commit()
    office.let_run_out(order)
    page = citizen.read(f"/pay/{order.pay_token}")

    assert "Đang chờ xác nhận" in said(page)
    assert page.xpath("//main//form") == []


def test_a_paid_order_says_when_and_leads_to_its_receipts(app: Flask, citizen: Browser, office: Office) -> None:
    order = office.order("HS-1")
    address = choose_vnpay(citizen, order.pay_token)
    assert call(app, signed(answer(address))) == "00"
    waiting = citizen.words(f"/pay/{order.pay_token}")
    receipts = office.number_receipts(order)
    page = citizen.read(f"/pay/{order.pay_token}")

    assert "Biên lai đang được lập" in waiting
    assert "Đã nhận đủ tiền" in said(page)
    assert citizen.get(f"/pay/{order.pay_token}/status").get_json() == {"state": "paid", "waiting": False}
    assert {f"/receipts/{receipt.code}" for receipt in receipts} <= set(page.xpath("//main//a/@href"))


def test_a_return_shows_the_claim_beside_the_books_and_books_nothing(
    app: Flask, citizen: Browser, office: Office, services: Services
) -> None:
    order = office.order("HS-1")
    address = choose_vnpay(citizen, order.pay_token)
    back = citizen.read(f"/pay/{order.pay_token}/return?{signed(answer(address))}")

    assert "Báo đã trả tiền" in said(back)
    assert "Chờ thanh toán" in said(back)
    # What the script compares with the status must be the booked state, or the page would load itself for ever.
    assert back.xpath("//@data-state") == [citizen.get(f"/pay/{order.pay_token}/status").get_json()["state"]]
    with services.unit_of_work(read_only=True) as work:
        assert work.payments.get_order(order.id).state == "open"
        assert [entry.kind for entry in work.payments.journal.entries_about([order.id])] == ["order-charged"]
        assert work.payments.callbacks.of_order(order.id) == []
    assert call(app, signed(answer(address))) == "00"
    assert "Đã nhận đủ tiền" in citizen.words(f"/pay/{order.pay_token}/return?{signed(answer(address))}")


@pytest.mark.parametrize(("code", "words"), [("24", "Bạn đã dừng ở trang của VNPAY"), ("51", "không thành công")])
def test_a_return_without_payment_says_why(citizen: Browser, office: Office, code: str, words: str) -> None:
    order = office.order("HS-1")
    address = choose_vnpay(citizen, order.pay_token)

    assert words in citizen.words(f"/pay/{order.pay_token}/return?{signed(answer(address, code))}")


@pytest.mark.parametrize("forgery", ["another secret", "altered", "unsigned", "empty", "of another order"])
def test_a_return_that_proves_nothing_is_not_believed(citizen: Browser, office: Office, forgery: str) -> None:
    order, other = office.order("HS-1"), office.order("HS-2")
    fields = answer(choose_vnpay(citizen, order.pay_token))
    query = {
        "another secret": signed(fields, b"a guess"),
        "altered": signed(fields).replace("vnp_BankCode=NCB", "vnp_BankCode=VCB"),
        "unsigned": signed(fields).rpartition("&vnp_SecureHash=")[0],
        "empty": "",
        "of another order": signed(answer(choose_vnpay(citizen, other.pay_token))),
    }[forgery]
    words = citizen.words(f"/pay/{order.pay_token}/return?{query}")

    assert "Chúng tôi không xác minh được thông tin quay về" in words
    assert "Báo đã trả tiền" not in words
    assert citizen.get(f"/pay/{order.pay_token}/status").get_json()["state"] == "awaiting-payment"


def test_a_token_that_nobody_was_given_leads_nowhere(citizen: Browser, office: Office) -> None:
    token = office.order("HS-1").pay_token
    for path in (f"/pay/{token}x", f"/pay/{token[:-1]}", "/pay/HS-1", f"/pay/{token}x/return", f"/pay/{token}x/status"):
        assert citizen.get(path).status_code == 404


def test_our_secret_is_on_no_page(citizen: Browser, office: Office) -> None:
    token = office.order("HS-1").pay_token
    address = choose_vnpay(citizen, token)
    assert vnpay.SECRET.decode() not in address + citizen.get(f"/pay/{token}").get_data(as_text=True)
