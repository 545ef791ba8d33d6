"""PayGov at the sandbox by itself: what a payer's browser must bring along, checked against OpenSSL's HMAC."""

import json
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


@pytest.fixture
def posting():
    """A client of the hub behind the LGSP, and its token."""
    account = {**ACCOUNT, "lgsp.client_id": "city", "lgsp.client_secret": "s3"}
    client = create_sandbox(SandboxConfig("http://127.0.0.1:9/callbacks", {"paygov": account}, "control")).test_client()
    given = client.post("/paygov/hub/token", data={"grant_type": "client_credentials"}, auth=("city", "s3"))
    bearer = {"Authorization": f"Bearer {given.get_json()['access_token']}"}

    def post(body, headers=bearer):
        return client.post("/paygov/hub/payments", json=body, headers=headers)

    post.client = client
    return post


def test_a_posted_payment_is_answered_with_its_page(posting):
    told = json.loads(posting(query()).get_json()["message"])
    assert told["errorCode"] == "00"
    assert "150.000" in posting.client.get(urlsplit(told["payUrl"]).path).get_data(as_text=True)
    other = query(amount="150001")
    assert json.loads(posting(other).get_json()["message"])["errorCode"] == "99"


@pytest.mark.parametrize("body", [query(amount="0"), {**query(), "amount": "150001"}, {**query(), "amount": 1}, [], 7])
def test_a_posted_payment_that_is_wrong_opens_nothing(posting, body):
    told = json.loads(posting(body).get_json()["message"])
    assert (told["errorCode"], "payUrl" in told) == ("99", False)


def test_nothing_is_posted_without_the_lgsps_token(posting, client):
    assert posting(query(), headers={}).status_code == 401
    refused = posting.client.post("/paygov/hub/token", data={"grant_type": "client_credentials"}, auth=("city", "s4"))
    assert refused.status_code == 401
    # Without a client of the LGSP in the account there is no hub to post to.
    assert client.post("/paygov/hub/payments", json=query()).status_code == 404
