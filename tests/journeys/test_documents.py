"""Files that cannot be signed, or were made to harm: refused with a reason in both languages, never with a fault."""

import re
from pathlib import Path

import pytest
import requests
from werkzeug.test import TestResponse

from certs.model import Indication
from gateway.devpki.model import OFFICIAL, SEAL
from tests.journeys.city import DECISION, DOCUMENTS, City

WHOLE = DECISION.read_bytes()
DAMAGED = {
    "encrypted for its readers": ((DOCUMENTS / "quyet-dinh.encrypted-user.pdf").read_bytes(), "document-encrypted"),
    "encrypted by its owner": ((DOCUMENTS / "quyet-dinh.encrypted-owner.pdf").read_bytes(), "document-restricted"),
    "truncated": ((DOCUMENTS / "quyet-dinh.truncated.pdf").read_bytes(), "document-unreadable"),
    "cut in the middle": (WHOLE[: len(WHOLE) // 2], "document-unreadable"),
    "only a header": (b"%PDF-1.7\n", "document-unreadable"),
    "no PDF": (b"\x89PNG\r\n\x1a\n" + bytes(500), "document-not-pdf"),
    "zeros": (bytes(5000), "document-not-pdf"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_file_that_cannot_be_signed_is_kept_described_and_refused_in_both_languages(
    city: City, tmp_path: Path, name: str
) -> None:
    content, code = DAMAGED[name]
    file = tmp_path / "upload.pdf"
    file.write_bytes(content)

    uploaded = city.upload(file)
    vietnamese, english = (city.try_to_ask((OFFICIAL,), file, language=language) for language in ("vi", "en"))

    assert uploaded.status_code == 201
    assert uploaded.get_json()["inspection"]["problem_code"] == code
    for answer in (vietnamese, english):
        assert (answer.status_code, answer.get_json()["code"]) == (422, code)
        assert answer.mimetype == "application/problem+json"
    told = {answer.get_json()["title"] + answer.get_json()["detail"] for answer in (vietnamese, english)}
    assert len(told) == 2


def test_a_file_without_a_byte_is_refused(city: City) -> None:
    answer = city.upload(b"")

    assert (answer.status_code, answer.get_json()["code"]) == (422, "document-empty")
    assert answer.get_json()["title"] == "Tệp rỗng"


def test_a_file_whose_titles_are_not_where_the_signature_should_go_fails_and_names_the_text(city: City) -> None:
    placement = {"kind": "between-text", "above": "GIÁM ĐỐC SỞ", "below": "Người Khác", "width_mm": 50, "height_mm": 22}
    request = city.ask((OFFICIAL,), placement=placement)

    city.work()

    failed = city.request(request)
    assert (failed["state"], failed["problem_code"]) == ("failed", "anchor-not-found")
    assert failed["problem_detail"]
    assert city.certificate(OFFICIAL).state == "active"


def test_a_seal_without_a_signature_to_stand_over_fails(city: City) -> None:
    request = city.ask((SEAL,))

    city.work()

    assert city.request(request)["problem_code"] == "anchor-signature-not-found"


@pytest.mark.parametrize(
    "placement",
    [
        {"kind": "nowhere"},
        {},
        {"kind": "between-text"},
        {"kind": "page-rectangle", "page": 1, "x0": "a", "y0": 0, "x1": 1, "y1": 1},
        {"kind": "between-text", "above": 7, "below": None, "width_mm": -1, "height_mm": 1e308},
    ],
)
def test_a_placement_that_cannot_be_read_is_refused_when_it_is_asked_for(
    city: City, placement: dict[str, object]
) -> None:
    answer = city.try_to_ask((OFFICIAL,), placement=placement)

    assert (answer.status_code, answer.get_json()["code"]) == (422, "placement-invalid")


def test_a_page_that_is_not_there_fails_the_request(city: City) -> None:
    placement = {"kind": "page-rectangle", "page": 99, "x0_mm": 20, "y0_mm": 20, "x1_mm": 60, "y1_mm": 40}
    answer = city.try_to_ask((OFFICIAL,), placement=placement)
    if answer.status_code == 201:
        city.work()
        assert city.request(answer.get_json())["problem_code"] == "page-not-found"
    else:
        assert answer.get_json()["code"] == "placement-invalid"


@pytest.mark.parametrize("path", sorted(DOCUMENTS.glob("*.pdf")), ids=lambda path: path.name)
def test_every_document_of_ours_gets_an_answer_from_the_verification_page(city: City, path: Path) -> None:
    shown = _verify(city, path.name, path.read_bytes())

    assert shown.status_code == 200


def test_hostile_files_get_a_report_and_never_a_fault(city: City, corpus: Path) -> None:
    files = sorted((corpus / "validation").glob("*.pdf"))
    assert files

    uploads = {path.name: city.upload(path) for path in files}
    asked = {
        name: city.post("/v1/validations", {"document_id": answer.get_json()["id"]})
        for name, answer in uploads.items()
        if answer.status_code == 201
    }
    city.work()

    assert {answer.status_code for answer in uploads.values()} <= {201, 413}
    for name, answer in asked.items():
        report = city.get(f"/v1/validations/{answer.get_json()['id']}").get_json()
        assert report["state"] in {"completed", "failed"}, name
        overall = report["report"]["overall"] if report["state"] == "completed" else report["problem_code"]
        # Nobody of the development PKI signed any of these.
        assert overall != Indication.PASSED, name
    assert [task.last_problem for task in city.tasks("validation") if task.state != "done"] == []


def test_hostile_files_pass_the_verification_page_too(city: City, corpus: Path) -> None:
    files = sorted((corpus / "validation").glob("*.pdf"))[::5]
    for path in files:
        assert _verify(city, path.name, path.read_bytes()).status_code in {200, 413, 422}, path.name


def _verify(city: City, name: str, content: bytes) -> TestResponse:
    """Upload a file as a citizen does, let the worker look, and return the page that the citizen then sees."""
    form = city.http.get("/verify").get_data(as_text=True)
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form)
    assert found is not None
    # Encoded by requests: the test client would leave its temporary file open.
    sending = requests.Request("POST", "http://x/", data={"csrf_token": found[1]}, files={"file": (name, content)})
    prepared = sending.prepare()
    sent = city.http.post("/verify", data=prepared.body, content_type=prepared.headers["Content-Type"])
    if sent.status_code != 303:
        return sent
    city.work()
    return city.http.get(sent.headers["Location"])
