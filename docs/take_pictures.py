"""Takes the README's pictures from a running demonstration: `PYTHONPATH=. python docs/take_pictures.py <its folder>`.

Start it first: `python -m gateway demo --folder <folder>`. The pictures land in docs/pictures.
"""

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from sqlalchemy import select

from config.settings import Settings, load_settings
from gateway.db.tables.callers import ApiClientRow
from gateway.demo.chapters.payment import LE_PHI, PHI
from gateway.demo.processing_system import ProcessingSystem
from gateway.demo.seed import USERNAME
from gateway.services import build_services

PICTURES = Path(__file__).parent / "pictures"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 1500}
COLOURS = 256


def save(picture: Image.Image, name: str) -> None:
    """Keep a picture with no more colours than it needs, so that it stays small and its letters stay crisp."""
    few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(PICTURES / name, optimize=True)


def shot(page: Page) -> Image.Image:
    """Return what the window shows."""
    return Image.open(io.BytesIO(page.screenshot()))


def open_order(settings: Settings, folder: Path) -> str:
    """Open a fee order as the processing system does; returns the payer's address."""
    services = build_services(settings)
    with services.unit_of_work(read_only=True) as work:
        client_id = work.session.scalars(select(ApiClientRow.id)).one()
    services.close()
    caller = ProcessingSystem(settings.public_url, client_id, (folder / "secrets/client-secret").read_text().strip())
    body = {"dossier_code": "HS-2026-00123", "purpose": "Đăng ký hộ kinh doanh", "payer_name": "Nguyễn Thị Mẫu"}
    made = caller.post("/v1/fee-orders", {**body, "items": [PHI, LE_PHI]})
    return str(made["pay_url"])


def take_pay_page(browser: Browser, address: str) -> None:
    """The payer's page on a phone: all ways to pay, one of them opened."""
    page = browser.new_page(viewport=PHONE, device_scale_factor=1.5)
    page.goto(address)
    page.locator("summary", has_text="Cổng Dịch vụ công quốc gia").click()
    page.get_by_role("heading", name="Chọn cách trả").evaluate("heading => heading.scrollIntoView()")
    save(shot(page), "pay-phone.png")


def take_story(browser: Browser, web_url: str, folder: Path) -> None:
    """The top of the newest dossier that was signed, at a desk."""
    page = browser.new_page(viewport=DESK)
    page.goto(f"{web_url}/sign-in")
    page.fill("#username", USERNAME)
    page.fill("#password", (folder / "secrets/auditor-password").read_text().strip())
    page.click("main form button")
    page.goto(f"{web_url}/admin?search=Quy%E1%BA%BFt")
    page.click("tbody tr:first-child a")
    page.evaluate("document.querySelector('main').scrollIntoView()")
    save(shot(page), "story-desktop.png")


def main(folder: Path) -> None:
    """Take all three."""
    PICTURES.mkdir(exist_ok=True)
    settings = load_settings(folder / "gateway.toml")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        take_pay_page(browser, open_order(settings, folder))
        take_story(browser, settings.public_url, folder)
        browser.close()
    newest = max(folder.glob("results/*-signed.png"), key=lambda path: path.stat().st_mtime)
    with Image.open(newest) as last_page:
        save(last_page, "signed-page.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
