"""INIT as the facts have it: fields, order and checksum; both kinds of receipt whole; the answer's address held to."""

import json
from dataclasses import replace

import pytest

from payments.errors import PaymentNotPossible, ProviderUnavailable
from payments.money import Money
from tests.payments.providers.described.conftest import PARTNER, SECRET, sha256

PAGE = "https://thanhtoan.dichvucong.example/pay?id=7"
ORDER = (
    *("LoaiBanTin", "PhienBan", "MaDoiTac", "MaThamChieu", "SoTien", "LoaiHinhThanhToan", "MaKenhThanhToan"),
    *("MaThietBi", "NgonNgu", "MaTienTe", "MaNganHang", "ThongTinGiaoDich", "ThoiGianGD", "Ip"),
)
RECEIPT = (
    *("MaDichVu", "MaDonVi", "TenDonVi", "MaHoSo", "MaTTHC", "TenTTHC", "MaDVC", "TenDVC", "TKThuHuong"),
    *("MaNHThuHuong", "TenTKThuHuong", "PhiLePhi", "DSKhoanNop", "NoiDungThanhToan", "HoTenNguoiNop"),
    *("SoCMNDNguoiNop", "DiaChiNguoiNop", "HuyenNguoiNop", "TinhNguoiNop", "MaLoaiHinhThuPhat"),
    *("TenLoaiHinhThuPhat", "KhoBac", "SoQD", "NgayQD", "MaCoQuanQD", "TenCoQuanQD", "ThoiGianViPham"),
    *("DiaDiemViPham", "TenNguoiViPham", "TaiKhoanThuNSNN"),
)
FINE = {
    "MaDichVu": "1",
    "SoQD": "123/QĐ-XPHC",
    "NgayQD": "20261120",
    "MaCoQuanQD": "CA15",
    "TenCoQuanQD": "Công an phường Ví Dụ",
    "TenNguoiViPham": "Trần Văn Thử",
    "TaiKhoanThuNSNN": "3949.0.1058243",
    "KhoBac": "KBNN khu vực I",
    "MaLoaiHinhThuPhat": "1",
    "TenLoaiHinhThuPhat": "Phạt giao thông",
    "ThoiGianViPham": "20261119080000",
    "DiaDiemViPham": "Ngã tư Ví Dụ",
}


@pytest.fixture
def answered(lgsp_server):
    lgsp_server.answer = lambda _: json.dumps({"MaLoi": "00", "UrlThanhToan": PAGE}).encode()
    return lgsp_server


def test_the_payer_is_sent_to_the_address_in_the_answer(platform, payment, answered):
    assert platform.start(payment).redirect_url == PAGE
    assert platform.page_origin == "https://thanhtoan.dichvucong.example"


def test_the_message_has_the_fields_in_order_and_its_checksum(platform, payment, answered):
    platform.start(payment)
    sent = answered.received[-1]
    assert tuple(sent) == (*ORDER, "ThongTinBienLai", "MaXacThuc")
    text = (
        f"INIT|1.0.6|{PARTNER}|ABCDEFGH23456789|150000|PAY|1|1|vi-VN|VND|PAYMENT|Ho so 000.00.15.H13-261123-0001"
        f"|20261123150405|198.51.100.7|{SECRET}"
    )
    assert sent["MaXacThuc"] == sha256(text)
    assert sent["SoTien"] == "150000"


def test_the_receipt_of_a_public_service_is_whole(platform, payment, answered):
    platform.start(payment)
    told = answered.received[-1]["ThongTinBienLai"]
    assert tuple(told) == RECEIPT
    assert told["PhiLePhi"] == [
        {"LoaiPhiLePhi": "Phi", "MaPhiLePhi": "2716", "TenPhiLePhi": "Phí thẩm định", "SoTien": "120000"},
        {"LoaiPhiLePhi": "LePhi", "MaPhiLePhi": "2852", "TenPhiLePhi": "Lệ phí cấp giấy", "SoTien": "30000"},
    ]
    assert sum(int(line["SoTien"]) for line in told["DSKhoanNop"]) == 150_000
    assert (told["MaDichVu"], told["MaDonVi"], told["TKThuHuong"], told["MaNHThuHuong"]) == (
        "2",
        "H13.15",
        "0123456789012",
        "970436",
    )
    assert {told[name] for name in RECEIPT[-11:]} == {""}


def test_a_long_name_of_the_procedure_is_cut_to_250_characters(platform, payment, answered):
    platform.start(replace(payment, order_purpose="ạ" * 300))
    assert answered.received[-1]["ThongTinBienLai"]["TenTTHC"] == "ạ" * 250


def test_the_receipt_of_a_fine_tells_of_its_decision(platform, payment, answered):
    platform.start(replace(payment, details=FINE))
    told = answered.received[-1]["ThongTinBienLai"]
    assert tuple(told) == RECEIPT
    assert {name: told[name] for name in FINE} == FINE


@pytest.mark.parametrize("name", ["SoQD", "NgayQD", "MaCoQuanQD", "TenNguoiViPham", "TaiKhoanThuNSNN"])
def test_a_fine_without_its_decision_is_not_sent(platform, payment, answered, name):
    with pytest.raises(PaymentNotPossible, match=name):
        platform.start(replace(payment, details={key: value for key, value in FINE.items() if key != name}))
    assert answered.received == []


@pytest.mark.parametrize(
    "answer",
    [
        {"MaLoi": "01", "UrlThanhToan": PAGE},
        {"UrlThanhToan": PAGE},
        {"MaLoi": "00"},
        {"MaLoi": "00", "UrlThanhToan": "https://elsewhere.example/pay"},
        {"MaLoi": "00", "UrlThanhToan": "https://thanhtoan.dichvucong.example@elsewhere.example/"},
        {"MaLoi": "00", "UrlThanhToan": "javascript:alert(1)"},
        [],
    ],
)
def test_an_answer_without_a_page_of_the_platform_sends_nobody_anywhere(platform, payment, lgsp_server, answer):
    lgsp_server.answer = lambda _: json.dumps(answer).encode()
    with pytest.raises(ProviderUnavailable):
        platform.start(payment)


def test_a_separator_in_a_value_that_the_checksum_covers_is_refused(platform, payment, answered):
    with pytest.raises(PaymentNotPossible, match="separator"):
        platform.start(replace(payment, purpose="Ho so 1|2"))


def test_only_dong_is_taken(platform, payment):
    with pytest.raises(PaymentNotPossible):
        platform.start(replace(payment, amount=Money(100, "USD")))
