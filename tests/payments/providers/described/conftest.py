"""The platform's adapter with the tests' account, and an LGSP in front of it."""

import hashlib
import json
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest

from config.secrets import LocalSecrets
from payments.model import CallbackCall
from payments.money import Money
from payments.providers.base import Beneficiary, PaymentItem, PaymentRequest
from payments.providers.described.layout import Messages, load_messages
from payments.providers.described.provider import DescribedAccount
from payments.providers.dvcqg.provider import SHIPPED, DvcqgWithReceipts
from payments.providers.lgsp import Lgsp, LgspAccount
from tests.payments.providers.described.lgsp_server import LgspServer, serve

SECRET = "bí mật của thử nghiệm"
PARTNER = "H13TEST"
PLATFORM = "203.0.113.10"


@pytest.fixture
def lgsp_server() -> Iterator[LgspServer]:
    state, server = serve()
    yield state
    server.shutdown()
    server.server_close()


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> LocalSecrets:
    monkeypatch.setenv("DVCQG_SECRET", SECRET)
    monkeypatch.setenv("LGSP_SECRET", "lgsp+secret/of tests")
    return LocalSecrets()


@pytest.fixture
def platform(lgsp_server: LgspServer, secrets: LocalSecrets) -> DvcqgWithReceipts:
    return platform_of(load_messages(SHIPPED, None), lgsp_server, secrets)


def platform_of(messages: Messages, lgsp_server: LgspServer, secrets: LocalSecrets) -> DvcqgWithReceipts:
    account = DescribedAccount(
        name="dvcqg",
        title="Cổng Dịch vụ công quốc gia",
        secret_reference="env:DVCQG_SECRET",
        names={"partner": PARTNER},
        start_url=f"{lgsp_server.url}/init",
        query_url=f"{lgsp_server.url}/query",
        page_origin="https://thanhtoan.dichvucong.example",
        networks=(ip_network("203.0.113.0/28"),),
        query_above_minor=1_000_000,
    )
    lgsp = Lgsp(LgspAccount(f"{lgsp_server.url}/token", "city", "env:LGSP_SECRET"), secrets, 2)
    assert messages.receipt is not None
    return DvcqgWithReceipts(account, messages, lgsp, secrets, messages.receipt, f"{lgsp_server.url}/receipt")


@pytest.fixture
def payment(at) -> PaymentRequest:
    return PaymentRequest(
        reference="ABCDEFGH23456789",
        amount=Money(150_000),
        purpose="Ho so 000.00.15.H13-261123-0001",
        return_url="https://cong.example/pay/x/return",
        payer_address="198.51.100.7",
        # 15:04:05 in Hanoi: an hour that a twelve-hour clock would write as 03.
        started_at=at.replace(hour=8, minute=4, second=5),
        expires_at=at.replace(hour=8, minute=19, second=5),
        dossier_code="000.00.15.H13-261123-0001",
        payer_name="Nguyễn Thị Thử Nghiệm",
        items=(
            PaymentItem("phi", "Phí thẩm định", "1.004227", "423", "2716", Money(120_000)),
            PaymentItem("le-phi", "Lệ phí cấp giấy", "1.004227", "423", "2852", Money(30_000)),
        ),
        order_purpose="Cấp giấy phép xây dựng",
        payer_number="012345678901",
        payer_home="1 đường Ví Dụ",
        unit_code="H13.15",
        unit_name="UBND phường Ví Dụ",
        beneficiary=Beneficiary("970436", "0123456789012", "UBND PHUONG VI DU"),
    )


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def confirm_fields(reference: str, amount: Any = 150_000, **changed: Any) -> dict[str, Any]:
    """What the platform tells of a payment, with some fields changed; the checksum is of the facts' order."""
    told = {
        "LoaiBanTin": "CONFIRM",
        "MaLoi": "00",
        "MaDoiTac": PARTNER,
        "MaThamChieu": reference,
        "SoTien": amount,
        "MaTienTe": "VND",
        "MaGiaoDich": "PP261128000001",
        "MaNganHang": "VCB",
        "ThoiGianGD": "20261123150500",
        "ThongTinGiaoDich": "Ho so 000.00.15.H13-261123-0001",
        **changed,
    }
    text = "|".join(str(value) for value in told.values())
    return {**told, "MaXacThuc": sha256(f"{text}|{SECRET}")}


def as_call(fields: dict[str, Any], address: str = PLATFORM) -> CallbackCall:
    return CallbackCall("POST", b"", json.dumps(fields, ensure_ascii=False).encode(), client_address=address)
