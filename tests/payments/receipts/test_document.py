"""The receipt's PDF, read and rendered by poppler."""

import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
import pytest
import segno

from payments.model import FeeKind
from payments.money import Money
from payments.receipts.document import SEAL_ABOVE_TEXT, ReceiptFacts, ReceiptLine, draw_receipt
from payments.receipts.words import amount_in_words

FONTS = Path("/usr/share/fonts/truetype/liberation2")
URL = "https://cong.example/receipts/Xk3v9Qm2Lr8sT1uWyZ4aBg"
LINE = ReceiptLine("Phí thẩm định hồ sơ cấp Giấy chứng nhận quyền sử dụng đất", "423", "2716", Money(1_150_000))
FACTS = ReceiptFacts(
    kind=FeeKind.PHI,
    form_code="01BLP0-001",
    series="PH-26E",
    printed_number="0000001",
    unit_name="Ủy ban nhân dân phường Ví Dụ",
    payer_name="Nguyễn Thị Thử Nghiệm",
    dossier_code="000.00.15.H13-261123-0001",
    payment_method="Chuyển khoản (CK)",
    lines=(LINE,),
    amount=Money(1_150_000),
    amount_in_words=amount_in_words(Money(1_150_000)),
    paid_at=datetime(2026, 11, 23, 17, 30, tzinfo=UTC),
    issued_at=datetime(2026, 11, 23, 17, 31, tzinfo=UTC),
)


def text_of(path: Path) -> str:
    said = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True).stdout.decode()
    return " ".join(said.split())


@pytest.fixture
def drawn(tmp_path):
    target = tmp_path / "receipt.pdf"
    draw_receipt(FACTS, URL, target, FONTS)
    return target


@pytest.mark.parametrize(
    "stands",
    [
        "BIÊN LAI THU PHÍ",
        "01BLP0-001",
        "PH-26E",
        "0000001",
        "Nguyễn Thị Thử Nghiệm",
        "1.150.000 đồng",
        "Một triệu một trăm năm mươi nghìn đồng.",
        "00:30:00 24/11/2026 +07:00",
        "Ngày 24 tháng 11 năm 2026",
        "000.00.15.H13-261123-0001",
        "423 2716",
    ],
)
def test_all_that_a_receipt_must_say_can_be_read(drawn, stands):
    assert stands in text_of(drawn)


def test_the_fonts_are_embedded_as_subsets_and_the_page_is_a5(drawn):
    fonts = subprocess.run(["pdffonts", drawn], capture_output=True, check=True).stdout.decode().splitlines()[2:]
    assert len(fonts) == 3
    assert all("+LiberationSerif" in font and font.split()[-5:-2] == ["yes", "yes", "yes"] for font in fonts)
    assert drawn.stat().st_size < 60_000
    assert pypdfium2.PdfDocument(drawn).get_page_size(0) == pytest.approx((419.5, 595.3), abs=0.5)


def test_qpdf_finds_the_file_sound(drawn):
    subprocess.run(["qpdf", "--check", drawn], check=True, capture_output=True)


def test_the_same_facts_give_the_same_bytes(drawn, tmp_path):
    draw_receipt(FACTS, URL, tmp_path / "again.pdf", FONTS)
    assert (tmp_path / "again.pdf").read_bytes() == drawn.read_bytes()


def test_fifty_lines_go_on_to_more_pages_and_the_seal_has_its_place_on_the_last(tmp_path):
    target = tmp_path / "long.pdf"
    draw_receipt(replace(FACTS, lines=(LINE,) * 50), URL, target, FONTS)
    document = pypdfium2.PdfDocument(target)
    pages = [document[index].get_textpage().get_text_range() for index in range(len(document))]
    assert len(pages) > 2
    assert [SEAL_ABOVE_TEXT in page for page in pages] == [*[False] * (len(pages) - 1), True]
    assert all("Nội dung thu" in page for page in pages[:-1])


def test_the_seal_has_room_for_its_real_size(drawn):
    page = pypdfium2.PdfDocument(drawn)[0]
    words = page.get_textpage()
    above = words.search(SEAL_ABOVE_TEXT).get_next()
    names = words.search("phường Ví Dụ")
    below = None
    while (found := names.get_next()) is not None:
        below = found
    assert above is not None
    assert below is not None
    gap_pt = words.get_charbox(above[0])[1] - words.get_charbox(below[0])[3]
    assert gap_pt > 34 / 25.4 * 72


@pytest.mark.parametrize(
    "name", ["Trần \u202eGiả", "O\u0302ng A\u0301 長い名前", "x" * 200, "Công ty TNHH " * 20, "a\nb\tc\x00"]
)
def test_odd_names_are_drawn(tmp_path, name):
    target = tmp_path / "odd.pdf"
    draw_receipt(replace(FACTS, payer_name=name), URL, target, FONTS)
    assert "BIÊN LAI THU PHÍ" in text_of(target)


def test_the_code_leads_to_the_receipts_page(drawn):
    page = pypdfium2.PdfDocument(drawn)[0]
    words = page.get_textpage()
    above = words.search("Bằng chữ").get_next()
    assert above is not None
    scale = 4
    picture = page.render(scale=scale).to_pil().convert("L")
    first_row = int((page.get_height() - words.get_charbox(above[0])[1]) * scale) + 12
    dark = [
        (x, y)
        for y in range(first_row, picture.height)
        for x in range(picture.width // 3)
        if picture.getpixel((x, y)) < 60
    ]
    left, top = min(x for x, _ in dark), min(y for _, y in dark)
    expected = segno.make(URL, error="m", micro=False, boost_error=False).matrix
    module = 27 / 25.4 * 72 * scale / len(expected)
    for row, modules in enumerate(expected):
        for column, is_dark in enumerate(modules):
            place = (int(left + (column + 0.5) * module), int(top + (row + 0.5) * module))
            assert (picture.getpixel(place) < 128) == bool(is_dark)
