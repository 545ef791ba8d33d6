"""Drawn stamps: every letter right, at its real size, where the profile says, upright, and read by others."""

import dataclasses
import io
import subprocess
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageFilter, ImageStat

from signing.appearance.draw import StampContent, draw_stamp
from signing.appearance.style import DrawnStamp, StampStyle
from signing.appearance.words import check_asked, fill_lines, given_values
from signing.errors.stamps import (
    AnchorNotFound,
    PageNotAddable,
    PageNotFound,
    PictureUnusable,
    PlacementCoversText,
    PlacementInvalid,
    StampTextInvalid,
    StampTextMissing,
)
from signing.formats.pdf.prepare import PdfSignatureOrder, PreparedRevision, prepare_pdf
from signing.formats.pdf.text_anchor import find_text
from signing.model import BesideText, NewPage, PageCorner, PageRectangle, Placement
from signing.profiles import load_profiles
from tests.signing.conftest import SIGNABLE
from tests.signing.formats.pdf.test_text_anchor import NAME, turned
from tests.signing.judges import assert_sound

FONTS = Path("/usr/share/fonts/truetype/liberation2")
AT = datetime(2026, 11, 24, 3, 4, 5, tzinfo=UTC)
ORGANISATION = "UBND phường Ví Dụ"
VOWELS = "aăâeêioôơuưy"
TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
LETTERS = "".join(unicodedata.normalize("NFC", vowel + tone) for vowel in VOWELS for tone in TONES) + "đ"
VALUES = given_values(signer_name=NAME, organisation=ORGANISATION, signed_at=AT, verify_url="https://vi.du/verify")
TOP_RIGHT = PageCorner(1, "top-right", 30, 14)


def drawn(*lines: str, **style: object) -> DrawnStamp:
    return draw_stamp(StampStyle(lines, **style), StampContent(lines), FONTS)


def stamped(source: Path, target: Path, placement: Placement, stamp: DrawnStamp) -> PreparedRevision:
    return prepare_pdf(source, target, PdfSignatureOrder(placement, NAME, AT, "sha256", 4000, stamp=stamp))


def rendered(path: Path, page: int, dpi: int = 72) -> Image.Image:
    command = ["pdftoppm", "-r", str(dpi), "-png", "-f", str(page), "-l", str(page), str(path)]
    return Image.open(io.BytesIO(subprocess.run(command, capture_output=True, check=True).stdout)).convert("L")


def unlike(one: Image.Image, other: Image.Image) -> float:
    """Return how far two pictures are from each other; letters half a point aside count little."""
    soft = [image.filter(ImageFilter.GaussianBlur(2)) for image in (one, other)]
    return ImageStat.Stat(ImageChops.difference(*soft)).rms[0]


@pytest.mark.parametrize("face", ["serif", "sans"])
def test_every_vietnamese_letter_is_drawn_and_read_back_from_an_embedded_subset(face, tmp_path):
    lines = [text[start : start + 24] for text in (LETTERS, LETTERS.upper()) for start in range(0, len(text), 24)]
    path = tmp_path / "stamp.pdf"
    path.write_bytes(drawn(*lines, face=face, width_mm=100).pdf)

    read = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout
    fonts = subprocess.run(["pdffonts", str(path)], capture_output=True, text=True, check=True).stdout.splitlines()[2:]

    assert unicodedata.normalize("NFC", "".join(read.split())) == "".join(lines)
    assert len(fonts) == 1
    assert fonts[0].split()[-5:-2] == ["yes", "yes", "yes"]  # embedded, subset, with a way back to Unicode


def test_a_letter_that_the_font_lacks_is_refused_and_not_drawn_as_a_box():
    with pytest.raises(StampTextInvalid, match=r"U\+4E2D"):
        drawn("中")


def test_the_same_stamp_is_the_same_bytes_and_keeps_its_letters_size():
    assert drawn("SAO Y").pdf == drawn("SAO Y").pdf
    assert drawn("một dòng", size_pt=10).height_pt == pytest.approx(12)
    assert drawn("chữ " * 40, size_pt=10, width_mm=40).height_pt > 40


def test_times_carry_vietnams_zone_and_absent_reasons_leave_no_line():
    lines = fill_lines(load_profiles()["card"].stamp.lines, VALUES)

    assert lines == (f"Ký bởi: {NAME}", f"Cơ quan: {ORGANISATION}", "Thời gian ký: 24.11.2026 10:04:05 +07:00")
    assert fill_lines(("{note}",), {"note": "{signed_at}"}) == ("{signed_at}",)


