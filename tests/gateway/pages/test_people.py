"""Who signs in, who sees what, and that no page shows another unit's papers or money."""

from dataclasses import replace

import pytest
from flask import Flask

from gateway.pages.verify import PUBLIC_UNIT
from tests.gateway.pages.office import PASSWORD, PDF, Browser, Office


def test_the_right_password_opens_the_list_and_the_wrong_one_says_not_which_was_wrong(
    app: Flask, office: Office
) -> None:
    office.person("auditor")
    browser = Browser(app)
    wrong = [browser.sign_in("H13.1-auditor", "sai mật khẩu"), browser.sign_in("nobody", PASSWORD)]

    assert [response.status_code for response in wrong] == [401, 401]
    for response in wrong:
        assert "Tên đăng nhập hoặc mật khẩu không đúng." in response.get_data(as_text=True)
    assert browser.get("/admin").headers["Location"].startswith("/sign-in")
    right = browser.sign_in("H13.1-auditor")
    assert (right.status_code, right.headers["Location"]) == (303, "/admin")


def test_after_ten_tries_the_door_stays_shut_for_the_right_password_too(app: Flask, office: Office) -> None:
    office.person("auditor")
    browser = Browser(app)
    tried = [browser.sign_in("H13.1-auditor", f"guess {number}").status_code for number in range(10)]
    shut = browser.sign_in("H13.1-auditor")

    assert set(tried) <= {401, 429}
    assert shut.status_code == 429
    assert "Bạn gửi quá nhiều lần" in shut.get_data(as_text=True)


def test_signing_in_and_out_needs_the_sessions_token(app: Flask, office: Office) -> None:
    auditor = office.person("auditor")
    form = {"username": "H13.1-auditor", "password": PASSWORD, "csrf_token": "made up"}

    assert app.test_client().post("/sign-in", data=form).status_code == 400
    assert auditor.http.post("/sign-out").status_code == 400
    assert auditor.get("/admin").status_code == 200
    assert auditor.post("/sign-out", "/admin").headers["Location"] == "/"
    assert auditor.get("/admin").status_code == 303


@pytest.mark.parametrize(
    "path", ["/admin", "/admin/dossiers/HS-1", "/admin/files/{}", "/admin/certificates", "/admin/styleguide"]
)
def test_who_did_not_sign_in_sees_nothing_of_the_staffs_pages(citizen: Browser, office: Office, path: str) -> None:
    office.order("HS-1")
    response = citizen.get(path.format(office.document("a.pdf", PDF).id))

    assert (response.status_code, response.headers["Location"].split("?")[0]) == (303, "/sign-in")


def test_a_person_sees_the_own_unit_and_an_auditor_the_whole_city(office: Office, neighbour: Office) -> None:
    office.order("HS-MOT", "Người Phường Một")
    neighbour.order("HS-HAI", "Người Phường Hai")
    clerk, auditor = office.person("clerk"), office.person("auditor")

    assert "HS-MOT" in clerk.words("/admin")
    assert "HS-HAI" not in clerk.words("/admin")
    assert clerk.get("/admin/dossiers/HS-HAI").status_code == 404
    for code in ("HS-MOT", "HS-HAI"):
        assert code in auditor.words("/admin")
        assert code in auditor.words(f"/admin/dossiers/{code}")


def test_search_finds_nothing_of_another_unit(office: Office, neighbour: Office) -> None:
    neighbour.order("HS-HAI", "Người Phường Hai")
    clerk = office.person("clerk")

    for wanted in ("HS-HAI", "Người Phường Hai", "%", "_"):
        assert "Không có hồ sơ nào khớp" in clerk.words(f"/admin?search={wanted.replace('%', '%25')}")


def test_a_dossier_code_that_two_units_use_shows_each_its_own_part(office: Office, neighbour: Office) -> None:
    office.order("HS-CHUNG", "Người Phường Một")
    neighbour.signing_request("HS-CHUNG", "Quyết định của phường Hai", neighbour.document("mat.pdf", PDF))
    clerk = office.person("clerk")
    page = clerk.get("/admin/dossiers/HS-CHUNG").get_data(as_text=True)

    assert "Mở khoản thu" in page
    for foreign in ("phường Hai", "mat.pdf", neighbour.unit_id):
        assert foreign not in page


def test_a_file_is_given_to_its_own_unit_and_to_auditors_only(office: Office, neighbour: Office) -> None:
    file = office.document("quyết định.pdf", PDF)
    own, foreign, auditor = office.person("official"), neighbour.person("official"), neighbour.person("auditor")

    for browser in (own, auditor):
        response = browser.get(f"/admin/files/{file.id}")
        assert (response.status_code, response.data) == (200, PDF)
        assert response.headers["Content-Disposition"].startswith("attachment")
    assert foreign.get(f"/admin/files/{file.id}").status_code == 404
    assert own.get("/admin/files/no-such-file").status_code == 404


def test_a_citizens_upload_is_given_to_nobody(office: Office) -> None:
    file = replace(office, unit_id=PUBLIC_UNIT).document("của người dân.pdf", PDF)

    assert office.person("auditor").get(f"/admin/files/{file.id}").status_code == 404
