"""The receipt as a PDF: A5, Liberation Serif embedded as a subset, a QR code to the receipt's page, room for the seal.

The same facts give the same bytes, so that a receipt whose sealing failed half-way is drawn again as it was.
"""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import segno

from payments.local_time import HANOI
from payments.model import FeeKind
from payments.money import Money

# The seal goes between this line and the unit's name under it, on the last page.
SEAL_ABOVE_TEXT: Final = "ĐƠN VỊ THU TIỀN"
TITLES: Final = {FeeKind.PHI: "BIÊN LAI THU PHÍ", FeeKind.LE_PHI: "BIÊN LAI THU LỆ PHÍ"}
FONT: Final = "LiberationSerif"
FACES: Final = (("", "Regular"), ("B", "Bold"), ("I", "Italic"))
A5_MM: Final = (148.0, 210.0)
MARGIN_MM: Final = 12
QR_MM: Final = 27
SEAL_ROOM_MM: Final = 34
FOOT_MM: Final = 60
COLUMNS_MM: Final = (9, 61, 14, 15, 25)
INK: Final = (20, 20, 20)
GREY: Final = (110, 110, 110)
RED: Final = (170, 30, 30)
MISSING_GLYPH: Final = "□"


@dataclass(frozen=True)
class ReceiptLine:
    """One fee on a receipt."""

    name: str
    chapter: str
    sub_item: str
    amount: Money


@dataclass(frozen=True)
class ReceiptFacts:
    """All that a receipt says; times are aware."""

    kind: FeeKind
    form_code: str
    series: str
    printed_number: str
    unit_name: str
    payer_name: str
    dossier_code: str
    payment_method: str
    lines: tuple[ReceiptLine, ...]
    amount: Money
    amount_in_words: str
    paid_at: datetime
    issued_at: datetime
    payer_number: str | None = None
    payer_address: str | None = None
    # The printed number, with its series, of the receipt that this one stands for.
    replaces_number: str | None = None


def draw_receipt(facts: ReceiptFacts, receipt_url: str, target: Path, fonts_folder: Path, *, mark: str = "") -> None:
    """Write the receipt's PDF; more lines than one page holds go on to the next.

    Args:
        receipt_url: The address of the receipt's public page, which the QR code carries.
        mark: Printed above the title of what is no original: "BẢN SAO".
        fonts_folder: Where LiberationSerif-Regular.ttf and its bold and italic faces are.
    """
    page = _Page(facts, fonts_folder)
    page.head(mark)
    page.parties()
    page.fees()
    page.total()
    page.foot(receipt_url)
    page.pdf.output(str(target))


def grouped(amount: Money) -> str:
    """Return an amount with dots between thousands, as Vietnamese documents write it."""
    return f"{amount.amount_minor:,}".replace(",", ".")


def local_moment(moment: datetime) -> str:
    """Return a moment in Vietnam's time with its zone."""
    return f"{moment.astimezone(HANOI):%H:%M:%S %d/%m/%Y} +07:00"


