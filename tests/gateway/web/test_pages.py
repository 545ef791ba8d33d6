"""What every page must be, and what each page must say."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from lxml import html

from gateway.web import samples
from tests.gateway.web.addresses import OPEN_PAGES, STAFF_PAGES
from tests.gateway.web.conftest import SamplePages

PAGE_LIMIT_BYTES = 60_000
EVERY_PAGE = [(address, language) for address in OPEN_PAGES + STAFF_PAGES for language in ("vi", "en")]


def read(client: FlaskClient, address: str, language: str = "vi") -> Any:
    client.set_cookie("lang", language)
    response = client.get(address)
    assert response.mimetype == "text/html", address
    return html.fromstring(response.get_data(as_text=True))


def words(tree: Any) -> str:
    return " ".join(tree.text_content().split())


@pytest.fixture(params=EVERY_PAGE, ids=lambda pair: f"{pair[0]}-{pair[1]}")
def page(request: pytest.FixtureRequest, staff: FlaskClient) -> Any:
    return read(staff, *request.param)


def addresses(tree: Any) -> Iterator[str]:
    for element in tree.iter():
        for name in ("href", "src", "action", "srcset", "poster", "data"):
            if isinstance(element.tag, str) and element.get(name):
                yield element.get(name)


def test_no_page_names_another_host(page: Any) -> None:
    assert [address for address in addresses(page) if not address.startswith(("/", "#"))] == []
    assert [address for address in addresses(page) if address.startswith("//")] == []


def test_no_page_carries_a_script_or_a_style_of_its_own(page: Any) -> None:
    assert page.xpath("//style") == []
    assert page.xpath("//script[not(@src)]") == []
    assert page.xpath("//@style") == []
    assert page.xpath("//@*[starts-with(name(), 'on')]") == []


def test_every_control_has_a_label(page: Any) -> None:
    labels = set(page.xpath("//label/@for"))
    for control in page.xpath("//input[not(@type='hidden')] | //select | //textarea | //progress"):
        assert control.get("id") in labels or control.get("aria-label"), html.tostring(control)
    for button in page.xpath("//button | //summary | //a"):
        assert words(button), html.tostring(button)
    for picture in page.xpath("//svg[not(@aria-hidden) and not(@hidden)]"):
        assert picture.get("role") == "img", html.tostring(picture)[:200]
        assert picture.get("aria-label")


def test_ids_are_used_once_and_references_exist(page: Any) -> None:
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    for reference in page.xpath("//@aria-describedby | //@aria-labelledby | //@popovertarget"):
        assert set(reference.split()) <= set(ids)
    assert {link[1:] for link in page.xpath("//a/@href[starts-with(., '#')] | //use/@href")} <= set(ids)


def test_every_page_has_one_heading_of_the_first_order_and_landmarks(page: Any) -> None:
    assert len(page.xpath("//h1")) == 1
    assert page.xpath("//a[1]/@href")[0] == "#main"
    assert page.xpath("//main[@id='main']")
    assert words(page.xpath("//title")[0])


@pytest.mark.parametrize(("address", "language"), EVERY_PAGE)
def test_every_page_says_its_language_and_stays_small(staff: FlaskClient, address: str, language: str) -> None:
    staff.set_cookie("lang", language)
    response = staff.get(address)
    text = response.get_data(as_text=True)
    assert f'<html lang="{language}">' in text
    total = len(response.data)
    for asset in re.findall(r'(?:href|src)="(/assets/[^"]+)"', text):
        with staff.get(asset.replace("&amp;", "&")) as answer:
            assert answer.status_code == 200
            assert "max-age=31536000" in answer.headers["Cache-Control"]
            total += len(answer.data)
    assert total < PAGE_LIMIT_BYTES or "styleguide" in address


def test_a_payer_sees_what_is_owed_and_how_to_pay_it(client: FlaskClient) -> None:
    page = read(client, "/pay/waiting")
    said = words(page)
    for fact in (samples.UNIT, samples.DOSSIER, samples.PAYER, "150.000 ₫", "40.000 ₫", "110.000 ₫", "Lệ phí"):
        assert fact in said
    assert page.xpath("//*[@class='pay-bar']//strong")[0].text == "150.000\u00a0₫"
    assert page.xpath("//button/@data-copy") == ["0123456789", "150000", "FEE7KQ2M"]
    form = page.xpath("//form[@method='post']")[0]
    assert form.get("action") == "/pay/waiting/attempts/vnpay"
    assert form.xpath("input[@name='csrf_token']/@value")[0]


@pytest.mark.parametrize("token", ["paid", "expired", "cancelled"])
def test_a_closed_order_offers_no_way_to_pay(client: FlaskClient, token: str) -> None:
    page = read(client, f"/pay/{token}")
    assert page.xpath("//main//form") == []
    assert page.xpath("//*[@class='qr']") == []
    assert page.xpath("//@data-poll") == []


def test_a_paid_order_leads_to_its_receipts(client: FlaskClient) -> None:
    links = read(client, "/pay/paid").xpath("//main//a/@href")
    assert [link for link in links if link.startswith("/receipts/")] == [
        f"/receipts/{receipt.code}" for receipt in samples.RECEIPTS
    ]


def test_a_return_that_claims_success_still_says_that_confirmation_is_awaited(client: FlaskClient) -> None:
    page = read(client, "/pay/confirming/return")
    assert words(page.xpath("//h1")[0]) == "Đang chờ xác nhận"
    assert "Đã nhận đủ tiền" not in words(page)
    assert page.xpath("//@data-poll") == ["/pay/confirming/status"]
    assert words(read(client, "/pay/paid/return").xpath("//h1")[0]) == "Đã nhận đủ tiền"


def test_a_forged_return_is_said_to_be_unverified(client: FlaskClient) -> None:
    assert "không có chữ ký đúng của nhà cung cấp" in words(read(client, "/pay/forged/return"))


def test_the_state_of_a_waiting_page_can_be_asked_for(client: FlaskClient) -> None:
    answer = client.get("/pay/confirming/status")
    assert answer.json == {"state": "awaiting-confirmation", "waiting": True}
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.get("/verify/passed/status").json == {"state": "ready", "waiting": False}
    assert client.get("/pay/unknown/status").status_code == 404


def test_a_receipt_tells_its_facts_and_gives_its_pdf(client: FlaskClient) -> None:
    page = read(client, "/receipts/issued")
    for fact in ("01BLP0-001", "BT-26E · 0000042", "110.000 ₫", "Một trăm mười nghìn đồng", samples.UNIT):
        assert fact in words(page)
    with client.get("/receipts/issued.pdf") as pdf:
        assert pdf.mimetype == "application/pdf"
        assert pdf.data.startswith(b"%PDF-")
        assert pdf.headers["Content-Disposition"].startswith("inline")
    assert client.get("/receipts/preparing.pdf").status_code == 404


def test_a_report_says_for_each_signature_who_when_and_why(client: FlaskClient) -> None:
    said = words(read(client, "/verify/failed"))
    for fact in ("Có chữ ký không hợp lệ", "Nguyễn Văn Ví Dụ", "12:03:00 23/11/2026 (+07:00)", "HASH_FAILURE"):
        assert fact in said
    assert "Văn bản đã bị sửa sau khi ký." in said
    assert "Chưa kết luận được" in said
    english = words(read(client, "/verify/failed", "en"))
    assert "The document was changed after it was signed." in english


def test_the_story_shows_callbacks_postings_receipts_deliveries_and_breaks(staff: FlaskClient) -> None:
    said = words(read(staff, f"/admin/dossiers/{samples.DOSSIER}"))
    for fact in ("97 sai chữ ký của cuộc gọi", "04 sai số tiền", "02 đã xác nhận", "Bút toán số 17", "BT-26E 0000041"):
        assert fact in said
    for fact in ("HTTP 204", "không ai trả lời", "Tiền vào không rõ nguồn", "Thiếu tiền trên sao kê", "đứt"):
        assert fact in said


def test_the_list_asks_for_the_viewer_the_search_and_the_cursor(staff: FlaskClient, pages: SamplePages) -> None:
    staff.get("/admin?search=+HS-2026+&cursor=abc")
    (viewer, search, cursor) = pages.asked[0]
    assert getattr(viewer, "id", None) == "kiem-toan"
    assert (search, cursor) == ("HS-2026", "abc")


def test_text_from_data_cannot_become_markup(client: FlaskClient, pages: SamplePages, monkeypatch: Any) -> None:
    from dataclasses import replace

    hostile = replace(samples.PAY, payer_name='<script>alert(1)</script>"', purpose="<img src=x onerror=y>")
    monkeypatch.setattr(pages, "pay_page", lambda token: hostile)
    page = read(client, "/pay/waiting")
    assert page.xpath("//img") == []
    assert page.xpath("//script[not(@src)]") == []
    assert "<script>alert(1)</script>" in page.text_content()


def test_a_code_typed_on_the_front_page_leads_to_its_page(client: FlaskClient) -> None:
    assert client.get("/go?to=pay&code=+abc+").headers["Location"] == "/pay/abc"
    assert client.get("/go?to=receipt&code=abc").headers["Location"] == "/receipts/abc"
    for wrong in ("", "a/b", "x" * 201):
        assert client.get("/go", query_string={"to": "pay", "code": wrong}).status_code == 400


@pytest.mark.parametrize("address", ["/pay/unknown", "/receipts/unknown", "/verify/unknown", "/docs/unknown"])
def test_a_code_that_nobody_was_given_is_not_found(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_an_error_page_says_what_happened_what_is_safe_and_what_to_do(client: FlaskClient, status: int) -> None:
    response = client.get(f"/broken/{status}")
    assert response.status_code == status
    page: Any = html.fromstring(response.get_data(as_text=True))
    assert words(page.xpath("//h1")[0])
    assert "Việc nên làm" in words(page)
    assert re.search(rf"{status}-[0-9a-f-]{{36}}", words(page))
    assert "RuntimeError" not in words(page)


def test_a_file_beyond_the_limit_gets_a_page(client: FlaskClient) -> None:
    response = client.post("/verify", data=b"x" * 1_000_001, content_type="application/octet-stream")
    assert response.status_code == 413
    assert "Tệp quá lớn" in response.get_data(as_text=True)


def test_the_api_keeps_its_own_errors(client: FlaskClient, app: Any) -> None:
    assert "Việc nên làm" not in client.get("/v1/broken").get_data(as_text=True)
    app.extensions["problems"] = lambda error: ({"status": error.code}, error.code)
    assert client.get("/v1/broken").json == {"status": 404}
    assert client.get("/oauth/token").json == {"status": 404}
    assert client.get("/no-such-page").mimetype == "text/html"


def test_the_error_page_needs_neither_a_person_nor_their_database(staff: FlaskClient, app: Any) -> None:
    def unreachable(user_id: str) -> None:
        raise RuntimeError("the database is gone")

    app.login_manager.user_loader(unreachable)
    app.extensions["status_of"] = lambda error: 503
    answer = staff.get("/admin")
    assert answer.status_code == 503
    assert "Tạm thời chưa phục vụ được" in answer.get_data(as_text=True)


def test_the_app_may_know_the_status_of_its_own_errors(client: FlaskClient, app: Any) -> None:
    app.extensions["status_of"] = lambda error: 503
    assert client.get("/broken/500").status_code == 503
