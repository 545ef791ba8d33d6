"""PayGov: a redirect and calls whose fields and checksums are data, here and in an operator's file."""

import json
import subprocess
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from config.settings import LgspSettings, PaygovSettings
from payments.errors import CallbackNotAuthentic, ProviderDescriptionUnusable
from payments.model import CallbackCall
from payments.providers.paygov.provider import paygov_from_settings

KEY = "khoá bí mật"


class Given:
    """As much of the settings as the adapter reads."""

    def __init__(self, **more):
        self.paygov = PaygovSettings(
            partner_code="CITY",
            access_key="AK1",
            service_code="SV01",
            secret_key="env:PAYGOV_SECRET",
            start_url="https://paygov.example/pay",
            **more,
        )


@pytest.fixture
def paygov(secrets, monkeypatch):
    monkeypatch.setenv("PAYGOV_SECRET", KEY)
    return paygov_from_settings(Given(), secrets)


def hmac_by_openssl(text):
    done = subprocess.run(
        ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{KEY.encode().hex()}", "-r"],
        input=text.encode(),
        capture_output=True,
        check=True,
    )
    return done.stdout.split()[0].decode()


def told(reference, **changed):
    fields = {
        "amount": "150000",
        "orderId": "H13.15-HS1-01",
        "orderInfo": "Ho so 1",
        "requestCode": reference,
        "transactionNo": "PG0001",
        "payDate": "20261123150500",
        "paygate": "VNPAY",
        "errorCode": "00",
        "type": "1",
        "transactionCode": "TC1",
        **changed,
    }
    joined = "&".join(f"{name}={fields[name]}" for name in sorted(fields))
    return {**fields, "checksum": hmac_by_openssl(joined)}


def call(fields):
    return CallbackCall("POST", b"", json.dumps(fields).encode())


def test_the_payer_takes_the_fields_along_with_a_checksum_that_openssl_makes_too(paygov, payment):
    url = paygov.start(payment).redirect_url
    sent = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    given = sent.pop("checksum")
    assert url.startswith("https://paygov.example/pay?partnerCode=CITY&accessKey=AK1&serviceCode=SV01&orderId=")
    assert sent["orderId"] == "H13.15-000.00.15.H13-261123-0001-01"
    assert sent["orderInfo"].isascii()
    assert given == hmac_by_openssl("&".join(f"{name}={sent[name]}" for name in sorted(sent)))
    assert paygov.page_origin == "https://paygov.example"


def test_a_call_books_once_and_a_return_only_shows(desk, paygov):
    order_id = desk.open()
    fields = told(desk.start(order_id, paygov))
    assert paygov.read_return(urlencode(fields).encode()).outcome == "succeeded"
    assert desk.order_state(order_id) == "open"
    answers = [desk.call(call(fields), paygov) for _ in range(2)]
    assert [answer.outcome for answer in answers] == ["booked", "duplicate"]
    assert json.loads(answers[0].acknowledgement.body)["errorCode"] == "00"


@pytest.mark.parametrize("name", sorted(told("R")))
def test_any_altered_field_is_refused(paygov, name):
    fields = told("ABCDEFGH23456789")
    with pytest.raises(CallbackNotAuthentic):
        paygov.read_callback(call({**fields, name: fields[name] + "1"}))


def test_an_ampersand_moves_nothing_from_one_field_to_another(paygov):
    fields = told("ABCDEFGH23456789", orderId="A", orderInfo="B&x=1")
    with pytest.raises(CallbackNotAuthentic):
        paygov.read_callback(call(fields))


def test_wrong_money_and_unknown_references_are_refused_by_code(desk, paygov):
    reference = desk.start(desk.open(), paygov)
    for fields, outcome in (
        (told(reference, amount="149999"), "amount-mismatch"),
        (told("ZZZZZZZZ22222222"), "attempt-not-found"),
    ):
        settlement = desk.call(call(fields), paygov)
        assert (settlement.outcome, settlement.acknowledgement.code) == (outcome, "99")


def test_another_algorithm_and_a_posted_start_are_lines_in_a_file(secrets, monkeypatch, tmp_path, payment, lgsp_server):
    monkeypatch.setenv("PAYGOV_SECRET", KEY)
    own = tmp_path / "paygov.toml"
    own.write_text(
        """
[start]
by = "post"
fields = { orderId = "{reference}", amount = "{amount}" }
numbers = ["amount"]
checksum = { field = "checksum", algorithm = "sha256-secret-first", order = ["orderId", "amount"] }
answer = { accepted = { errorCode = ["00"] }, url = "payUrl" }
""",
        encoding="utf-8",
    )
    with pytest.raises(ProviderDescriptionUnusable, match="page_origin"):
        paygov_from_settings(Given(messages=own), secrets)
    lgsp = LgspSettings(token_url=f"{lgsp_server.url}/token", client_id="city", client_secret="env:LGSP_SECRET")
    given = Given(messages=own, page_origin="https://paygov.example", lgsp=lgsp)
    given.paygov = given.paygov.model_copy(update={"start_url": f"{lgsp_server.url}/start"})
    lgsp_server.answer = lambda _: b'{"errorCode": "00", "payUrl": "https://paygov.example/p/1"}'
    posted = paygov_from_settings(given, secrets)
    assert posted.start(payment).redirect_url == "https://paygov.example/p/1"
    # Forms may end at the partner's pages, not where we post; this message names no page of ours to come back to.
    assert (posted.page_origin, posted.returns_payer) == ("https://paygov.example", False)
    sent = lgsp_server.received[-1]
    assert sent["amount"] == 150_000
    done = subprocess.run(
        ["openssl", "dgst", "-sha256", "-r"],
        input=f"{KEY}|{payment.reference}|150000".encode(),
        capture_output=True,
        check=True,
    )
    assert sent["checksum"] == done.stdout.split()[0].decode()
