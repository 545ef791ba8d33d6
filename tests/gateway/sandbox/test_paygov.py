"""PayGov at the sandbox by itself: what a payer's browser must bring along, checked against OpenSSL's HMAC."""

import subprocess
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from gateway.sandbox.app import SandboxConfig, create_sandbox

KEY = "khoá của cổng"
ACCOUNT = {"partner_code": "CITY", "access_key": "AK1", "service_code": "SV01", "secret_key": KEY}
BACK = "http://127.0.0.1:9/pay/x/return"


@pytest.fixture
def client():
    return create_sandbox(SandboxConfig("http://127.0.0.1:9/callbacks", {"paygov": ACCOUNT}, "control")).test_client()


def hmac_by_openssl(fields):
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields))
    done = subprocess.run(
        ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{KEY.encode().hex()}", "-r"],
        input=text.encode(),
        capture_output=True,
        check=True,
    )
    return done.stdout.split()[0].decode()


def query(**changed):
    fields = {
        "partnerCode": "CITY",
        "accessKey": "AK1",
        "serviceCode": "SV01",
        "orderId": "H13.15-HS1-01",
        "amount": "150000",
        "orderInfo": "Ho so 1",
        "requestCode": "ABCDEFGH23456789",
        "returnUrl": BACK,
        "ipAddress": "127.0.0.1",
        **changed,
    }
    return {**fields, "checksum": hmac_by_openssl(fields)}


def test_a_payer_pays_and_brings_a_proof_back(client):
    page = client.get("/paygov/pay", query_string=query())
    action = page.get_data(as_text=True).split('action="')[1].split('"')[0]
    back = client.post(action, data={"decision": "pay", "mode": "lost"}).headers["Location"]
    fields = dict(parse_qsl(urlsplit(back).query, keep_blank_values=True))
    given = fields.pop("checksum")

    assert (page.status_code, back.startswith(f"{BACK}?")) == (200, True)
    assert (fields["errorCode"], fields["amount"], fields["requestCode"]) == ("00", "150000", "ABCDEFGH23456789")
    assert given == hmac_by_openssl(fields)
    # What was paid is not paid again.
    assert client.get("/paygov/pay", query_string=query()).status_code == 400


@pytest.mark.parametrize(
    "changed",
    [
        {"partnerCode": "OTHER"},
        {"accessKey": "OTHER"},
        {"serviceCode": "OTHER"},
        {"amount": "150000.0"},
        {"amount": "0"},
        {"orderInfo": "Hồ sơ 1"},
        {"orderId": "H13.15-HS1"},
        {"returnUrl": "javascript:alert(1)"},
        {"more": "1"},
    ],
)
def test_a_proved_request_of_another_form_opens_nothing(client, changed):
    assert client.get("/paygov/pay", query_string=query(**changed)).status_code == 400


@pytest.mark.parametrize("name", sorted(query()))
def test_an_altered_request_opens_nothing(client, name):
    fields = query()
    refused = client.get("/paygov/pay", query_string=urlencode({**fields, name: fields[name] + "1"}))
    assert refused.status_code == 400
