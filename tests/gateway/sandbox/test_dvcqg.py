"""The platform at the sandbox by itself: what a partner must send, as two integrations have it, and what is refused."""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from gateway.sandbox.app import SandboxConfig, create_sandbox

SECRET = "of the platform"
CLIENT = ("city", "of+the lgsp")
REFERENCE = "ABCDEFGH23456789"
TEXTS = (
    *("MaDichVu", "MaDonVi", "TenDonVi", "MaHoSo", "MaTTHC", "TenTTHC", "MaDVC", "TenDVC"),
    *("TKThuHuong", "MaNHThuHuong", "TenTKThuHuong"),
)
PAYER = ("NoiDungThanhToan", "HoTenNguoiNop", "SoCMNDNguoiNop", "DiaChiNguoiNop", "HuyenNguoiNop", "TinhNguoiNop")
OF_A_FINE = (
    *("MaLoaiHinhThuPhat", "TenLoaiHinhThuPhat", "KhoBac", "SoQD", "NgayQD", "MaCoQuanQD", "TenCoQuanQD"),
    *("ThoiGianViPham", "DiaDiemViPham", "TenNguoiViPham", "TaiKhoanThuNSNN"),
)


@pytest.fixture
def app():
    account = {
        "partner_code": "H13TEST",
        "secret": SECRET,
        "lgsp.client_id": CLIENT[0],
        "lgsp.client_secret": CLIENT[1],
    }
    return create_sandbox(SandboxConfig("http://127.0.0.1:9/callbacks", {"dvcqg": account}, "control"))


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def token(client):
    return ask_token(client, "city:of%2Bthe+lgsp").get_json()["access_token"]


def ask_token(client, named):
    headers = {"Authorization": f"Basic {base64.b64encode(named.encode()).decode()}"}
    return client.post("/dvcqg/token", data={"grant_type": "client_credentials"}, headers=headers)


def signed(fields, order=None):
    text = "|".join(str(value) for name, value in fields.items() if name != "ThongTinBienLai")
    return {**fields, "MaXacThuc": hashlib.sha256(f"{text}|{SECRET}".encode()).hexdigest()}


def init(receipt=(), hour="%H", **changed):
    now = datetime.now(UTC) + timedelta(hours=7)
    lists = {
        "PhiLePhi": [{"LoaiPhiLePhi": "Phi", "MaPhiLePhi": "2716", "TenPhiLePhi": "Phí", "SoTien": "150000"}],
        "DSKhoanNop": [{"NoiDung": "Phí", "SoTien": "150000"}],
    }
    told = {**dict.fromkeys(TEXTS, "x"), **lists, **dict.fromkeys(PAYER, "x"), **dict.fromkeys(OF_A_FINE, "")}
    return signed(
        {
            "LoaiBanTin": "INIT",
            "PhienBan": "1.0.6",
            "MaDoiTac": "H13TEST",
            "MaThamChieu": REFERENCE,
            "SoTien": "150000",
            "LoaiHinhThanhToan": "PAY",
            "MaKenhThanhToan": "1",
            "MaThietBi": "1",
            "NgonNgu": "vi-VN",
            "MaTienTe": "VND",
            "MaNganHang": "PAYMENT",
            "ThongTinGiaoDich": "Ho so 1",
            "ThoiGianGD": now.strftime(f"%Y%m%d{hour}%M%S"),
            "Ip": "127.0.0.1",
            **changed,
            "ThongTinBienLai": {**told, "MaDichVu": "2", **dict(receipt)},
        }
    )


def ask(kind, reference=REFERENCE):
    moment = "20261128120000"
    fields = {"LoaiBanTin": kind, "PhienBan": "1.0.6", "MaDoiTac": "H13TEST", "MaThamChieu": reference}
    return signed({**fields, "ThoiGianGD": moment})


def post(client, token, service, message):
    address = f"/dvcqg/paymentplatform/{service}"
    return client.post(address, json=message, headers={"Authorization": f"Bearer {token}"})


def read(answer):
    """The platform's message out of the LGSP's wrapper."""
    told = answer.get_json()
    assert (answer.status_code, told["error_code"]) == (200, "0")
    return json.loads(told["message"])


def test_a_proved_init_opens_a_page_once(client, token):
    first = read(post(client, token, "init", init()))
    again = read(post(client, token, "init", init()))

    assert (first["MaLoi"], again["MaLoi"]) == ("00", "99")
    page = client.get(first["UrlThanhToan"]).get_data(as_text=True)
    assert "150.000 ₫" in page
    # Nothing that pays back by message, nothing to choose about it.
    assert "refund" not in page
    assert "lost" in page


@pytest.mark.parametrize(
    "message",
    [
        lambda: {**init(), "SoTien": "1"},
        lambda: {**init(), "MaXacThuc": ""},
        lambda: init(MaDoiTac="OTHER"),
        lambda: init(PhienBan="1.0.5"),
        lambda: init(SoTien="150000.0"),
        lambda: init(SoTien=150000),
        lambda: init(MaThamChieu="HS-1"),
        lambda: init(ThoiGianGD="20200101000000"),
        lambda: init({"PhiLePhi": []}),
        lambda: init({"DSKhoanNop": [{"NoiDung": "Phí", "SoTien": "149999"}]}),
        lambda: init({"TenTTHC": "ạ" * 251}),
        lambda: init({"MaDichVu": "1"}),
        lambda: init({"Khac": ""}),
        lambda: {"MaDoiTac": "H13TEST"},
        list,
    ],
)
def test_an_init_of_another_form_opens_nothing(client, token, message):
    assert read(post(client, token, "init", message()))["MaLoi"] == "99"
    assert read(post(client, token, "status", ask("QUERY")))["MaLoi"] == "99"


def test_only_the_lgsps_client_gets_in(client):
    assert ask_token(client, "city:wrong").status_code == 401
    assert post(client, "made-up", "init", init()).status_code == 401
    assert client.post("/dvcqg/paymentplatform/init", json=init()).status_code == 401


def test_a_receipt_is_a_pdf_after_payment_and_a_refusal_before(client, token):
    page = read(post(client, token, "init", init()))["UrlThanhToan"]
    before = read(post(client, token, "receipt", ask("RECEIPT")))
    stayed = client.post(page, data={"decision": "pay", "mode": "lost"})
    given = post(client, token, "receipt", ask("RECEIPT"))

    assert before["MaLoi"] == "99"
    assert (stayed.status_code, "Location" in stayed.headers) == (200, False)
    assert given.data.startswith(b"%PDF-")
    assert read(post(client, token, "status", ask("QUERY")))["TrangThaiGD"] == "1"


def test_a_mode_without_meaning_is_refused_with_its_reason(client):
    headers = {"Authorization": "Bearer control"}
    refused = client.put("/control/modes", json={"provider": "dvcqg", "mode": "refund-failing"}, headers=headers)

    assert refused.status_code == 409
    assert "pays nothing back" in refused.get_data(as_text=True)
