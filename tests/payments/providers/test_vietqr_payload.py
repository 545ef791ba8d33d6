import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.errors import QrTextUnsound
from payments.money import Money
from payments.providers.vietqr.payload import Service, TransferQr, crc, parse_fields, parse_qr_text, transfer_qr_text


@pytest.fixture
def vectors(corpus):
    lines = (corpus / "psp" / "vectors.jsonl").read_text(encoding="utf-8").splitlines()
    return [vector for vector in map(json.loads, lines) if vector["psp"] in {"VietQR", "EMVCo/VNPAY-QR"}]


def test_published_payloads_come_out(vectors):
    built = [vector for vector in vectors if vector["what"] == "build EMV payload"]
    assert len(built) == 8
    for vector in built:
        asked = vector["input"]
        amount = Money(int(asked["amount"])) if "amount" in asked else None
        service = Service(asked.get("svc", "QRIBFTTA"))
        purpose, bill = asked.get("desc", ""), asked.get("bill", "")
        assert (
            transfer_qr_text(TransferQr(asked["bin"], asked["acc"], amount, purpose, bill, service))
            == (vector["expected"])
        )


def test_published_payloads_are_read_and_damaged_ones_refused(vectors):
    for vector in vectors:
        if vector["expected"] == "reject":
            with pytest.raises(QrTextUnsound):
                parse_qr_text(vector["input"])
        elif vector["what"] == "crc16 primitive":
            assert crc(vector["input"]) == vector["expected"]
        else:
            text = vector["expected"] if isinstance(vector["input"], dict) else vector["input"]
            assert parse_qr_text(text)["00"] == "01"


def bitwise_crc(data: bytes) -> int:
    """The checksum as its definition reads, bit by bit."""
    value = 0xFFFF
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = ((value << 1) ^ 0x1021 if value & 0x8000 else value << 1) & 0xFFFF
    return value


@given(st.text(max_size=200))
def test_the_checksum_is_its_definitions(text):
    assert crc(text) == f"{bitwise_crc(text.encode()):04X}"


@given(
    st.from_regex(r"[0-9]{6}", fullmatch=True),
    st.from_regex(r"[0-9A-Za-z]{1,19}", fullmatch=True),
    st.integers(1, 10**12),
    st.from_regex(r"[ -~]{0,25}", fullmatch=True),
)
def test_what_is_written_is_read_back(bank_bin, account, amount, purpose):
    fields = parse_qr_text(transfer_qr_text(TransferQr(bank_bin, account, Money(amount), purpose)))
    merchant = parse_fields(fields["38"])
    assert parse_fields(merchant["01"]) == {"00": bank_bin, "01": account}
    assert (fields["01"], fields["54"], fields["53"]) == ("12", str(amount), "704")
    assert parse_fields(fields.get("62", "")).get("08", "") == purpose


@pytest.mark.parametrize(
    "asked",
    [
        ("97040", "123"),
        ("970403", ""),
        ("970403", "1" * 20),
        ("970403", "12 3"),
        ("970403", "123", Money(0)),
        ("970403", "123", Money(5, "USD")),
        ("970403", "123", None, "x" * 26),
        ("970403", "123", None, "lệ phí"),
        ("97040３", "123"),
    ],
)
def test_what_does_not_fit_the_format_is_refused(asked):
    with pytest.raises(QrTextUnsound):
        TransferQr(*asked)


@pytest.mark.parametrize("text", ["", "6304", "00", "000201" + "6304" + "ZZZZ", "00020100020163046C3A"])
def test_what_is_no_payload_is_refused(text):
    with pytest.raises(QrTextUnsound):
        parse_qr_text(text)


@pytest.mark.parametrize("text", ["0099x", "00x1a", "0", "000201000201"])
def test_broken_fields_are_refused(text):
    with pytest.raises(QrTextUnsound):
        parse_fields(text)
