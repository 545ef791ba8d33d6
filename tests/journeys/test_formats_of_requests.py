"""Requests for signatures in formats other than PDF's: two signers in order, each result judged by tools of others."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from gateway.devpki.model import ANCHOR, OFFICIAL, SEAL
from tests.journeys.city import DECISION, City
from tests.signing.cms_judges import openssl_complaint
from tests.signing.formats.xml.judges import xmlsec1_verdict

XML = b'<?xml version="1.0" encoding="UTF-8"?>\n<hoso><ma>HS-1</ma></hoso>\n'
TEXT = "Biên bản họp ngày 24/11/2026\n".encode()


def upload(city: City, content: bytes, name: str) -> dict[str, Any]:
    headers = {**city.headers(), "Content-Type": "application/octet-stream"}
    return city.http.post("/v1/documents", query_string={"filename": name}, data=content, headers=headers).get_json()


def ask(city: City, documents: list[dict[str, Any]], format_name: str, *profiles: str, **more: Any):
    certificates = {"person": city.seed.certificates[OFFICIAL], "organisation": city.seed.certificates[SEAL]}
    steps = [{"profile": profile, "certificate_id": certificates.get(profile, "?")} for profile in profiles]
    body = {
        "dossier_code": "HS-1",
        "title": "Biên bản",
        "document_ids": [document["id"] for document in documents],
        "steps": steps,
        "format": format_name,
        **more,
    }
    return city.post("/v1/signing-requests", body)


def signed(city: City, document: dict[str, Any], format_name: str, **more: Any) -> tuple[Path, dict[str, Any]]:
    """Have a document signed by the person, then by the seal; returns the result and how the API describes it."""
    request = ask(city, [document], format_name, "person", "organisation", **more).get_json()
    city.work()
    found = city.request(request)
    assert (found["state"], found["problem_code"], found["format"]) == ("completed", None, format_name)
    target = city.signed_file(request, "signed")
    return target, city.get(f"/v1/documents/{found['documents'][0]['current_document_id']}").get_json()


def verdicts(city: City, document: dict[str, Any]) -> list[tuple[str, str]]:
    """Ask the gateway's own validation over the API."""
    asked = city.post("/v1/validations", {"document_id": document["id"]}).get_json()
    city.work()
    report = city.get(f"/v1/validations/{asked['id']}").get_json()["report"]
    return [(one["indication"], one["level"]) for one in report["signatures"]]


def test_any_file_gets_two_cades_signatures_around_it(city: City, pki, tmp_path: Path) -> None:
    target, described = signed(city, upload(city, TEXT, "bien-ban.txt"), "cades")

    assert (described["filename"], described["media_type"]) == ("bien-ban.txt.p7m", "application/pkcs7-mime")
    assert openssl_complaint(target, None, pki.certificate_der(ANCHOR), tmp_path) == ""
    assert verdicts(city, described) == [("TOTAL_PASSED", "CAdES-B-T")] * 2


def test_xml_is_signed_inside_twice_and_stays_what_it_was(city: City, pki) -> None:
    target, described = signed(city, upload(city, XML, "hoso.xml"), "xades", level="B-B")

    assert (described["filename"], described["media_type"]) == ("hoso.xml", "application/xml")
    assert xmlsec1_verdict(target, pki.certificate_der(ANCHOR), []) == ""
    assert verdicts(city, described) == [("TOTAL_PASSED", "XAdES-B-B")] * 2


def test_json_is_the_payload_of_two_jades_signatures(city: City) -> None:
    target, described = signed(city, upload(city, b'{"ma": "HS-1"}', "hoso.json"), "jades")

    assert len(json.loads(target.read_bytes())["signatures"]) == 2
    assert described["media_type"] == "application/jose+json"
    assert verdicts(city, described) == [("TOTAL_PASSED", "JAdES-B-T")] * 2


@pytest.mark.parametrize(
    ("format_name", "level", "shown"),
    [("asic-e", "B-LT", "CAdES-B-LT"), ("asic-s", "B-T", "CAdES-B-T"), ("asic-e-xades", "B-T", "XAdES-B-T")],
)
def test_a_container_takes_the_file_and_both_signatures(format_name: str, level: str, shown: str, city: City) -> None:
    target, described = signed(city, upload(city, TEXT, "bien-ban.txt"), format_name, level=level)

    with zipfile.ZipFile(target) as container:
        assert container.read("bien-ban.txt") == TEXT
        assert container.read("mimetype").decode() == described["media_type"]
    assert verdicts(city, described) == [("TOTAL_PASSED", shown)] * 2


def test_a_container_that_comes_in_is_joined_not_packed_again(city: City) -> None:
    first, _ = signed(city, upload(city, TEXT, "bien-ban.txt"), "asic-e")
    again = upload(city, first.read_bytes(), "ho-so.asice")
    assert again["media_type"] == "application/vnd.etsi.asic-e+zip"

    target, described = signed(city, again, "asic-e")

    assert described["filename"] == "ho-so.asice"
    with zipfile.ZipFile(target) as container:
        assert [name for name in container.namelist() if not name.startswith("META-INF/")] == [
            "mimetype",
            "bien-ban.txt",
        ]
    assert len(verdicts(city, described)) == 4


def test_one_unreadable_container_does_not_stop_the_others(city: City) -> None:
    broken = upload(
        city, b"PK\x03\x04" + b"\0" * 22 + b"\x08\0\0\0mimetypeapplication/vnd.etsi.asic-e+zip", "hong.asice"
    )
    good = upload(city, TEXT, "bien-ban.txt")

    request = ask(city, [broken, good], "asic-e", "person").get_json()
    city.work()

    found = city.request(request)
    assert (found["state"], found["problem_code"]) == ("failed", "some-documents-failed")
    assert [(one["state"], one["problem_code"]) for one in found["documents"]] == [
        ("failed", "signature-file-unreadable"),
        ("signed", None),
    ]


def test_what_a_format_does_not_offer_is_refused_before_any_key_is_used(city: City) -> None:
    text, pdf = upload(city, TEXT, "a.txt"), city.upload(DECISION).get_json()
    placed = {
        "profile": "person",
        "certificate_id": city.seed.certificates[OFFICIAL],
        "placement": {"kind": "invisible"},
    }
    refusals = [
        ask(city, [text], "pdf-sig", "person"),
        ask(city, [text], "jades-compact", "person", "organisation", level="B-B"),
        ask(city, [text], "jades-compact", "person"),
        ask(city, [text], "jades", "person", level="B-LTA"),
        ask(city, [text], "asic-e", "copy"),
        ask(city, [text], "asic-e", "person", steps=[placed]),
        ask(city, [text], "xades", "person"),
        ask(city, [text], "pades", "person"),
        ask(city, [pdf], "pades", "person", level="B-X"),
    ]
    assert [(answer.status_code, answer.get_json()["code"]) for answer in refusals] == [
        (422, "format-unknown"),
        (422, "format-one-signature"),
        (422, "format-without-level"),
        (422, "format-without-level"),
        (422, "stamp-text-missing"),
        (422, "format-shows-nothing"),
        (422, "document-not-xml"),
        (422, "document-not-pdf"),
        (422, "request-invalid"),
    ]


def test_a_requests_level_goes_over_the_profiles_in_pdfs_too(city: City) -> None:
    document = city.upload(DECISION).get_json()
    request = ask(city, [document], "pades", "person", level="B-LT").get_json()
    city.work()

    (step,) = city.request(request)["steps"]
    assert [signature["level"] for signature in step["signatures"]] == ["B-LT"]
