"""Where pictures stand: by text, over an earlier one, and never over title or name."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from signing.errors.stamps import (
    AnchorNotFound,
    AnchorSignatureNotFound,
    PageNotFound,
    PictureUnusable,
    PlacementTooTight,
)
from signing.formats.pdf.placement import fitted, place_over
from signing.formats.pdf.prepare import PdfSignatureOrder, prepare_pdf
from signing.formats.pdf.text_anchor import find_text
from signing.model import POINTS_PER_MM, BetweenText, OverSignature, PageRectangle, Rectangle
from tests.signing.conftest import SIGNABLE
from tests.signing.formats.pdf.test_text_anchor import NAME, turned

BETWEEN = BetweenText("CHỦ TỊCH", NAME, "last", "last", 50 * POINTS_PER_MM, 22 * POINTS_PER_MM)
PAGE = Rectangle(0, 0, 595, 842)


def prepared(source: Path, target: Path, placement, picture: bytes | None, now):
    return prepare_pdf(source, target, PdfSignatureOrder(placement, NAME, now, "sha256", 4000, picture))


@pytest.mark.parametrize("producer", SIGNABLE)
def test_the_handwriting_stands_between_title_and_name_and_keeps_its_proportions(
    producer, document, handwriting, now, tmp_path
):
    source = document(producer)
    title, name = find_text(source, "PHÓ CHỦ TỊCH", "last")[0].read, find_text(source, NAME, "last")[0].read

    found = prepared(source, tmp_path / "p.pdf", BETWEEN, handwriting, now).rectangle

    assert name.y1 < found.y0 < found.y1 < title.y0
    assert (found.x0 + found.x1) / 2 == pytest.approx((title.x0 + title.x1) / 2, abs=3)
    assert found.width / found.height == pytest.approx(3, rel=0.01)
    assert found.width <= BETWEEN.width_pt + 0.01


@pytest.mark.parametrize("above", ["KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH", "CHỦ TỊCH"])
def test_any_line_of_the_title_block_leads_to_the_same_place(above, document, handwriting, now, tmp_path):
    usual = prepared(document("chromium"), tmp_path / "1.pdf", BETWEEN, handwriting, now).rectangle

    other = prepared(
        document("chromium"), tmp_path / "2.pdf", replace(BETWEEN, above=above), handwriting, now
    ).rectangle

    assert other.y0 == pytest.approx(usual.y0, abs=0.5)
    assert other.x0 == pytest.approx(usual.x0, abs=3)


def test_looking_on_every_page_finds_the_same_place(document, handwriting, now, tmp_path):
    found = prepared(document("libreoffice"), tmp_path / "p.pdf", replace(BETWEEN, page=None), handwriting, now)

    assert found.page_index == 4


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"above": "GIÁM ĐỐC"}, AnchorNotFound),
        ({"below": "Trần Thị Khác"}, AnchorNotFound),
        ({"above": NAME, "below": "CHỦ TỊCH"}, AnchorNotFound),
        ({"page": 1}, AnchorNotFound),
        ({"match": 3}, AnchorNotFound),
        ({"page": 77}, PageNotFound),
        ({"above": "KT. CHỦ TỊCH", "below": "PHÓ CHỦ TỊCH"}, PlacementTooTight),
    ],
)
def test_a_place_that_is_not_there_is_refused_and_nothing_is_left(change, error, document, handwriting, now, tmp_path):
    with pytest.raises(error):
        prepared(document("libreoffice"), tmp_path / "p.pdf", replace(BETWEEN, **change), handwriting, now)

    assert not (tmp_path / "p.pdf").exists()


def test_a_scan_has_no_text_to_stand_between(document, handwriting, now, tmp_path):
    with pytest.raises(AnchorNotFound):
        prepared(document("scan200dpi"), tmp_path / "p.pdf", BETWEEN, handwriting, now)


@pytest.mark.parametrize("picture", [None, b"", b"GIF89a", b"\x89PNG\r\n\x1a\n broken", b"\x00" * 3_000_000])
def test_a_picture_that_is_none_is_refused(picture, document, now, tmp_path):
    with pytest.raises(PictureUnusable):
        prepared(document("libreoffice"), tmp_path / "p.pdf", BETWEEN, picture, now)


def test_a_seal_needs_an_earlier_visible_signature(document, seal_image, now, tmp_path):
    for field_name in ("previous", "Signature7"):
        with pytest.raises(AnchorSignatureNotFound):
            prepared(document("libreoffice"), tmp_path / "p.pdf", OverSignature(field_name, 99, 99), seal_image, now)


def test_a_page_rectangle_is_filled_as_far_as_the_proportions_allow(document, seal_image, now, tmp_path):
    wanted = PageRectangle(1, 100, 700, 300, 780)

    found = prepared(document("libreoffice"), tmp_path / "p.pdf", wanted, seal_image, now)

    assert (found.page_index, found.rectangle) == (0, Rectangle(160, 700, 240, 780))
    with pytest.raises(PageNotFound):
        prepared(document("libreoffice"), tmp_path / "q.pdf", PageRectangle(1, 500, 0, 700, 90), seal_image, now)


@given(
    x=st.floats(0, 500), y=st.floats(0, 800), width=st.floats(5, 200), height=st.floats(5, 100), part=st.floats(0.1, 1)
)
def test_a_seal_keeps_its_size_and_stays_on_the_page(x, y, width, height, part):
    seal = place_over(Rectangle(x, y, x + width, y + height), PAGE, OverSignature("previous", 100, 100, part), 1.0)

    assert (seal.width, seal.height) == pytest.approx((100, 100))
    assert seal.x0 >= -1e-6
    assert seal.y0 >= -1e-6
    assert seal.x1 <= PAGE.x1 + 1e-6
    assert seal.y1 <= PAGE.y1 + 1e-6


def test_a_seal_covers_the_left_third_at_its_real_size():
    seal = place_over(Rectangle(300, 400, 420, 440), PAGE, OverSignature("previous", 90, 90), 1.0)

    assert seal.x1 == pytest.approx(300 + 120 / 3)
    assert (seal.y0 + seal.y1) / 2 == pytest.approx(420)


@given(width=st.floats(1, 900), height=st.floats(1, 900), aspect=st.floats(0.05, 20))
def test_fitting_keeps_the_proportions_and_the_limits(width, height, aspect):
    fit_width, fit_height = fitted(width, height, aspect)

    assert fit_width <= width * 1.0001
    assert fit_height <= height * 1.0001
    assert fit_width / fit_height == pytest.approx(aspect)


def _blue(path: Path, page: int) -> tuple[int, int, int, int]:
    """Return the box, in points from the top left, of what poppler paints in blue."""
    number = str(page)
    subprocess.run(
        ["pdftoppm", "-r", "72", "-png", "-f", number, "-l", number, "-singlefile", str(path), str(path)], check=True
    )
    red, _, blue = Image.open(f"{path}.png").convert("RGB").split()
    box = ImageChops.subtract(blue, red).point(lambda value: 255 if value > 60 else 0).getbbox()
    assert box is not None
    return box


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_poppler_paints_the_picture_upright_where_we_say_on_every_page_turn(
    quarters, document, handwriting, now, tmp_path
):
    source = document("libreoffice")
    if quarters:
        source = tmp_path / "turned.pdf"
        turned(document("libreoffice"), source, quarters)

    upright = prepared(document("libreoffice"), tmp_path / "u.pdf", BETWEEN, handwriting, now).rectangle
    prepared(source, tmp_path / "p.pdf", BETWEEN, handwriting, now)

    left, top, right, bottom = _blue(tmp_path / "p.pdf", 5)
    height = 842
    assert left >= upright.x0 - 2
    assert right <= upright.x1 + 2
    assert top >= height - upright.y1 - 2
    assert bottom <= height - upright.y0 + 2
    assert right - left > 0.8 * upright.width
