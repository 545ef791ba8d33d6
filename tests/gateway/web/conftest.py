"""A small app whose pages show made-up view-models; no database, no network."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from threading import Thread
from typing import IO, Any

import pytest
from flask import Flask, abort, g
from flask.testing import FlaskClient
from flask_login import LoginManager, UserMixin
from werkzeug.serving import make_server

from config.identifiers import new_id
from gateway.web import register_web, samples
from gateway.web.certificate_views import CertificatesPage
from gateway.web.pay_views import PayPage, PayState, ReturnPage
from gateway.web.ports import ActionRefused
from gateway.web.receipt_views import ReceiptPage
from gateway.web.story_views import StoryList, StoryPage
from gateway.web.verify_views import VerifyPage, VerifyState
from gateway.web.view_models import Download, Text
from tests.gateway.web import certificate_samples
from tests.gateway.web.openapi_sample import OPENAPI

PASSWORD = "đúng mật khẩu"

PAY_PAGES = {
    "waiting": samples.PAY,
    "chosen": samples.PAY_CHOSEN,
    "confirming": samples.PAY_WAITING,
    "paid": samples.PAY_PAID,
    "expired": samples.PAY_EXPIRED,
    "cancelled": samples.PAY_CANCELLED,
    "exempt": samples.PAY_EXEMPT,
}
RETURNS = {
    "confirming": samples.RETURN_WAITING,
    "pending": samples.RETURN_PENDING,
    "paid": samples.RETURN_PAID,
    "failed": samples.RETURN_FAILED,
    "stopped": samples.RETURN_CANCELLED,
    "forged": samples.RETURN_FORGED,
}
RECEIPTS = {
    "issued": samples.RECEIPT,
    "preparing": samples.RECEIPT_PREPARING,
    "replaced": samples.RECEIPT_REPLACED,
    "cancelled": replace(samples.RECEIPT, state="cancelled"),
}
REPORTS = {
    "waiting": samples.VERIFY_WAITING,
    "passed": samples.VERIFY_PASSED,
    "failed": samples.VERIFY_FAILED,
    "unsigned": samples.VERIFY_UNSIGNED,
    "unreadable": samples.VERIFY_UNREADABLE,
}


class SamplePages:
    """PageData over the samples; remembers what the views asked for."""

    def __init__(self) -> None:
        self.provider_address = "http://127.0.0.1:1/pay"
        self.started: list[tuple[str, str, str]] = []
        self.uploads: list[tuple[str, bytes]] = []
        self.booked: set[str] = set()
        self.asked: list[tuple[object, str, str | None]] = []

    def pay_page(self, token: str) -> PayPage | None:
        page = PAY_PAGES["paid" if token in self.booked else token] if token in PAY_PAGES else None
        if page is None:
            return None
        origin = self.provider_address.rsplit("/", 1)[0]
        providers = tuple(replace(choice, origin=origin) for choice in page.providers)
        return replace(page, token=token, providers=providers)

    def pay_state(self, token: str) -> PayState | None:
        page = self.pay_page(token)
        return page.state if page else None

    def start_attempt(self, token: str, provider: str, client_address: str) -> str:
        if token == "confirming":
            raise ActionRefused(
                "attempt-open", Text("Lần trả trước còn đang chờ xác nhận.", "The earlier attempt is still open.")
            )
        self.started.append((token, provider, client_address))
        return self.provider_address

    def return_page(self, token: str, query: Mapping[str, str]) -> ReturnPage | None:
        back = RETURNS.get(token)
        return replace(back, page=replace(back.page, token=token)) if back else None

    def receipt_page(self, code: str) -> ReceiptPage | None:
        return RECEIPTS.get(code)

    def receipt_document(self, code: str) -> Download | None:
        if code != "issued":
            return None
        return Download("bien-lai.pdf", "application/pdf", io.BytesIO(b"%PDF-1.7 sample"), "ab" * 32)

    def receipt_xml(self, code: str) -> Download | None:
        if code != "issued":
            return None
        return Download("bien-lai.pdf", "application/pdf", io.BytesIO(b"%PDF-1.7 sample"), "ab" * 32)

    def provider_receipt(self, token: str) -> Download | None:
        return None

    def start_verification(self, file_name: str, content: IO[bytes]) -> str:
        data = content.read()
        if not data:
            raise ActionRefused("document-empty", Text("Tệp không có nội dung.", "The file is empty."))
        self.uploads.append((file_name, data))
        return "waiting"

    def verify_page(self, code: str) -> VerifyPage | None:
        page = REPORTS.get(code)
        return replace(page, code=code) if page else None

    def verify_state(self, code: str) -> VerifyState | None:
        page = REPORTS.get(code)
        return page.state if page else None

    def stories(self, viewer: object, search: str, cursor: str | None) -> StoryList:
        self.asked.append((viewer, search, cursor))
        return StoryList(()) if search == "không có" else samples.STORIES

    def story(self, viewer: object, dossier_code: str) -> StoryPage | None:
        return samples.STORY if dossier_code == samples.DOSSIER else None

    def file(self, viewer: object, file_id: str) -> Download | None:
        if file_id != "file-1":
            return None
        return Download("quyết định.pdf", "application/pdf", io.BytesIO(b"%PDF-1.7 revision"), "cd" * 32)

    def certificates(self, viewer: object, days: int) -> CertificatesPage:
        return certificate_samples.NOTHING if days == 7 else replace(certificate_samples.MUCH, days=days)

    def openapi(self) -> Mapping[str, Any]:
        return OPENAPI


class Person(UserMixin):  # type: ignore[misc]
    """Someone who may sign in."""

    id = "kiem-toan"


class OneAccount:
    """Accounts with one person in them."""

    def authenticate(self, username: str, password: str) -> Person | None:
        return Person() if (username, password) == ("kiem-toan", PASSWORD) else None


def build_app() -> Flask:
    """Return an app that holds the pages and nothing else."""
    app = Flask("sample")
    app.config.update(
        SECRET_KEY="for these tests only", TESTING=True, WEB_TEST_SITE=True, WEB_OPERATOR_NAME="Thành phố Ví Dụ"
    )
    app.config["MAX_CONTENT_LENGTH"] = 1_000_000
    app.extensions["pages"] = SamplePages()
    app.extensions["accounts"] = OneAccount()
    manager = LoginManager(app)
    manager.user_loader(lambda user_id: Person() if user_id == Person.id else None)
    register_web(app)

    @app.before_request
    def begin() -> None:
        g.request_id = new_id()

    @app.get("/broken/<int:status>")
    def broken(status: int) -> str:
        if status == 500:
            raise RuntimeError("a fault that nobody foresaw")
        abort(status)

    @app.get("/v1/broken")
    def broken_api() -> str:
        abort(404)

    return app


@pytest.fixture
def app() -> Flask:
    return build_app()


@pytest.fixture
def pages(app: Flask) -> SamplePages:
    found = app.extensions["pages"]
    assert isinstance(found, SamplePages)
    return found


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def staff(app: Flask) -> FlaskClient:
    """A client of a person who has signed in."""
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = Person.id
        session["_fresh"] = True
    return client


class Served:
    """The app behind a real socket."""

    def __init__(self, app: Flask, address: str) -> None:
        self.app = app
        self.address = address
        self.pages: SamplePages = app.extensions["pages"]


def serve(app: Flask) -> Iterator[str]:
    """Serve an app on a free loopback port."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="session")
def site() -> Iterator[Served]:
    app = build_app()
    for address in serve(app):
        yield Served(app, address)
