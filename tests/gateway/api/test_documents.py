"""Documents come in as streams, are described honestly, and belong to a unit."""

import hashlib
from pathlib import Path

import pytest

from tests.gateway.api.conftest import Machine

DOCUMENTS = Path(__file__).parents[2] / "documents"
PDF = (DOCUMENTS / "quyet-dinh.libreoffice.pdf").read_bytes()


def test_an_uploaded_pdf_is_described_and_comes_back_byte_for_byte(machine: Machine) -> None:
    answer = machine.upload("/v1/documents?filename=quyết định.pdf", PDF)

    document = answer.get_json()
    assert answer.status_code == 201
    assert document["sha256"] == hashlib.sha256(PDF).hexdigest()
    assert document["inspection"]["page_count"] == 5
    assert document["inspection"]["signable"] is True
    assert machine.get(f"/v1/documents/{document['id']}").get_json() == document
    content = machine.get(f"/v1/documents/{document['id']}/content")
    assert content.data == PDF
    assert content.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''quy%E1%BA%BFt")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("quyet-dinh.encrypted-user.pdf", "document-encrypted"),
        ("quyet-dinh.encrypted-owner.pdf", "document-restricted"),
        ("quyet-dinh.truncated.pdf", "document-unreadable"),
    ],
)
def test_a_file_that_cannot_be_signed_says_why_in_both_languages(machine: Machine, name: str, code: str) -> None:
    document = machine.upload("/v1/documents", (DOCUMENTS / name).read_bytes()).get_json()
    assert document["inspection"]["problem_code"] == code

    body = {
        "dossier_code": "HS-1",
        "title": "Văn bản",
        "document_ids": [document["id"]],
        "steps": [{"profile": "person", "certificate_id": "c"}],
    }
    vietnamese = machine.post("/v1/signing-requests", body, headers={"Accept-Language": "vi"})
    english = machine.post("/v1/signing-requests", body, headers={"Accept-Language": "en"})

    assert vietnamese.status_code == english.status_code == 422
    assert vietnamese.get_json()["code"] == code
    assert vietnamese.get_json()["document_id"] == document["id"]
    assert vietnamese.get_json()["title"] != english.get_json()["title"]
    assert vietnamese.get_json()["detail"] != english.get_json()["detail"]


def test_an_empty_body_is_refused_and_nothing_is_kept(machine: Machine) -> None:
    answer = machine.upload("/v1/documents", b"")

    assert (answer.status_code, answer.get_json()["code"]) == (422, "document-empty")


def test_more_bytes_than_the_limit_are_refused(machine: Machine) -> None:
    answer = machine.upload("/v1/documents", b"%PDF-1.7" + bytes(2_000_001))

    assert (answer.status_code, answer.get_json()["code"]) == (413, "document-too-large")


def test_another_unit_sees_nothing_of_it(machine: Machine, stranger: Machine) -> None:
    document = machine.upload("/v1/documents", PDF).get_json()

    for path in (f"/v1/documents/{document['id']}", f"/v1/documents/{document['id']}/content"):
        answer = stranger.get(path)
        assert (answer.status_code, answer.get_json()["code"]) == (404, "document-not-found")
    assert stranger.post("/v1/validations", {"document_id": document["id"]}).status_code == 404


@pytest.mark.parametrize("content", [b"PK\x03\x04zip", b"<?xml version='1.0'?><a/>", b"\x00\x01\x02", b"%PD"])
def test_other_kinds_are_kept_as_what_their_bytes_say(machine: Machine, content: bytes) -> None:
    document = machine.upload("/v1/documents?filename=lies.pdf", content).get_json()

    assert document["media_type"] != "application/pdf"
    assert document["inspection"] == {"signable": False, "problem_code": "document-not-pdf"}


def test_a_filename_is_never_a_path(machine: Machine) -> None:
    document = machine.upload("/v1/documents?filename=../../etc/passwd", PDF).get_json()

    assert "/" not in document["filename"]
