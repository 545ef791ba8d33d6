"""Headers, form tokens, sessions and redirects."""

import io
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gateway.web.redirects import local_path
from tests.gateway.web.addresses import OPEN_PAGES, STAFF_PAGES
from tests.gateway.web.conftest import PASSWORD, SamplePages


def token_of(client: FlaskClient, address: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(address).get_data(as_text=True))
    assert found is not None
    return found.group(1)


@pytest.mark.parametrize("address", OPEN_PAGES + STAFF_PAGES)
def test_every_page_forbids_other_hosts_and_inline_code(staff: FlaskClient, address: str) -> None:
    headers = staff.get(address).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


def test_only_an_open_order_lets_its_form_end_at_the_provider(client: FlaskClient) -> None:
    def form_action(address: str) -> str:
        return client.get(address).headers["Content-Security-Policy"].rsplit("form-action ", 1)[1]

    assert form_action("/pay/waiting") == "'self' http://127.0.0.1:1"
    assert form_action("/pay/paid") == "'self'"
    assert form_action("/verify") == "'self'"


def test_an_attempt_needs_the_token_of_this_session(client: FlaskClient, pages: SamplePages) -> None:
    for data in ({}, {"csrf_token": "made up"}):
        assert client.post("/pay/waiting/attempts/vnpay", data=data).status_code == 400
    assert pages.started == []

    answer = client.post("/pay/waiting/attempts/vnpay", data={"csrf_token": token_of(client, "/pay/waiting")})

    assert (answer.status_code, answer.headers["Location"]) == (303, pages.provider_address)
    assert pages.started == [("waiting", "vnpay", "127.0.0.1")]


def test_an_attempt_with_a_provider_that_was_not_offered_starts_nothing(
    client: FlaskClient, pages: SamplePages
) -> None:
    token = token_of(client, "/pay/waiting")
    for address in ("/pay/waiting/attempts/other", "/pay/paid/attempts/vnpay"):
        answer = client.post(address, data={"csrf_token": token})
        assert answer.headers["Location"].startswith("/pay/")
    assert pages.started == []


def test_a_refused_attempt_shows_the_page_again_with_the_reason(client: FlaskClient) -> None:
    token = token_of(client, "/pay/confirming")
    answer = client.post("/pay/confirming/attempts/vnpay", data={"csrf_token": token})
    assert answer.status_code == 409
    assert "Lần trả trước còn đang chờ xác nhận." in answer.get_data(as_text=True)


def test_an_upload_leads_to_its_report(client: FlaskClient, pages: SamplePages) -> None:
    data = {"csrf_token": token_of(client, "/verify"), "file": (io.BytesIO(b"%PDF-1.7"), "quyết định.pdf")}
    answer = client.post("/verify", data=data)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/verify/waiting")
    assert pages.uploads == [("quyết định.pdf", b"%PDF-1.7")]


@pytest.mark.parametrize(("file", "status"), [(None, 400), ((b"", "rỗng.pdf"), 422)])
def test_a_missing_or_empty_upload_is_explained_beside_the_field(
    client: FlaskClient, file: tuple[bytes, str] | None, status: int
) -> None:
    data: dict[str, object] = {"csrf_token": token_of(client, "/verify")}
    if file:
        data["file"] = (io.BytesIO(file[0]), file[1])
    answer = client.post("/verify", data=data)
    text = answer.get_data(as_text=True)
    assert answer.status_code == status
    assert 'aria-invalid="true"' in text
    assert 'role="alert"' in text
    assert "<title>Lỗi:" in text


def test_an_upload_without_a_token_is_refused(client: FlaskClient, pages: SamplePages) -> None:
    assert client.post("/verify", data={"file": (io.BytesIO(b"%PDF"), "a.pdf")}).status_code == 400
    assert pages.uploads == []


@pytest.mark.parametrize("address", [*STAFF_PAGES, "/admin/files/file-1"])
def test_staff_pages_lead_to_the_sign_in(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-in?next=/admin")


def test_the_right_password_opens_a_new_session_and_leads_back(client: FlaskClient) -> None:
    token = token_of(client, "/sign-in?next=/admin/styleguide")
    with client.session_transaction() as session:
        session["planted"] = "by someone else"
    form = {"username": "kiem-toan", "password": PASSWORD, "csrf_token": token, "next": "/admin/styleguide"}
    answer = client.post("/sign-in", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/styleguide")
    with client.session_transaction() as session:
        assert "planted" not in session
    assert client.get("/admin").status_code == 200


@pytest.mark.parametrize(
    ("username", "password"), [("kiem-toan", "sai"), ("ai-do", PASSWORD), ("", ""), ("kiem-toan", "")]
)
def test_a_wrong_name_and_a_wrong_password_read_the_same(client: FlaskClient, username: str, password: str) -> None:
    form = {"username": username, "password": password, "csrf_token": token_of(client, "/sign-in")}
    answer = client.post("/sign-in", data=form)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 401
    assert "Tên đăng nhập hoặc mật khẩu không đúng." in text
    assert PASSWORD not in text
    assert client.get("/admin").status_code == 303


def test_signing_in_and_out_need_the_token(staff: FlaskClient) -> None:
    form = {"username": "kiem-toan", "password": PASSWORD}
    assert staff.post("/sign-in", data=form).status_code == 400
    assert staff.post("/sign-out").status_code == 400
    assert staff.get("/admin").status_code == 200
    assert staff.post("/sign-out", data={"csrf_token": token_of(staff, "/admin")}).status_code == 303
    assert staff.get("/admin").status_code == 303


def test_a_stored_file_comes_as_an_attachment_under_its_own_name(staff: FlaskClient) -> None:
    with staff.get("/admin/files/file-1") as answer:
        assert answer.data == b"%PDF-1.7 revision"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert "filename*=UTF-8''quy%E1%BA%BFt" in answer.headers["Content-Disposition"]
    assert staff.get("/admin/files/other").status_code == 404


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "admin",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "/\t/evil.example",
        " /admin",
        "/admin\r\nX: y",
    ],
)
def test_only_a_path_of_this_site_is_followed(target: str | None) -> None:
    assert local_path(target, "/safe") == "/safe"


def test_a_path_of_this_site_is_kept() -> None:
    assert local_path("/admin?search=a&cursor=b", "/safe") == "/admin?search=a&cursor=b"


def test_blueprints_outside_the_pages_need_no_form_token(app: Flask) -> None:
    app.add_url_rule("/callbacks/sample", "sample", lambda: "00", methods=["POST"])
    assert app.test_client().post("/callbacks/sample").status_code == 200
