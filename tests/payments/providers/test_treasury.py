"""Treasury notices: mapped by a file, proved by a keyed hash or by OpenSSL's signatures, booked as transfers are."""

import base64
import hashlib
import hmac
import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from config.secrets import LocalSecrets
from config.settings import KbnnSettings
from payments.errors import CallbackNotAuthentic, CallbackUnreadable, ProviderDescriptionUnusable
from payments.model import BankTransfer, CallbackCall, NothingToSettle
from payments.providers.kbnn.notice import load_notice_map
from payments.providers.kbnn.provider import EXAMPLE, kbnn_from_settings
from payments.store.tables import CollectionAccountRow, HeldAt
from tests.payments.makers import LATER, UNIT

ACCOUNT = "39490.1058243"
KEY = "khoá của kho bạc"


class Given:
    """As much of the settings as the adapter reads."""

    def __init__(self, **more):
        self.kbnn = KbnnSettings(notice=EXAMPLE, **more)


def notice(reference, **changed):
    told = {
        "soChungTu": "C102-0001",
        "soButToan": "KB26112300017",
        "taiKhoanCo": ACCOUNT,
        "tongSoTien": 150_000,
        "loaiTien": "VND",
        "ngayHachToan": "2026-11-23",
        "loaiGiaoDich": "CO",
        "noiDung": f"NOP PHI {reference}",
        "chiTiet": [
            {"maChuong": "423", "maTieuMuc": "2716", "soTien": 120_000},
            {"maChuong": "423", "maTieuMuc": "2852", "soTien": 30_000},
        ],
        **changed,
    }
    return json.dumps(told, ensure_ascii=False).encode()


def keyed(body):
    proof = hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest()
    return CallbackCall("POST", b"", body, {"x-signature": proof}, received_at=LATER)


@pytest.fixture
def treasury(monkeypatch):
    monkeypatch.setenv("KBNN_KEY", KEY)
    return kbnn_from_settings(Given(hmac_key="env:KBNN_KEY"), LocalSecrets())


@pytest.fixture
def reference(desk):
    """The transfer reference of an open order whose unit collects on a treasury account."""
    order_id = desk.open()
    with desk.open_store() as store:
        store.add_collection_account(
            CollectionAccountRow(
                id="account",
                unit_id=UNIT,
                bank_bin="970400",
                bank_name="KBNN",
                account_number=ACCOUNT,
                account_name="UBND",
                held_at=HeldAt.TREASURY,
                valid_from=desk.at - timedelta(days=1),
            )
        )
        return store.get_order(order_id).transfer_reference


def test_a_proved_notice_pays_the_order_that_its_text_names_once(desk, treasury, reference):
    first, again = (desk.call(keyed(notice(reference)), treasury) for _ in range(2))
    assert (first.outcome, again.outcome) == ("booked", "duplicate")
    assert first.acknowledgement.status == 200
    assert desk.balance().balance_minor(f"treasury:{ACCOUNT}") == 150_000


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({"tongSoTien": 1, "chiTiet": [{"maChuong": "423", "maTieuMuc": "2716", "soTien": 1}]}, "suspended"),
        ({"taiKhoanCo": "000"}, "nothing-to-settle"),
        ({"loaiGiaoDich": "NO"}, "nothing-to-settle"),
        ({"noiDung": "khong co ma"}, "nothing-to-settle"),
    ],
)
def test_other_money_pays_nothing(desk, treasury, reference, changed, outcome):
    assert desk.call(keyed(notice(reference, **changed)), treasury).outcome == outcome


@pytest.mark.parametrize("given", ["", "0" * 64, "upper", "é"])
def test_a_missing_or_wrong_proof_is_refused(treasury, given):
    call = keyed(notice("x"))
    proof = call.headers["x-signature"].upper() if given == "upper" else given
    with pytest.raises(CallbackNotAuthentic):
        treasury.read_callback(CallbackCall("POST", b"", call.body, {"x-signature": proof}, received_at=LATER))
    with pytest.raises(CallbackNotAuthentic):
        treasury.read_callback(CallbackCall("POST", b"", call.body + b" ", call.headers, received_at=LATER))