class _Page:
    """The receipt while it is being drawn, from the top down."""

    def __init__(self, facts: ReceiptFacts, fonts_folder: Path) -> None:
        # Here, because it loads a library of fonts (0.3 s), and most processes that know receipts never draw one.
        from fpdf import FPDF

        self.facts = facts
        self.pdf = pdf = FPDF(orientation="portrait", unit="mm", format=A5_MM)
        for style, face in FACES:
            pdf.add_font(FONT, style, fonts_folder / f"LiberationSerif-{face}.ttf")
        pdf.set_margins(MARGIN_MM, MARGIN_MM)
        pdf.set_auto_page_break(True, MARGIN_MM)
        pdf.set_title(f"{TITLES[facts.kind]} {facts.form_code} {facts.series} {facts.printed_number}")
        pdf.set_author(facts.unit_name)
        pdf.set_lang("vi-VN")
        pdf.set_creation_date(facts.issued_at)
        pdf.add_page()
        pdf.set_text_color(*INK)

    def text(self, text: str, *, size: float = 10.5, style: str = "", align: str = "L", height: float = 5.2) -> None:
        """Write a paragraph over the whole width and go below it."""
        self.pdf.set_font(FONT, style, size)
        self.pdf.multi_cell(0, height, self.printable(text), align=align, new_x="LMARGIN", new_y="NEXT")

    def printable(self, text: str) -> str:
        """Return text with a box for each sign that the font does not have."""
        cmap = self.pdf.fonts[FONT.lower()].cmap  # type: ignore[union-attr]
        composed = " ".join(unicodedata.normalize("NFC", text).split())
        return "".join(sign if ord(sign) in cmap else MISSING_GLYPH for sign in composed)

    def head(self, mark: str) -> None:
        """Unit on the left; form, series and number on the right; the title below both."""
        facts, pdf = self.facts, self.pdf
        top = pdf.get_y()
        pdf.set_font(FONT, "B", 10.5)
        pdf.multi_cell(74, 5, self.printable(facts.unit_name.upper()), align="L", new_x="LMARGIN", new_y="NEXT")
        left_end = pdf.get_y()
        for offset, (label, value) in enumerate(
            (("Mẫu số", facts.form_code), ("Ký hiệu", facts.series), ("Số", facts.printed_number))
        ):
            pdf.set_xy(pdf.w - MARGIN_MM - 46, top + offset * 5)
            pdf.set_font(FONT, "", 9.5)
            pdf.cell(18, 5, f"{label}:")
            pdf.set_font(FONT, "B", 9.5)
            if label == "Số":
                pdf.set_text_color(*RED)
            pdf.cell(28, 5, value, align="R")
            pdf.set_text_color(*INK)
        pdf.set_xy(MARGIN_MM, max(left_end, top + 15) + 5)
        if mark:
            pdf.set_text_color(*RED)
            self.text(mark, size=13, style="B", align="C", height=7)
            pdf.set_text_color(*INK)
        self.text(TITLES[facts.kind], size=16, style="B", align="C", height=8)
        moment = facts.issued_at.astimezone(HANOI)
        self.text(f"Ngày {moment:%d} tháng {moment:%m} năm {moment:%Y}", size=10, style="I", align="C")
        if facts.replaces_number:
            self.text(f"Thay thế biên lai {facts.replaces_number}", size=10, style="I", align="C")
        pdf.ln(3)

    def parties(self) -> None:
        """Who paid, for which dossier, when and how."""
        facts = self.facts
        for label, value in (
            ("Người nộp tiền", facts.payer_name),
            ("Mã số thuế, định danh", facts.payer_number),
            ("Địa chỉ", facts.payer_address),
            ("Hồ sơ số", facts.dossier_code),
            ("Thời điểm nộp", local_moment(facts.paid_at)),
            ("Hình thức nộp", facts.payment_method),
        ):
            if not value:
                continue
            self.pdf.set_font(FONT, "", 10.5)
            self.pdf.set_text_color(*GREY)
            self.pdf.cell(38, 5.6, label)
            self.pdf.set_text_color(*INK)
            self.text(value, style="B" if label == "Người nộp tiền" else "", height=5.6)
        self.pdf.ln(3)

    def fees(self) -> None:
        """The fees with their budget lines; the heading is repeated on each page."""
        from fpdf.fonts import FontFace

        pdf = self.pdf
        pdf.set_font(FONT, "", 10)
        pdf.set_draw_color(*GREY)
        pdf.set_line_width(0.2)
        with pdf.table(
            col_widths=COLUMNS_MM,
            text_align=("CENTER", "LEFT", "CENTER", "CENTER", "RIGHT"),
            borders_layout="HORIZONTAL_LINES",
            headings_style=FontFace(emphasis="BOLD", size_pt=9),
            line_height=5,
            padding=1,
        ) as table:
            table.row(("TT", "Nội dung thu", "Chương", "Tiểu mục", "Số tiền (đồng)"))
            for number, line in enumerate(self.facts.lines, 1):
                cells = (str(number), self.printable(line.name), line.chapter, line.sub_item, grouped(line.amount))
                table.row(cells)

    def total(self) -> None:
        """The sum in figures and in words."""
        pdf = self.pdf
        if pdf.get_y() > pdf.h - MARGIN_MM - FOOT_MM - 20:
            pdf.add_page()
        pdf.ln(2)
        pdf.set_font(FONT, "B", 11.5)
        pdf.cell(pdf.epw - 45, 6, "Tổng cộng")
        pdf.cell(45, 6, f"{grouped(self.facts.amount)} đồng", align="R", new_x="LMARGIN", new_y="NEXT")
        self.text(f"Bằng chữ: {self.facts.amount_in_words}.", style="I")

    def foot(self, receipt_url: str) -> None:
        """On the left the code to the receipt's page; on the right the unit, with room for its seal."""
        from fpdf.enums import WrapMode

        pdf = self.pdf
        top = pdf.get_y() + 5
        self._qr(receipt_url, MARGIN_MM + pdf.c_margin, top + 2)
        pdf.set_xy(MARGIN_MM, top + QR_MM + 6)
        pdf.set_font(FONT, "", 8)
        pdf.set_text_color(*GREY)
        note = f"Quét mã để xem và kiểm tra biên lai:\n{receipt_url}"
        pdf.multi_cell(48, 3.6, note, align="L", new_x="LMARGIN", new_y="NEXT", wrapmode=WrapMode.CHAR)
        pdf.set_text_color(*INK)
        left = pdf.w - MARGIN_MM - 68
        self._centred(left, top, SEAL_ABOVE_TEXT, "B", 10.5)
        self._centred(left, top + 5, "(Chữ ký số của đơn vị)", "I", 9)
        self._centred(left, top + 10 + SEAL_ROOM_MM, self.facts.unit_name, "B", 10.5)

    def _centred(self, left: float, top: float, text: str, style: str, size: float) -> None:
        self.pdf.set_xy(left, top)
        self.pdf.set_font(FONT, style, size)
        self.pdf.multi_cell(68, 5, self.printable(text), align="C", new_x="LMARGIN", new_y="NEXT")

    def _qr(self, text: str, left: float, top: float) -> None:
        matrix = segno.make(text, error="m", micro=False, boost_error=False).matrix
        module = QR_MM / len(matrix)
        self.pdf.set_fill_color(0, 0, 0)
        for y, row in enumerate(matrix):
            for x, dark in enumerate(row):
                if dark:
                    self.pdf.rect(left + x * module, top + y * module, module, module, style="F")