@pytest.mark.parametrize(
    ("profile", "asked", "error"),
    [
        ("copy", {}, StampTextMissing),
        ("copy", {"copy_form": "BẢN SAO"}, StampTextInvalid),
        ("copy", {"copy_form": "SAO Y", "main_document": "1"}, StampTextInvalid),
        ("appendix", {}, StampTextMissing),
        ("appendix", {"main_document": " "}, StampTextInvalid),
        ("appendix", {"main_document": "a\u202eb"}, StampTextInvalid),
        ("appendix", {"main_document": "x" * 201}, StampTextInvalid),
        ("card", {"signed_at": "hôm qua"}, StampTextInvalid),
    ],
)
def test_what_a_stamp_cannot_say_is_refused_before_anyone_signs(profile, asked, error):
    with pytest.raises(error):
        check_asked(load_profiles()[profile].stamp.lines, asked)


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_text_is_drawn_or_refused(text):
    try:
        check_asked(("{main_document}",), {"main_document": text})
        stamp = drawn(*fill_lines(("{main_document}",), {"main_document": text}))
    except (StampTextInvalid, StampTextMissing):
        return
    assert stamp.text.strip()


@pytest.mark.parametrize("producer", SIGNABLE)
def test_a_copys_stamp_stands_top_right_of_page_1_beside_all_text(producer, document, tmp_path):
    profile = load_profiles()["copy"]
    stamp = drawn(*fill_lines(profile.stamp.lines, {**VALUES, "copy_form": "SAO Y"}), width_mm=85, align="right")

    found = stamped(document(producer), tmp_path / "p.pdf", profile.placement, stamp)

    heading = find_text(document(producer), "CỘNG HÒA", 1)[0].read
    assert found.page_index == 0
    assert found.rectangle.x0 > 300
    assert found.rectangle.y0 >= heading.y1
    assert (found.rectangle.width, found.rectangle.height) == pytest.approx((stamp.width_pt, stamp.height_pt))


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_poppler_shows_the_stamp_upright_in_the_corner_of_any_turned_page(quarters, document, tmp_path):
    source = document("libreoffice")
    if quarters:
        turned(source, tmp_path / "turned.pdf", quarters)
        source = tmp_path / "turned.pdf"
    stamp = drawn("SAO Y; UBND phường Ví Dụ;", "24.11.2026 10:04:05 +07:00", width_mm=70)
    (tmp_path / "stamp.pdf").write_bytes(stamp.pdf)

    stamped(source, tmp_path / "p.pdf", dataclasses.replace(TOP_RIGHT, page="last"), stamp)

    alone = rendered(tmp_path / "stamp.pdf", 1, 144)
    page = rendered(tmp_path / "p.pdf", 5, 144)
    left, top = page.width - 60 - round(2 * stamp.width_pt), 28
    shown = page.crop((left, top, left + alone.width, top + alone.height))
    assert unlike(alone, shown) < 0.4 * unlike(alone, Image.new("L", alone.size, 255))
    assert unlike(alone.rotate(180), shown) > 0.7 * unlike(alone, Image.new("L", alone.size, 255))


def test_a_stamp_that_must_not_cover_text_moves_along_the_edge_or_is_refused(document, tmp_path):
    stamp = drawn("SAO Y", width_mm=60)
    top_left = PageCorner(1, "top-left", 80, 84)
    text = find_text(document("libreoffice"), "PHƯỜNG VÍ DỤ", 1)[0].read

    covering = stamped(document("libreoffice"), tmp_path / "1.pdf", top_left, stamp).rectangle
    free = stamped(document("libreoffice"), tmp_path / "2.pdf", dataclasses.replace(top_left, avoid_text=True), stamp)

    assert covering.y0 < text.y1
    assert covering.y1 > text.y0
    assert free.rectangle.y1 < covering.y1
    for word in ("PHƯỜNG VÍ DỤ", "Số:", "QUYẾT ĐỊNH"):
        box = find_text(document("libreoffice"), word, 1)[0].read
        assert box.y0 >= free.rectangle.y1 or box.y1 <= free.rectangle.y0 or box.x1 <= free.rectangle.x0
    tall = draw_stamp(StampStyle(("cao",) * 60, width_mm=100), StampContent(("cao",) * 60), FONTS)
    with pytest.raises(PlacementCoversText):
        stamped(document("libreoffice"), tmp_path / "3.pdf", PageCorner(1, "top-left", 60, 5, avoid_text=True), tall)
    with pytest.raises(PlacementCoversText):
        covered = PageRectangle(1, text.x0, text.y0 - 30, text.x1, text.y1 + 30, avoid_text=True)
        stamped(document("libreoffice"), tmp_path / "4.pdf", covered, stamp)
    assert not list(tmp_path.glob("[34].pdf"))