@pytest.mark.parametrize(
    "changed",
    [
        {"tongSoTien": 150_001},
        {"tongSoTien": 150_000.5},
        {"loaiTien": "USD"},
        {"ngayHachToan": "hôm qua"},
        {"chiTiet": [{"maChuong": "42", "maTieuMuc": "2716", "soTien": 150_000}]},
        {"chiTiet": [{"maChuong": "423", "maTieuMuc": "27160", "soTien": 150_000}]},
        {"chiTiet": []},
        {"soChungTu": ""},
    ],
)
def test_a_proved_notice_that_contradicts_itself_is_unreadable(treasury, changed):
    with pytest.raises(CallbackUnreadable):
        treasury.read_callback(keyed(notice("x", **changed)))


@pytest.fixture(scope="module")
def signer(tmp_path_factory):
    """Keys and certificates by OpenSSL: an RSA and an EC signer, valid for ten days from now."""
    folder = tmp_path_factory.mktemp("signers")
    for name, kind in {"rsa": ["rsa:2048"], "ec": ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]}.items():
        subprocess.run(
            [
                "openssl",
                "req",
                "-x509",
                "-nodes",
                "-newkey",
                *kind,
                "-keyout",
                folder / f"{name}.key",
                "-out",
                folder / f"{name}.pem",
                "-days",
                "10",
                "-subj",
                "/CN=Kho bac thu nghiem",
            ],
            check=True,
            capture_output=True,
        )

    def sign(name, body):
        key = folder / f"{name}.key"
        done = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=body, check=True, capture_output=True)
        return base64.b64encode(done.stdout).decode()

    return folder, sign


def signed_call(body, signature, at):
    return CallbackCall("POST", b"", body, {"x-signature": signature}, received_at=at)


@pytest.mark.parametrize("name", ["rsa", "ec"])
def test_a_signature_made_by_openssl_proves_a_notice_while_its_certificate_is_valid(signer, name, reference):
    folder, sign = signer
    named = Given(certificates=(folder / "rsa.pem", folder / "ec.pem"))
    treasury = kbnn_from_settings(named, LocalSecrets())
    body, now = notice(reference), datetime.now(UTC)
    signature = sign(name, body)
    assert isinstance(treasury.read_callback(signed_call(body, signature, now)), BankTransfer)
    other = kbnn_from_settings(
        Given(certificates=(folder / ("ec.pem" if name == "rsa" else "rsa.pem"),)), LocalSecrets()
    )
    for refusing, call in (
        (treasury, signed_call(body + b" ", signature, now)),
        (treasury, signed_call(body, signature[:-8], now)),
        (treasury, signed_call(body, "no base64", now)),
        (treasury, signed_call(body, signature, now + timedelta(days=11))),
        (treasury, signed_call(body, signature, now - timedelta(days=1))),
        (treasury, signed_call(body, signature, None)),
        (other, signed_call(body, signature, now)),
    ):
        with pytest.raises(CallbackNotAuthentic):
            refusing.read_callback(call)


def test_a_mapping_or_certificate_that_cannot_be_used_stops_the_start(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text(EXAMPLE.read_text(encoding="utf-8").replace("amount =", "amuont =", 1), encoding="utf-8")
    with pytest.raises(ProviderDescriptionUnusable) as caught:
        load_notice_map(own)
    assert "amuont" in str(caught.value)
    assert "amount: Field required" in str(caught.value)
    with pytest.raises(ProviderDescriptionUnusable, match="cannot read"):
        load_notice_map(tmp_path / "none.toml")
    with pytest.raises(ProviderDescriptionUnusable, match="no certificate"):
        kbnn_from_settings(Given(certificates=(Path(own),)), LocalSecrets())
    for both in ({}, {"hmac_key": "env:K", "certificates": (own,)}):
        with pytest.raises(ValidationError, match="either"):
            KbnnSettings(notice=own, **both)


def test_a_notice_in_a_file_is_proved_by_the_file_beside_it(treasury, reference):
    body = notice(reference)
    call = treasury.file_call(body, keyed(body).headers["x-signature"] + "\n")
    assert isinstance(treasury.read_callback(call), BankTransfer)
    assert isinstance(treasury.read_callback(keyed(notice(reference, loaiGiaoDich="NO"))), NothingToSettle)
