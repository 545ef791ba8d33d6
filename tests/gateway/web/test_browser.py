"""The pages as a browser shows them: Debian's Chromium against a real socket."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from tests.gateway.web.addresses import OPEN_PAGES, STAFF_PAGES
from tests.gateway.web.conftest import PASSWORD, Served, serve

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE: ViewportSize = {"width": 390, "height": 844}

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}")

REACHABLE = """() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
  .filter(e => e.type !== 'hidden' && e.checkVisibility() && !e.disabled)
  .map((e, i) => (e.dataset.at = i, e.outerHTML.slice(0, 80)))"""
FOCUSED = """() => { const e = document.activeElement, s = getComputedStyle(e);
  return [e.dataset.at ?? '', s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2]; }"""
TOO_SMALL = """() => [...document.querySelectorAll('button, .button, summary, input, .choice, .head a, .foot a')]
  .filter(e => e.type !== 'hidden' && e.type !== 'checkbox' && e.checkVisibility())
  .filter(e => e.getBoundingClientRect().height < 43.5).map(e => e.outerHTML.slice(0, 120))"""
CUT_OFF = """() => [...document.querySelectorAll('main *')].filter(e => e.checkVisibility() && !e.closest('svg, pre'))
  .filter(e => !e.closest('.hidden-text, thead') && e.getBoundingClientRect().right > innerWidth + 0.5)
  .map(e => e.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


def sign_in(context: BrowserContext, site: Served) -> None:
    page = context.new_page()
    page.goto(f"{site.address}/sign-in")
    page.get_by_label("Tên đăng nhập").fill("kiem-toan")
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    expect(page).to_have_url(f"{site.address}/admin")
    page.close()


@pytest.fixture(scope="module")
def phone(browser: Browser, site: Served) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=PHONE, has_touch=True, reduced_motion="reduce")
    sign_in(context, site)
    yield context
    context.close()


@pytest.fixture(scope="module")
def desk(browser: Browser, site: Served) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    sign_in(context, site)
    yield context
    context.close()


@pytest.fixture(scope="module")
def phone_page(phone: BrowserContext) -> Iterator[tuple[Page, list[str]]]:
    """A tab that goes from page to page, and what the browser complained of in it: a new tab is a new process."""
    page = phone.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page, complaints
    page.close()


@pytest.fixture(scope="module")
def desk_page(desk: BrowserContext) -> Iterator[Page]:
    page = desk.new_page()
    yield page
    page.close()


@pytest.mark.parametrize("address", OPEN_PAGES + STAFF_PAGES)
def test_a_page_fits_a_phone_and_breaks_no_policy(
    phone_page: tuple[Page, list[str]], site: Served, address: str
) -> None:
    page, complaints = phone_page
    complaints.clear()
    page.goto(site.address + address)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate(CUT_OFF) == []
    assert page.evaluate(TOO_SMALL) == []
    assert [text for text in complaints if "the server responded with a status of" not in text] == []


@pytest.mark.parametrize("address", OPEN_PAGES + STAFF_PAGES)
def test_the_keyboard_reaches_everything_in_order_with_a_visible_ring(
    desk_page: Page, site: Served, address: str
) -> None:
    desk_page.goto(site.address + address)
    assert desk_page.evaluate(CUT_OFF) == []
    wanted = desk_page.evaluate(REACHABLE)
    reached: list[int] = []
    for _ in range(len(wanted) + 2):
        desk_page.keyboard.press("Tab")
        position, ringed = desk_page.evaluate(FOCUSED)
        if position == "" or int(position) in reached:
            break
        assert ringed, wanted[int(position)]
        reached.append(int(position))
    assert [wanted[at] for at in range(len(wanted)) if at not in reached] == []
    assert reached == sorted(reached)


def test_the_total_stays_in_sight_on_a_phone(phone: BrowserContext, site: Served) -> None:
    page = phone.new_page()
    page.goto(f"{site.address}/pay/waiting")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(page.locator(".pay-bar strong")).to_be_in_viewport()
    page.close()


def test_paying_leads_through_the_policy_to_the_provider(browser: Browser, site: Served) -> None:
    provider = Flask("provider")
    provider.add_url_rule("/pay", "pay", lambda: "<h1>provider</h1>")
    context = browser.new_context(viewport=PHONE)
    for address in serve(provider):
        site.pages.provider_address = f"{address}/pay"
        page = context.new_page()
        page.goto(f"{site.address}/pay/waiting")
        page.get_by_text("VNPAY", exact=True).click()
        page.get_by_role("button", name="Trả 150.000 ₫ qua VNPAY").click()
        expect(page.get_by_role("heading", name="provider")).to_be_visible()
        assert page.evaluate("document.referrer") == ""
        page.close()
    context.close()


def open_waiting(context: BrowserContext, site: Served) -> Page:
    page = context.new_page()
    page.clock.install()
    page.goto(f"{site.address}/pay/waiting")
    expect(page.get_by_role("heading", name="Chọn cách trả")).to_be_visible()
    return page


def test_a_waiting_page_shows_the_payment_once_it_is_booked(phone: BrowserContext, site: Served) -> None:
    page = open_waiting(phone, site)
    site.pages.booked.add("waiting")
    try:
        page.clock.run_for(3_500)
        expect(page.get_by_role("heading", name="Đã nhận đủ tiền")).to_be_visible()
    finally:
        site.pages.booked.clear()
        page.close()


def test_a_waiting_page_is_left_alone_while_nothing_changes(phone: BrowserContext, site: Served) -> None:
    page = open_waiting(phone, site)
    page.get_by_text("VNPAY", exact=True).click()
    with page.expect_response("**/status"):
        page.clock.run_for(3_500)
    expect(page.get_by_role("button", name="Trả 150.000 ₫ qua VNPAY")).to_be_visible()
    page.close()


def test_a_copy_button_copies_the_bare_value_and_says_so(browser: Browser, site: Served) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{site.address}/pay/waiting")
    page.get_by_role("button", name="Chép Số tiền").click()
    expect(page.get_by_text("Đã chép")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "150000"
    context.close()


def test_without_a_script_a_payer_sees_the_code_the_words_and_the_form(browser: Browser, site: Served) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto(f"{site.address}/pay/waiting")
    expect(page.get_by_role("img", name="Mã VietQR")).to_be_visible()
    expect(page.get_by_text("FEE7KQ2M")).to_be_visible()
    page.get_by_text("VNPAY", exact=True).click()
    expect(page.get_by_role("button", name="Trả 150.000 ₫ qua VNPAY")).to_be_visible()
    assert page.get_by_role("button", name="Chép").count() == 0
    page.goto(f"{site.address}/pay/confirming")
    assert page.locator("meta[http-equiv=refresh]").get_attribute("content") == "15"
    context.close()


def test_an_upload_in_a_browser_leads_to_the_report(browser: Browser, site: Served) -> None:
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    page.goto(f"{site.address}/verify")
    page.get_by_label("Tệp PDF").set_input_files(
        {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    )
    page.get_by_role("button", name="Kiểm tra").click()
    expect(page.get_by_role("heading", name="Đang kiểm tra chữ ký")).to_be_visible()
    context.close()