def test_a_stamp_stands_beside_the_text_that_the_request_names_however_its_accents_are_written(document, tmp_path):
    stamp = drawn("bên dưới", width_mm=30)
    anchor = find_text(document("weasyprint"), NAME, "last")[0].read
    below = BesideText(unicodedata.normalize("NFD", NAME), "last", "last", "below", dx_pt=5, dy_pt=-3)

    found = stamped(document("weasyprint"), tmp_path / "1.pdf", below, stamp).rectangle

    assert found.y1 == pytest.approx(anchor.y0 - 4 - 3, abs=0.5)
    assert (found.x0 + found.x1) / 2 == pytest.approx((anchor.x0 + anchor.x1) / 2 + 5, abs=0.5)
    for change, error in (
        ({"match": 2}, AnchorNotFound),
        ({"text": "không có"}, AnchorNotFound),
        ({"dx_pt": 600}, PageNotFound),
        ({"side": "over", "avoid_text": True, "dx_pt": 0, "dy_pt": 0}, PlacementCoversText),
    ):
        with pytest.raises(error):
            stamped(document("weasyprint"), tmp_path / "2.pdf", dataclasses.replace(below, **change), stamp)


def test_a_stamp_that_shows_pictures_is_not_drawn_without_them(seal_image):
    style = StampStyle(("a",), picture="above", logo=True)

    assert draw_stamp(style, StampContent(("a",), seal_image, seal_image), FONTS).height_pt > 100
    for content in (StampContent(("a",)), StampContent(("a",), seal_image), StampContent(("a",), b"x", seal_image)):
        with pytest.raises(PictureUnusable):
            draw_stamp(style, content, FONTS)


def test_a_picture_without_a_size_finds_no_corner(document, handwriting, tmp_path):
    order = PdfSignatureOrder(TOP_RIGHT, NAME, AT, "sha256", 4000, image_png=handwriting)

    with pytest.raises(PlacementInvalid):
        prepare_pdf(document("libreoffice"), tmp_path / "p.pdf", order)
    with pytest.raises(PictureUnusable):
        prepare_pdf(document("libreoffice"), tmp_path / "p.pdf", dataclasses.replace(order, image_png=None))


def test_a_page_of_its_own_holds_a_stamp_before_the_first_signature_and_never_after(
    document, pki, person_step, tsa, sign_once, tmp_path
):
    stamp = drawn("Trang chữ ký", width_mm=60)
    profile = dataclasses.replace(person_step.profile, placement=NewPage())
    step = dataclasses.replace(person_step, profile=profile, image_png=None, stamp=stamp)

    made = sign_once(document("libreoffice"), tmp_path / "1.pdf", step, pki.official, tsa)

    assert made.page_index == 5
    assert_sound(tmp_path / "1.pdf", pki, signatures=1, stamped=True)
    assert find_text(tmp_path / "1.pdf", NAME, 5)
    with pytest.raises(PageNotAddable):
        sign_once(tmp_path / "1.pdf", tmp_path / "2.pdf", step, pki.official, tsa)


def test_card_copy_and_handwriting_stand_together_and_others_find_all_good(
    document, pki, person_step, seal_step, handwriting, tsa, sign_once, tmp_path
):
    profiles = load_profiles()
    card, copy = profiles["card"], profiles["copy"]
    content = StampContent(fill_lines(card.stamp.lines, VALUES), handwriting, verify_url=VALUES["verify_url"])
    on_card = dataclasses.replace(
        person_step, profile=card, image_png=None, stamp=draw_stamp(card.stamp, content, FONTS)
    )
    lines = fill_lines(copy.stamp.lines, {**VALUES, "copy_form": "TRÍCH SAO"})
    on_copy = dataclasses.replace(
        seal_step, profile=copy, image_png=None, stamp=draw_stamp(copy.stamp, StampContent(lines), FONTS)
    )

    sign_once(document("chromium"), tmp_path / "1.pdf", on_card, pki.official, tsa)
    sign_once(tmp_path / "1.pdf", tmp_path / "2.pdf", person_step, pki.official, tsa)
    sign_once(tmp_path / "2.pdf", tmp_path / "3.pdf", on_copy, pki.seal, tsa)

    assert_sound(tmp_path / "3.pdf", pki, signatures=3, stamped=True)
