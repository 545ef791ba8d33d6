"""The platform's checksums: SHA-256 over values joined by |, the secret last. Source: two public integrations."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Any

INIT = (
    *("LoaiBanTin", "PhienBan", "MaDoiTac", "MaThamChieu", "SoTien", "LoaiHinhThanhToan", "MaKenhThanhToan"),
    *("MaThietBi", "NgonNgu", "MaTienTe", "MaNganHang", "ThongTinGiaoDich", "ThoiGianGD", "Ip"),
)
CONFIRM = (
    *("LoaiBanTin", "MaLoi", "MaDoiTac", "MaThamChieu", "SoTien", "MaTienTe", "MaGiaoDich", "MaNganHang"),
    *("ThoiGianGD", "ThongTinGiaoDich"),
)
QUESTION = ("LoaiBanTin", "PhienBan", "MaDoiTac", "MaThamChieu", "ThoiGianGD")
# Guesses: of the answers nobody published what their checksum covers.
STATUS = (*CONFIRM, "TrangThaiGD")
ACKNOWLEDGEMENT = ("MaLoi", "MoTaLoi", "MaDoiTac", "MaThamChieu", "ThoiGianGD")


def checksum(fields: Mapping[str, Any], order: Iterable[str], secret: bytes) -> str:
    """Return the checksum of a message."""
    values = (str(fields.get(name, "")).encode() for name in order)
    return hashlib.sha256(b"|".join((*values, secret))).hexdigest()


def is_proved(fields: Mapping[str, Any], order: Iterable[str], secret: bytes) -> bool:
    """Whether a message carries its checksum."""
    return hmac.compare_digest(checksum(fields, order, secret), str(fields.get("MaXacThuc", "")))
