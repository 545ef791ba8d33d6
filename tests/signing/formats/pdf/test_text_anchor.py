"""Finding text where it stands, however it was written and however the page is turned."""

import subprocess
import unicodedata
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium
import pytest

from signing.errors.stamps import PageNotFound
from signing.formats.pdf.text_anchor import find_text, read_page_text
from tests.signing.conftest import SIGNABLE

NAME = "Nguyễn Văn Ví Dụ"


@pytest.mark.parametrize("producer", SIGNABLE)
def test_the_signature_block_is_found_on_the_last_page_of_every_producer(producer, document):
    titles = find_text(document(producer), "PHÓ CHỦ TỊCH", "last")
    names = find_text(document(producer), NAME, "last")

    assert len(titles) == 1
    assert len(names) == 1
    assert titles[0].read.y0 > names[0].read.y1


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("text", [NAME, "Nguyễn\u00a0Văn Ví Dụ", "NguyễnVănVíDụ", " Nguyễn \n Văn\tVí Dụ "])
def test_accents_and_spaces_may_be_written_in_any_way(form, text, document):
    assert len(find_text(document("chromium"), unicodedata.normalize(form, text), "last")) == 1


def test_marks_in_another_order_compare_alike(document):
    # ễ as ê with a tilde behind it, and ụ as u with a dot.
    assert len(find_text(document("libreoffice"), "Nguyê\u0303n Va\u0306n Ví Du\u0323", "last")) == 1


def test_matches_are_told_apart_by_page_and_order(document):
    everywhere = find_text(document("libreoffice"), "CHỦ TỊCH")

    assert len(everywhere) > len(find_text(document("libreoffice"), "CHỦ TỊCH", "last")) == 2
    assert everywhere[0].page_index == 0
    assert [match.page_index for match in everywhere] == sorted(match.page_index for match in everywhere)


def test_what_is_not_there_is_not_found(document):
    assert find_text(document("libreoffice"), "GIÁM ĐỐC") == ()
    assert find_text(document("libreoffice"), "  ") == ()
    assert find_text(document("scan200dpi"), NAME) == ()
    with pytest.raises(PageNotFound):
        find_text(document("libreoffice"), NAME, 6)


def test_the_box_is_where_pdftotext_puts_the_words(document, tmp_path):
    match = find_text(document("weasyprint"), NAME, "last")[0]

    out = tmp_path / "words.html"
    page = str(match.page_index + 1)
    subprocess.run(["pdftotext", "-bbox", "-f", page, "-l", page, str(document("weasyprint")), str(out)], check=True)
    words = [line for line in out.read_text().splitlines() if ">Nguyễn<" in line or ">Dụ<" in line]
    left = float(words[0].split('xMin="')[1].split('"')[0])
    right = float(words[-1].split('xMax="')[1].split('"')[0])
    assert match.own.x0 == pytest.approx(left, abs=1.5)
    assert match.own.x1 == pytest.approx(right, abs=1.5)


def turned(source: Path, target: Path, quarters: int) -> None:
    """Write the last page's content sideways and turn the page back, as some scanners and office programs do."""
    with pypdfium2.PdfDocument(source) as document:
        page = document[len(document) - 1]
        width, height = page.get_size()
        # Anticlockwise by 90, 180 or 270 degrees, moved back into the page.
        matrix = {
            1: pdfium.FS_MATRIX(0, 1, -1, 0, height, 0),
            2: pdfium.FS_MATRIX(-1, 0, 0, -1, width, height),
            3: pdfium.FS_MATRIX(0, -1, 1, 0, 0, width),
        }[quarters]
        pdfium.FPDFPage_TransFormWithClip(page, matrix, None)
        box = (0, 0, width, height) if quarters == 2 else (0, 0, height, width)
        page.set_mediabox(*box)
        page.set_cropbox(*box)
        page.set_rotation(90 * quarters)
        page.close()
        document.save(target)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_page_that_was_written_sideways_reads_as_the_upright_one(quarters, document, tmp_path):
    turned(document("libreoffice"), tmp_path / "turned.pdf", quarters)

    upright = find_text(document("libreoffice"), NAME, "last")[0]
    sideways = find_text(tmp_path / "turned.pdf", NAME, "last")[0]

    for corner in ("x0", "y0", "x1", "y1"):
        assert getattr(sideways.read, corner) == pytest.approx(getattr(upright.read, corner), abs=0.1)


@pytest.mark.parametrize("angle", ["+90", "+180", "+270"])
def test_a_page_that_was_turned_afterwards_is_read_as_it_was_written(angle, document, tmp_path):
    subprocess.run(
        ["qpdf", f"--rotate={angle}:5", str(document("libreoffice")), str(tmp_path / "turned.pdf")], check=True
    )

    assert find_text(tmp_path / "turned.pdf", NAME, "last") == find_text(document("libreoffice"), NAME, "last")


def test_own_and_read_boxes_are_each_others_image(document, tmp_path):
    turned(document("libreoffice"), tmp_path / "turned.pdf", 1)
    match = find_text(tmp_path / "turned.pdf", NAME, "last")[0]

    with pypdfium2.PdfDocument(tmp_path / "turned.pdf") as opened:
        view = read_page_text(opened, match.page_index).view
    assert view.rotation == 90
    assert view.to_seen(match.own) == match.read
