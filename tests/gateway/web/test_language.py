"""Vietnamese is the source; English is complete, compiled, and asked for by hand."""

import gettext
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale

from gateway.web import formats, samples
from gateway.web.certificate_views import KeyPlace, ListState, ServiceState
from gateway.web.language import TRANSLATIONS
from gateway.web.pay_views import PayState, ReturnClaim
from gateway.web.story_views import StepKind, StepState
from gateway.web.verify_views import Indication, VerifyState
from gateway.web.wording import (
    CLAIMS,
    INDICATIONS,
    KEY_PLACES,
    LIST_STATES,
    OVERALL,
    PAY_STATES,
    SERVICE_STATES,
    STEP_KINDS,
    STEP_STATES,
    VERIFY_STATES,
)

WEB = TRANSLATIONS.parent
METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
VIETNAMESE = re.compile(r"[àảãáạăằẳẵắặâầẩẫấậèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵđ]", re.IGNORECASE)


@pytest.fixture(scope="module")
def used() -> set[str]:
    found = extract_from_dir(str(WEB), METHODS, {}, KEYWORDS)
    return {message[0] if isinstance(message, tuple) else message for _, _, message, _, _ in found}


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with (TRANSLATIONS / "en/LC_MESSAGES/messages.po").open("rb") as source:
        return read_po(source, locale="en")


def key(message_id: object) -> str:
    return str(message_id[0] if isinstance(message_id, (list, tuple)) else message_id)


def test_every_sentence_of_the_pages_has_an_english_one(used: set[str], catalogue: Catalog) -> None:
    translated = {key(message.id) for message in catalogue if message.id and message.string and not message.fuzzy}
    assert len(used) > 250
    assert used - translated == set()
    assert translated - used == set()


def test_placeholders_are_the_same_in_both_languages(catalogue: Catalog) -> None:
    for message in catalogue:
        if message.id:
            wanted = set(re.findall(r"%\(\w+\)[sd]", key(message.id)))
            for form in message.string if isinstance(message.string, tuple) else (message.string,):
                assert set(re.findall(r"%\(\w+\)[sd]", str(form))) == wanted, message.id


def test_the_compiled_catalogue_is_in_step_with_its_source(catalogue: Catalog) -> None:
    with (TRANSLATIONS / "en/LC_MESSAGES/messages.mo").open("rb") as compiled:
        words = gettext.GNUTranslations(compiled)
    messages = [message for message in catalogue if message.id]
    for message in messages:
        if isinstance(message.id, str):
            assert words.gettext(message.id) == message.string
        else:
            forms = tuple(words.ngettext(message.id[0], message.id[1], count) for count in (1, 2))
            assert forms == message.string
    held = {entry if isinstance(entry, str) else entry[0] for entry in vars(words)["_catalog"] if entry}
    assert held == {key(message.id) for message in messages}


def test_templates_hold_no_vietnamese_outside_the_catalogue() -> None:
    for path in sorted((WEB / "templates").rglob("*.html")):
        bare = re.sub(
            r"ngettext\(\"[^\"]*\", \"[^\"]*\"|_\(\s*\"[^\"]*\"|_\('[^']*'", "", path.read_text(encoding="utf-8")
        )
        for name in ("Tiếng Việt", "CHỦ TỊCH", "Nguyễn Văn Ví Dụ"):
            bare = bare.replace(name, "")
        assert VIETNAMESE.search(bare) is None, path


@pytest.mark.parametrize("address", ["/", "/pay/waiting", "/verify/failed", "/sign-in", "/docs", "/no-such-page"])
def test_the_language_asked_for_in_the_address_stays(client: FlaskClient, address: str) -> None:
    assert '<html lang="vi">' in client.get(address).get_data(as_text=True)
    assert '<html lang="en">' in client.get(f"{address}?lang=en").get_data(as_text=True)
    assert '<html lang="en">' in client.get(address).get_data(as_text=True)
    assert '<html lang="vi">' in client.get(f"{address}?lang=vi").get_data(as_text=True)
    assert '<html lang="vi">' in client.get(f"{address}?lang=fr").get_data(as_text=True)


def test_the_browsers_own_preference_does_not_change_the_page(client: FlaskClient) -> None:
    page = client.get("/", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert '<html lang="vi">' in page


def test_the_switch_comes_back_to_the_page(client: FlaskClient) -> None:
    page = client.get("/pay/confirming/return?vnp_Amount=1&lang=vi").get_data(as_text=True)
    switch = re.search(r'href="(/language/en[^"]+)"', page)
    assert switch is not None
    answer = client.get(switch.group(1).replace("&amp;", "&"))
    assert answer.headers["Location"] == "/pay/confirming/return?vnp_Amount=1"
    assert "lang=en" in answer.headers["Set-Cookie"]
    assert client.get("/language/en?next=//evil.example").headers["Location"] == "/"
    assert client.get("/language/fr").status_code == 404


def test_every_state_and_kind_has_its_words() -> None:
    assert set(PAY_STATES) == set(PayState)
    assert set(CLAIMS) == set(ReturnClaim)
    assert set(INDICATIONS) == set(OVERALL) == set(Indication)
    assert set(VERIFY_STATES) == set(VerifyState)
    assert set(STEP_STATES) == set(StepState)
    assert set(STEP_KINDS) == set(StepKind)
    assert set(SERVICE_STATES) == set(ServiceState)
    assert set(LIST_STATES) == set(ListState)
    assert set(KEY_PLACES) == set(KeyPlace)


def test_amounts_and_times_read_as_people_write_them(app: Flask) -> None:
    with app.test_request_context():
        assert formats.vnd(1_204_500_000) == "1.204.500.000\u00a0₫"
        assert formats.vnd(0) == "0\u00a0₫"
        assert formats.moment(samples.minutes(14 * 60)) == "02:00:00 24/11/2026 (+07:00)"
        assert formats.machine_time(samples.NOON) == "2026-11-23T05:00:00Z"
        assert formats.file_size(999) == "999\u00a0B"
        assert formats.file_size(248_115) == "248,1\u00a0kB"
        assert formats.file_size(104_857_600) == "104,9\u00a0MB"
        with force_locale("en"):
            assert formats.vnd(150_000) == "150,000\u00a0₫"


def test_catalogue_folder_is_inside_the_package() -> None:
    assert Path(formats.__file__).parent in TRANSLATIONS.parents
