"""What the platform demands of a partner's INIT. Source: the fields that two public integrations send.

Which of them the platform itself refuses is not public: this is as strict as their fields allow, so that a field that
is missing, misnamed or of another form is noticed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.sandbox.clock import GMT7
from gateway.sandbox.dvcqg.checksum import INIT

CONSTANTS = {
    "LoaiBanTin": "INIT",
    "PhienBan": "1.0.6",
    "LoaiHinhThanhToan": "PAY",
    "MaKenhThanhToan": "1",
    "MaThietBi": "1",
    "NgonNgu": "vi-VN",
    "MaTienTe": "VND",
    "MaNganHang": "PAYMENT",
}
FEES, SUMS = ("LoaiPhiLePhi", "MaPhiLePhi", "TenPhiLePhi", "SoTien"), ("NoiDung", "SoTien")
LISTS = {"PhiLePhi": FEES, "DSKhoanNop": SUMS}
OF_A_FINE = (
    *("MaLoaiHinhThuPhat", "TenLoaiHinhThuPhat", "KhoBac", "SoQD", "NgayQD", "MaCoQuanQD", "TenCoQuanQD"),
    *("ThoiGianViPham", "DiaDiemViPham", "TenNguoiViPham", "TaiKhoanThuNSNN"),
)
OF_A_RECEIPT = (
    *("MaDichVu", "MaDonVi", "TenDonVi", "MaHoSo", "MaTTHC", "TenTTHC", "MaDVC", "TenDVC"),
    *("TKThuHuong", "MaNHThuHuong", "TenTKThuHuong", "PhiLePhi", "DSKhoanNop", "NoiDungThanhToan"),
    *("HoTenNguoiNop", "SoCMNDNguoiNop", "DiaChiNguoiNop", "HuyenNguoiNop", "TinhNguoiNop"),
    *OF_A_FINE,
)
# Without these nobody knows which decision a fine was paid for.
NEEDED_OF_A_FINE = ("SoQD", "NgayQD", "MaCoQuanQD", "TenNguoiViPham", "TaiKhoanThuNSNN")
MOST_NAME = 250
# A clock of twelve hours is hours away, each afternoon.
MOST_AWAY = timedelta(hours=1)


def faults_of(asked: Mapping[str, Any]) -> Iterator[str]:
    """Name what is wrong with an INIT whose checksum is right."""
    if set(asked) != {*INIT, "ThongTinBienLai", "MaXacThuc"}:
        yield "the fields are not those of an INIT"
        return
    if any(not isinstance(asked[name], str) for name in INIT):
        yield "all values are texts"
        return
    yield from (f"{name} is not {value}" for name, value in CONSTANTS.items() if asked[name] != value)
    if not re.fullmatch(r"[0-9A-Za-z]{1,40}", asked["MaThamChieu"]):
        yield "MaThamChieu is letters and digits"
    if not re.fullmatch(r"[1-9][0-9]{0,14}", asked["SoTien"]):
        yield "SoTien is whole dong"
        return
    if not is_near(asked["ThoiGianGD"], datetime.now(UTC)):
        yield "ThoiGianGD is not now, as yyyyMMddHHmmss in Vietnam"
    yield from _faults_of_receipt(asked["ThongTinBienLai"], int(asked["SoTien"]))


def is_near(text: object, now: datetime) -> bool:
    """Whether a text is a moment not far from now."""
    try:
        moment = datetime.strptime(str(text), "%Y%m%d%H%M%S").replace(tzinfo=GMT7)
    except ValueError:
        return False
    return abs(moment - now) <= MOST_AWAY


def _faults_of_receipt(told: object, amount: int) -> Iterator[str]:
    if not isinstance(told, Mapping) or set(told) != set(OF_A_RECEIPT):
        yield "ThongTinBienLai has other fields"
        return
    if told["MaDichVu"] not in ("1", "2"):
        yield "MaDichVu is 1 or 2"
    if any(not isinstance(told[name], str) for name in OF_A_RECEIPT if name not in LISTS):
        yield "absent values are empty texts"
    yield from (f"{name} does not come to SoTien" for name in LISTS if _sum(told[name], LISTS[name]) != amount)
    if len(told["TenTTHC"]) > MOST_NAME or not told["HoTenNguoiNop"]:
        yield "TenTTHC is too long, or nobody pays"
    if told["MaDichVu"] == "1":
        yield from (f"a fine needs {name}" for name in NEEDED_OF_A_FINE if not told[name])


def _sum(listed: object, names: tuple[str, ...]) -> int:
    if not isinstance(listed, Sequence):
        return -1
    if any(not isinstance(item, Mapping) or set(item) != set(names) for item in listed):
        return -1
    amounts = [str(item["SoTien"]) for item in listed]
    return sum(map(int, amounts)) if all(amount.isdecimal() for amount in amounts) else -1
