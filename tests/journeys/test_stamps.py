"""Stamps of text through the whole application: seen before anyone signs, signed, and refused in good time."""

import io
import subprocess
import unicodedata

import pytest
from PIL import Image

from gateway.devpki.model import OFFICIAL, SEAL
from tests.journeys.city import DECISION, City, good_signatures


def preview(city: City, **step: object):
    document = city.upload(DECISION).get_json()["id"]
    holder = OFFICIAL if step.get("profile") in {"person", "card"} else SEAL
    body = {"document_id": document, "certificate_id": city.seed.certificates[holder], **step}
    return city.post("/v1/signing-previews", body)


def test_a_copy_carries_its_form_its_organisation_and_the_time_with_its_zone(city: City) -> None:
    request = city.ask((SEAL,), profile="copy", stamp={"copy_form": "SAO LỤC"})

    city.work()

    assert city.request(request)["state"] == "completed"
    signed = city.signed_file(request)
    assert good_signatures(signed) == 1
    command = ["pdftotext", "-f", "1", "-l", "1", str(signed), "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    shown = unicodedata.normalize("NFC", " ".join(text.split()))
    assert "SAO LỤC; UBND" in shown
    assert "+07:00" in shown


@pytest.mark.parametrize(
    ("step", "page"),
    [
        ({"profile": "person"}, 4),
        ({"profile": "card", "stamp": {"reason": "Phê duyệt"}}, 4),
        ({"profile": "copy", "stamp": {"copy_form": "SAO Y"}}, 1),
        ({"profile": "appendix", "stamp": {"main_document": "Kèm theo Quyết định số 12/QĐ-UBND"}}, 1),
    ],
)
def test_a_page_is_seen_as_it_will_look_before_a_key_is_used(city: City, step: dict[str, object], page: int) -> None:
    unmarked = preview(city, profile=step["profile"], placement={"kind": "invisible"}, stamp=step.get("stamp"))
    answer = preview(city, **step)

    assert answer.status_code == 200, answer.get_json()
    assert answer.content_type == "image/png"
    assert answer.headers["Preview-Page"] == str(page)
    assert "Preview-Rectangle" not in unmarked.headers
    picture = Image.open(io.BytesIO(answer.data)).convert("L")
    x0, y0, x1, y1 = (float(value) for value in answer.headers["Preview-Rectangle"].split(","))
    scale = picture.width / 595.3
    box = tuple(round(value * scale) for value in (x0, 841.9 - y1, x1, 841.9 - y0))
    assert picture.crop(box).getextrema()[0] < 160
    assert city.events("signing-request.created") == []


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ({"profile": "copy"}, "stamp-text-missing"),
        ({"profile": "copy", "stamp": {"copy_form": "BẢN SAO"}}, "stamp-text-invalid"),
        ({"profile": "organisation", "stamp": {"note": "x"}}, "stamp-text-invalid"),
        ({"profile": "appendix", "stamp": {"main_document": "中文"}}, "stamp-text-invalid"),
        ({"profile": "organisation"}, "anchor-signature-not-found"),
        ({"profile": "none"}, "profile-unknown"),
    ],
)
def test_what_could_not_be_signed_has_no_preview_and_says_why(city: City, step: dict[str, object], code: str) -> None:
    answer = preview(city, **step)

    assert (answer.status_code, answer.get_json()["code"]) == (422, code)


def test_a_request_that_lacks_a_stamps_text_is_refused_when_it_is_made(city: City) -> None:
    answer = city.try_to_ask((SEAL,), profile="copy")

    assert (answer.status_code, answer.get_json()["code"]) == (422, "stamp-text-missing")
