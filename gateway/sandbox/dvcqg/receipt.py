"""The platform's own receipt as a PDF; of what it looks like nothing is public but that it is one."""

import unicodedata

from fpdf import FPDF

from gateway.sandbox.book import Payment

TITLES = {"1": "BIEN LAI THU TIEN PHAT", "2": "BIEN LAI THU PHI, LE PHI"}


def receipt_of(payment: Payment) -> bytes:
    """Return the receipt of a payment that was paid; without accents, for which the PDF's own fonts have no letters."""
    told = payment.asked["ThongTinBienLai"]
    lines = [
        f"Ho so: {told['MaHoSo']}",
        f"Don vi: {told['TenDonVi']}",
        f"Nguoi nop: {told['HoTenNguoiNop']}",
        *(f"- {item['NoiDung']}: {item['SoTien']} VND" for item in told["DSKhoanNop"]),
        f"Tong so tien: {payment.amount} VND",
        f"Ma giao dich: PP{payment.number}",
    ]
    if told["MaDichVu"] == "1":
        lines.insert(1, f"Quyet dinh xu phat: {told['SoQD']} ngay {told['NgayQD']}")
    pdf = FPDF(format="A4")
    pdf.add_page()
    pdf.set_font("Helvetica", "B", 14)
    pdf.multi_cell(0, 8, f"{TITLES[told['MaDichVu']]} (MO PHONG)", new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("Helvetica", size=11)
    for line in lines:
        pdf.multi_cell(0, 7, _plain(line), new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


def _plain(text: str) -> str:
    bare = text.replace("đ", "d").replace("Đ", "D")
    return unicodedata.normalize("NFD", bare).encode("ascii", "ignore").decode()
