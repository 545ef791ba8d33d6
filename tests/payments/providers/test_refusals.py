"""A refusal counts under any 4xx; a success under one, a proxy's error and a server's fault tell nothing."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from config.secrets import LocalSecrets, SecretUnavailable
from payments.errors import PaymentNotPossible, ProviderAnswerNotAuthentic, ProviderUnavailable, RefundNotPossible
from payments.model import ProviderOutcome, RefundOutcome
from payments.money import Money
from payments.providers.base import PaymentRequest, QueryRequest, RefundRequest
from payments.providers.momo.provider import MomoAccount, MomoProvider
from payments.providers.vnpay.provider import VnpayAccount, VnpayProvider
from payments.providers.zalopay.provider import ZalopayAccount, ZalopayProvider
from tests.payments.makers import SECRET, TMN_CODE
from tests.payments.providers.test_vnpay_query import answer as vnpay_status
from tests.payments.providers.test_vnpay_refund import answer as vnpay_refunded


class Answering:
    """A provider's server: it says one thing, under one status, and remembers how often it was asked."""

    def __init__(self):
        told = self
        self.status, self.content, self.asked = 200, b"", 0

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                told.asked += 1
                self.send_response(told.status)
                self.send_header("Content-Length", str(len(told.content)))
                self.end_headers()
                self.wfile.write(told.content)

            def log_message(self, *_):
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def say(self, status, told):
        self.status = status
        self.content = told if isinstance(told, bytes) else json.dumps(told).encode()


@pytest.fixture(scope="module")
def server():
    answering = Answering()
    yield answering
    answering.server.shutdown()
    answering.server.server_close()


@pytest.fixture
def providers(server, monkeypatch):
    monkeypatch.setenv("REFUSALS_KEY", SECRET)
    key, secrets = "env:REFUSALS_KEY", LocalSecrets()
    return {
        "momo": MomoProvider(MomoAccount("PARTNER", key, key, server.url, 2), secrets),
        "zalopay": ZalopayProvider(ZalopayAccount(2553, key, key, server.url, server.url, 2), secrets),
        "vnpay": VnpayProvider(VnpayAccount(TMN_CODE, key, server.url, server.url, 2), secrets),
    }


@pytest.fixture
def payment(at):
    return QueryRequest("REF1", Money(150_000), at)


@pytest.fixture
def refund(payment, at):
    return RefundRequest("RF1", payment, "14422574", Money(150_000), Money(50_000), "Trả hai lần", "lan.tt", at)


def momo(code, **more):
    return {"partnerCode": "PARTNER", "orderId": "RF1", "amount": 50_000, "resultCode": code, **more}


def zalopay(code, reason=0):
    return {"return_code": code, "sub_return_code": reason, "return_message": "x"}


REFUSED = [
    ("momo", momo(1081)),
    ("momo", momo(13)),
    ("momo", momo(11)),
    ("momo", momo(20)),
    ("momo", {"resultCode": 22, "message": "Số tiền không hợp lệ"}),
    ("zalopay", zalopay(2, -14)),
    ("zalopay", zalopay(-401)),
    ("vnpay", vnpay_refunded(ResponseCode="95")),
]


@pytest.mark.parametrize("status", [200, 400, 403, 422])
@pytest.mark.parametrize(("name", "told"), REFUSED)
def test_a_refund_that_is_refused_in_the_providers_words_has_failed(providers, server, refund, at, name, told, status):
    server.say(status, told)
    with pytest.raises(RefundNotPossible):
        providers[name].refund(refund, at)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("momo", momo(0)),
        ("momo", {"message": "Forbidden"}),
        ("momo", [1]),
        ("momo", b"<html>403 Forbidden</html>"),
        ("momo", b"[" * 100_000),
        ("zalopay", zalopay(1)),
        ("zalopay", zalopay(3)),
        ("zalopay", b""),
        ("vnpay", vnpay_refunded()),
        ("vnpay", b"\xff\xfe"),
        ("vnpay", {"vnp_ResponseCode": None}),
    ],
)
def test_under_a_4xx_nothing_else_counts(providers, server, refund, at, name, told):
    server.say(403, told)
    with pytest.raises(ProviderUnavailable):
        providers[name].refund(refund, at)


@pytest.mark.parametrize(("name", "told"), REFUSED)
def test_a_fault_of_the_providers_own_leaves_the_refund_unknown(providers, server, refund, at, name, told):
    server.say(500, told)
    with pytest.raises(ProviderUnavailable, match="status 500"):
        providers[name].refund(refund, at)


def test_a_refusal_of_vnpays_that_anybody_could_have_written_is_not_believed(providers, server, refund, at):
    forged = json.loads(vnpay_refunded(ResponseCode="95"))
    server.say(400, {**forged, "vnp_SecureHash": "0" * 128})
    with pytest.raises(ProviderAnswerNotAuthentic):
        providers["vnpay"].refund(refund, at)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("momo", momo(99)),
        ("momo", momo(40)),
        ("zalopay", zalopay(2, -500)),
        ("vnpay", vnpay_refunded(ResponseCode="99")),
    ],
)
def test_a_refusal_that_says_nothing_final_leaves_the_refund_unknown(providers, server, refund, at, name, told):
    server.say(400, told)
    assert providers[name].refund(refund, at).event.outcome is RefundOutcome.UNKNOWN


@pytest.mark.parametrize(
    ("name", "told"),
    [("momo", momo(42, orderId="")), ("zalopay", zalopay(2, -101)), ("vnpay", vnpay_status(ResponseCode="91"))],
)
def test_a_payment_that_never_arrived_is_told_under_a_4xx_too(providers, server, payment, at, name, told):
    server.say(404, told)
    assert providers[name].query(payment, at).event.outcome is ProviderOutcome.NOT_FOUND


@pytest.mark.parametrize(("name", "told"), [("momo", momo(22)), ("zalopay", zalopay(2, -401))])
def test_a_payment_that_cannot_start_is_told_at_once(providers, server, at, name, told):
    server.say(400, told)
    asked = PaymentRequest("REF1", Money(150_000), "Ho so 1", "https://pay.example.vn/x", "", at, at)
    with pytest.raises(PaymentNotPossible):
        providers[name].start(asked)


@pytest.mark.parametrize("name", ["momo", "zalopay", "vnpay"])
def test_without_its_secret_nothing_is_sent(providers, server, refund, at, monkeypatch, name):
    monkeypatch.delenv("REFUSALS_KEY")
    before = server.asked
    with pytest.raises(SecretUnavailable):
        providers[name].refund(refund, at)
    assert server.asked == before
