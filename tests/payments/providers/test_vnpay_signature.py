"""VNPAY's checksums against published values, and against openssl for what was not published."""

import json
import subprocess
from urllib.parse import parse_qsl

import pytest

from payments.errors import CallbackNotAuthentic
from payments.providers.vnpay.signature import canonical_query, hmac_sha512, read_query
from tests.payments.makers import SECRET, ipn_fields, signed

FIELDS = ipn_fields("K7WQ2M9XTB4RCE6A", 150_000)


@pytest.fixture
def vectors(corpus):
    lines = (corpus / "psp" / "vectors.jsonl").read_text(encoding="utf-8").splitlines()
    found = [vector for vector in map(json.loads, lines) if vector["psp"] == "VNPAY"]
    assert len(found) == 2
    return found


def test_published_checksums_come_out(vectors):
    for vector in vectors:
        given = vector["input"]
        fields = {k: str(v) for k, v in given.items()} if isinstance(given, dict) else dict(parse_qsl(given))
        assert hmac_sha512(vector["secret"], canonical_query(fields)) == vector["expected"]


def test_a_published_return_is_authentic(vectors):
    vector = next(vector for vector in vectors if isinstance(vector["input"], dict))
    fields = {key: str(value) for key, value in vector["input"].items()}
    raw = f"{canonical_query(fields)}&vnp_SecureHash={vector['expected']}".encode()
    assert read_query(raw, vector["secret"])["vnp_TxnRef"] == "1716257871703"


def test_openssl_makes_the_same_checksum():
    content = canonical_query({**FIELDS, "vnp_OrderInfo": "Lệ phí & phí: 50% (bản sao) ~*'"})
    command = ["openssl", "dgst", "-sha512", "-mac", "HMAC", "-macopt", f"key:{SECRET}"]
    said = subprocess.run(command, input=content.encode(), capture_output=True, check=True).stdout.decode()
    assert hmac_sha512(SECRET, content) == said.split("= ")[1].strip()


def test_an_honest_query_is_read():
    assert read_query(signed(FIELDS), SECRET) == {**FIELDS, "vnp_SecureHash": signed(FIELDS)[-128:].decode()}


def test_the_order_of_fields_their_hash_in_capitals_and_empty_ones_do_no_harm():
    head, _, checksum = signed(FIELDS).rpartition(b"=")
    content = head.rpartition(b"&")[0]
    shuffled = b"vnp_SecureHash=" + checksum.upper() + b"&vnp_Bill=&" + b"&".join(reversed(content.split(b"&")))
    assert read_query(shuffled, SECRET)["vnp_TxnRef"] == FIELDS["vnp_TxnRef"]


def test_a_space_sent_as_percent_20_and_fields_that_are_not_vnpays_do_no_harm():
    raw = b"tracker=1&" + signed(FIELDS).replace(b"+", b"%20")
    assert "tracker" not in read_query(raw, SECRET)


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_any_altered_field_is_noticed(name):
    altered = {**FIELDS, name: FIELDS[name] + "1"}
    checksum = signed(FIELDS)[-128:].decode()
    raw = f"{canonical_query(altered)}&vnp_SecureHash={checksum}".encode()
    with pytest.raises(CallbackNotAuthentic):
        read_query(raw, SECRET)


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_any_missing_field_is_noticed(name):
    rest = {key: value for key, value in FIELDS.items() if key != name}
    checksum = signed(FIELDS)[-128:].decode()
    raw = f"{canonical_query(rest)}&vnp_SecureHash={checksum}".encode()
    with pytest.raises(CallbackNotAuthentic):
        read_query(raw, SECRET)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"&&&",
        b"vnp_SecureHash=",
        canonical_query(FIELDS).encode(),
        canonical_query(FIELDS).encode() + b"&vnp_SecureHash=",
        canonical_query(FIELDS).encode() + b"&vnp_SecureHash=" + b"0" * 128,
        canonical_query(FIELDS).encode() + "&vnp_SecureHash=đ".encode(),
        signed(FIELDS, "another secret"),
        signed(FIELDS)[:-1],
        signed(FIELDS) + b"0",
        signed(FIELDS) + b"&vnp_Amount=1",
        signed(FIELDS) + b"&vnp_Extra=1",
        b"vnp_Amount=%ff%fe&" + signed(FIELDS),
        signed(FIELDS) + b"&x=" + b"a" * 9000,
    ],
)
def test_what_vnpay_did_not_sign_is_refused(raw):
    with pytest.raises(CallbackNotAuthentic):
        read_query(raw, SECRET)
