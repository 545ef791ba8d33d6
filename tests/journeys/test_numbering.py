"""Numbers and dates that are given between the person's signature and the seal."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader

from gateway.devpki.model import OFFICIAL, SEAL
from tests.journeys.city import DECISION, City, good_signatures

CLERK = {"actor": "le.thi.van.thu", "actor_role": "van-thu", "from_address": "10.1.2.4"}
BESIDE = {"kind": "beside-text", "text": "Số:", "match": 1, "page": 1, "side": "right", "dx_mm": 0.5}
NUMBER = {"text": "{number}", "placement": BESIDE, "width_mm": 26}
DATE = {
    "text": "ngày {day} tháng {month} năm {year}",
    "placement": {"kind": "page-rectangle", "page": 1, "x0_mm": 120, "y0_mm": 250, "x1_mm": 190, "y1_mm": 256},
    "width_mm": 70,
}


def ask(city: City, *fields: dict[str, Any], before_step: int = 1, document: Path = DECISION, **more: Any):
    signers = {"person": OFFICIAL, "organisation": SEAL}
    body = {
        "dossier_code": "HS-1",
        "title": "Quyết định",
        "document_ids": [city.upload(document).get_json()["id"]],
        "steps": [{"profile": name, "certificate_id": city.seed.certificates[who]} for name, who in signers.items()],
        "numbering": {"before_step": before_step, "fields": list(fields)},
        **more,
    }
    return city.post("/v1/signing-requests", body)


def number(city: City, request: dict[str, Any], text: str = "123/QĐ-UBND", day: str = "2026-02-05", **more: Any):
    document_id = more.pop("document_id", request["documents"][0]["original_document_id"])
    numbers = [{"document_id": document_id, "number": text, "date": day}]
    return city.post(f"/v1/signing-requests/{request['id']}/numbers", {**CLERK, "numbers": numbers})


def words_of(path: Path) -> str:
    return subprocess.run(["pdftotext", "-l", "1", path, "-"], capture_output=True, text=True, check=True).stdout


def field_values(path: Path) -> dict[str, str]:
    with path.open("rb") as file:
        fields = PdfFileReader(file).root["/AcroForm"]["/Fields"]
        texts = [field for field in (fields[at] for at in range(len(fields))) if field["/FT"] == "/Tx"]
        return {str(field["/T"]): str(field["/V"]) for field in texts}


def test_the_seal_waits_for_the_number_and_signs_it(city: City) -> None:
    request = ask(city, NUMBER, DATE).get_json()
    city.work()
    waiting = city.request(request)
    assert waiting["waits_for_number"]
    assert [step["state"] for step in waiting["steps"]] == ["completed", "pending"]
    assert len(city.events("signing-request.number-awaited")) == 1

    given = number(city, request)
    city.work()

    assert given.status_code == 200
    done = city.request(request)
    assert (done["state"], done["problem_code"], done["waits_for_number"]) == ("completed", None, False)
    path = city.signed_file(request)
    assert good_signatures(path) == 2
    assert list(field_values(path).values()) == ["123/QĐ-UBND", "ngày 05 tháng 02 năm 2026"]
    assert "123/QĐ-UBND" in words_of(path)
    assert "ngày 05 tháng 02 năm 2026" in words_of(path)
    assert subprocess.run(["qpdf", "--check", path], capture_output=True, check=False).returncode == 0
    assert done["acts"][0]["act"] == "number"


def test_our_validation_finds_both_signatures_good_and_a_later_change_of_the_number_bad(
    city: City, tmp_path: Path
) -> None:
    request = ask(city, NUMBER).get_json()
    number(city, request)
    city.work()
    path = city.signed_file(request)

    changed = tmp_path / "changed.pdf"
    changed.write_bytes(path.read_bytes())
    with changed.open("r+b") as file:
        writer = IncrementalPdfFileWriter(file)
        field = writer.root["/AcroForm"]["/Fields"][0]
        field["/V"] = field["/V"].__class__("999/QĐ-UBND")
        writer.update_container(field)
        writer.write_in_place()

    assert verdicts(city, path) == ["TOTAL_PASSED", "TOTAL_PASSED"]
    # Before the seal, the person's signature allows the number to be filled in; the seal locks it.
    assert verdicts(city, changed)[1] == "TOTAL_FAILED"


def verdicts(city: City, path: Path) -> list[str]:
    document = city.upload(path).get_json()
    asked = city.post("/v1/validations", {"document_id": document["id"]}).get_json()
    city.work()
    report = city.get(f"/v1/validations/{asked['id']}").get_json()["report"]
    return [found["indication"] for found in report["signatures"]]


def test_a_number_may_be_given_anew_until_it_is_signed(city: City) -> None:
    request = ask(city, NUMBER).get_json()
    assert number(city, request, "1/QĐ-UBND").status_code == 200
    assert number(city, request, "2/QĐ-UBND").status_code == 200
    city.work()

    late = number(city, request, "3/QĐ-UBND")

    assert list(field_values(city.signed_file(request)).values()) == ["2/QĐ-UBND"]
    assert (late.status_code, late.get_json()["code"]) == (409, "signing-request-ended")


def test_a_field_of_the_documents_own_takes_the_number_although_the_document_came_signed(
    city: City, tmp_path: Path
) -> None:
    first = ask(city, NUMBER).get_json()
    city.work()
    half_way = city.get(f"/v1/documents/{city.request(first)['documents'][0]['current_document_id']}/content").data
    unnumbered = tmp_path / "half.pdf"
    unnumbered.write_bytes(half_way)
    place = {"kind": "page-corner", "page": 1, "corner": "top-right", "margin_x_mm": 10, "margin_y_mm": 10}

    own = {"text": "{number}", "field_name": "Numbering1"}
    signed = ask(city, own, document=unnumbered, before_step=0, steps=[seal(city)]).get_json()
    number(city, signed)
    added = ask(city, {**NUMBER, "placement": place}, document=unnumbered, before_step=0, steps=[seal(city)])
    city.work()

    assert good_signatures(city.signed_file(signed)) == 2
    assert list(field_values(city.signed_file(signed)).values()) == ["123/QĐ-UBND"]
    assert added.status_code == 201


def seal(city: City) -> dict[str, Any]:
    return {"profile": "organisation", "certificate_id": city.seed.certificates[SEAL]}


@pytest.mark.parametrize(
    ("fields", "more", "code"),
    [
        ([{"text": "{so}", "placement": BESIDE}], {}, "numbering-invalid"),
        ([{"text": "{number}"}], {}, "numbering-invalid"),
        ([{"text": "{number}", "placement": {"kind": "invisible"}}], {}, "placement-invalid"),
        ([NUMBER], {"before_step": 2}, "signing-step-not-found"),
        ([NUMBER], {"format": "asic-e"}, "format-shows-nothing"),
    ],
)
def test_a_numbering_that_cannot_be_is_refused(fields: list[Any], more: dict[str, Any], code: str, city: City) -> None:
    answer = ask(city, *fields, **more)
    assert (answer.status_code in {404, 409, 422}, answer.get_json()["code"]) == (True, code)


def test_numbers_for_what_takes_none_are_refused(city: City) -> None:
    plain = city.ask()
    numbered = ask(city, NUMBER).get_json()

    refusals = [number(city, plain), number(city, numbered, document_id="another"), number(city, numbered, day="5/2")]

    assert [answer.get_json()["code"] for answer in refusals] == [
        "numbering-not-asked",
        "document-not-found",
        "request-invalid",
    ]


def test_a_document_without_the_field_fails_with_that_reason(city: City) -> None:
    request = ask(city, {"text": "{number}", "field_name": "so_van_ban"}).get_json()
    number(city, request)
    city.work()

    found = city.request(request)
    assert found["documents"][0]["problem_code"] == "field-missing"
