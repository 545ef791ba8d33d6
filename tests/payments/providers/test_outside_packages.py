"""The npm packages `vnpay` and `@payos/node`, which others wrote, accept what we send and send what we accept.

`make test` installs them (deploy/setup/node.sh) and nothing else uses them; one Node.js process answers all tests.
"""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.serving import make_server

from gateway.sandbox.app import SandboxConfig, create_sandbox
from payments.errors import CallbackNotAuthentic, ProviderAnswerNotAuthentic
from payments.model import CallbackCall, ProviderOutcome
from payments.money import Money
from payments.providers.base import PaymentRequest, QueryRequest
from payments.providers.js_json import stringify
from payments.providers.payos.links import create_body, read_created, read_link
from payments.providers.payos.signature import data_text, payout_text
from payments.providers.proofs import hmac_sha256
from tests.payments.makers import SECRET, TMN_CODE, ipn_fields, vnpay
from tests.payments.providers.payos_makers import CHECKSUM_KEY, CODE, payos, transfer, webhook

HERE = Path(__file__).with_name("node")
AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
WORDS = ["Phí thẩm định", "a+b & c=d?", "100% /x#y", "Lệ phí 'cấp' (bản) *sao*!~", "  hai  khoảng ", "é漢字🙂"]


class Judge:
    """A Node.js process that holds the packages."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(self, what: str, **asked: Any) -> Any:
        told = self.told(what, **asked)
        assert "error" not in told, told
        return told["answer"]

    def told(self, what: str, **asked: Any) -> dict[str, Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps({"what": what, **asked}) + "\n")
        stdin.flush()
        told: dict[str, Any] = json.loads(stdout.readline())
        return told


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed, so other people's packages cannot be asked: apt-get install nodejs npm")
    if not (HERE / "node_modules" / "vnpay").is_dir():
        pytest.skip("the npm packages are not installed: sh deploy/setup/node.sh says why")
    with subprocess.Popen(
        [node, HERE / "judge.cjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        yield Judge(process)
        assert process.stdin is not None
        process.stdin.close()


def payment(purpose: str = "Hồ sơ", **changed: Any) -> PaymentRequest:
    told = {
        "reference": "7K3M9XBWHTQA2345",
        "amount": Money(150_000),
        "purpose": purpose,
        "return_url": "https://cong.example/pay/x-Y_1/return?a=b&c=%20d",
        "payer_address": "203.0.113.7",
        "started_at": AT,
        "expires_at": AT + timedelta(minutes=15),
        "dossier_code": "000.00.15.H13-261123-0001",
        **changed,
    }
    return PaymentRequest(**told)


# --- VNPAY


@pytest.mark.parametrize("purpose", WORDS)
def test_vnpay_verifies_our_address_and_refuses_it_altered(judge: Judge, purpose: str) -> None:
    query = (vnpay().start(payment(purpose)).redirect_url or "").partition("?")[2]
    asked = {"secret": SECRET, "tmn": TMN_CODE}
    assert judge("vnpayVerify", query=query, **asked) is True
    assert judge("vnpayVerify", query=query.replace("15000000", "15000100"), **asked) is False
    assert judge("vnpayVerify", query=query, secret="another", tmn=TMN_CODE) is False


@pytest.mark.parametrize("words", WORDS)
def test_we_take_vnpays_call_and_refuse_it_altered(judge: Judge, words: str) -> None:
    fields = ipn_fields("REF1", 150_000, OrderInfo=words)
    query = judge("vnpayQuery", fields=fields, secret=SECRET)
    assert judge("vnpayVerifyIpn", query=query, secret=SECRET, tmn=TMN_CODE)["isSuccess"] is True
    event = vnpay().read_callback(CallbackCall("GET", query.encode(), b""))
    assert (event.reference, event.amount, event.outcome) == ("REF1", Money(150_000), ProviderOutcome.SUCCEEDED)
    for name in fields:
        altered = query.replace(f"{name}=", f"{name}=1", 1)
        assert altered != query
        with pytest.raises(CallbackNotAuthentic):
            vnpay().read_callback(CallbackCall("GET", altered.encode(), b""))
    forged = judge("vnpayQuery", fields=fields, secret="another")
    with pytest.raises(CallbackNotAuthentic):
        vnpay().read_callback(CallbackCall("GET", forged.encode(), b""))


# --- payOS


@pytest.mark.parametrize("dossier", ["HS-1", "Đơn số 5/2026", "000.00.15.H13-261123-0001"])
def test_payos_signs_a_new_link_as_we_do(judge: Judge, dossier: str) -> None:
    body = create_body(payment(reference=str(CODE), dossier_code=dossier), 25, CHECKSUM_KEY)
    assert judge("payosSignCreate", data=body, key=CHECKSUM_KEY) == body["signature"]
    assert judge("payosSignCreate", data={**body, "amount": 1}, key=CHECKSUM_KEY) != body["signature"]


@pytest.mark.parametrize("words", [*WORDS, "null", "undefined", "", None])
def test_we_take_payos_webhook_and_payos_takes_our_tests(judge: Judge, words: str | None) -> None:
    data = transfer(description=words, counterAccountName=words)
    signature = judge("payosSign", data=data, key=CHECKSUM_KEY)
    assert payos().read_callback(webhook(data, signature)).amount == Money(150_000)
    with pytest.raises(CallbackNotAuthentic):
        payos().read_callback(webhook({**data, "amount": 150_001}, signature))
    with pytest.raises(CallbackNotAuthentic):
        payos().read_callback(webhook(data, judge("payosSign", data=data, key="another")))


def test_payos_finds_a_call_of_the_tests_true_and_an_altered_one_false(judge: Judge) -> None:
    honest = webhook(transfer())
    assert judge("payosVerify", body=honest.body.decode(), key=CHECKSUM_KEY) is True
    altered = honest.body.replace(b"150000", b"150001").decode()
    assert judge("payosVerify", body=altered, key=CHECKSUM_KEY) is False


scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8"), max_size=8)
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,6}", fullmatch=True).filter(lambda name: name != "__proto__")
flat = st.dictionaries(names, scalars, max_size=5)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(names, scalars | st.lists(flat, max_size=3), min_size=1, max_size=6))
def test_whatever_payos_signs_has_the_text_that_we_give_it(judge: Judge, data: dict[str, Any]) -> None:
    assert judge("payosSign", data=data, key=CHECKSUM_KEY) == hmac_sha256(CHECKSUM_KEY, data_text(data))


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(names, scalars | flat | st.lists(flat, max_size=3), min_size=1, max_size=6))
def test_whatever_payos_signs_in_a_header_has_the_text_that_we_give_it(judge: Judge, data: dict[str, Any]) -> None:
    assert judge("payosSignHeader", data=data, key=CHECKSUM_KEY) == hmac_sha256(CHECKSUM_KEY, payout_text(data))


@settings(max_examples=80, deadline=None)
@given(
    st.recursive(scalars | st.floats(allow_nan=False, allow_infinity=False), lambda inner: st.lists(inner, max_size=4))
)
def test_values_are_written_as_javascript_writes_them(judge: Judge, value: Any) -> None:
    assert stringify(value) == judge("stringify", text=json.dumps(value))


# --- payOS' own client at the sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    account = {"client_id": "client-1", "api_key": "api-key-1", "checksum_key": CHECKSUM_KEY}
    server = make_server("127.0.0.1", 0, create_sandbox(SandboxConfig("http://127.0.0.1:9", {"payos": account})))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/payos"
    server.shutdown()
    server.server_close()
    thread.join()


def test_payos_own_client_finds_the_sandboxs_answers_true(judge: Judge, sandbox: str) -> None:
    at = {"key": CHECKSUM_KEY, "base": sandbox}
    wish = {
        "orderCode": CODE,
        "amount": 5_000,
        "description": "HS1",
        "cancelUrl": "http://a/",
        "returnUrl": "http://a/",
    }
    made = judge("payosCreate", data=wish, **at)
    assert (made["orderCode"], made["amount"], made["status"]) == (CODE, 5_000, "PENDING")
    assert judge("payosGet", code=CODE, **at)["amountPaid"] == 0
    assert judge("payosCancel", code=CODE, **at)["status"] == "CANCELLED"
    assert "error" in judge.told("payosCancel", code=CODE, **at)
    # With another key its client finds the very same answer false, and the sandbox its request.
    assert "Data integrity check failed" in judge.told("payosGet", code=CODE, **{**at, "key": "another"})["error"]
    assert "error" in judge.told("payosCreate", data={**wish, "orderCode": CODE + 1}, **{**at, "key": "another"})


def test_we_take_answers_that_payos_client_would_sign(judge: Judge) -> None:
    link = {
        "id": "124c",
        "orderCode": CODE,
        "amount": 150_000,
        "amountPaid": 150_000,
        "amountRemaining": 0,
        "status": "PAID",
        "createdAt": "2026-11-23T10:00:00+07:00",
        "canceledAt": None,
        "cancellationReason": None,
        "transactions": [
            {"reference": "FT1", "amount": 150_000, "description": 'Phí "A" /b', "virtualAccountName": None}
        ],
    }
    asked = QueryRequest(str(CODE), Money(150_000), AT)
    signature = judge("payosSign", data=link, key=CHECKSUM_KEY)
    raw = json.dumps({"code": "00", "data": link, "signature": signature}).encode()
    assert read_link(raw, asked, CHECKSUM_KEY).outcome is ProviderOutcome.SUCCEEDED
    with pytest.raises(ProviderAnswerNotAuthentic):
        read_link(raw.replace(b"FT1", b"FT2"), asked, CHECKSUM_KEY)
    made = {"orderCode": CODE, "amount": 150_000, "checkoutUrl": "https://pay.payos.vn/web/1", "paymentLinkId": "1"}
    made_raw = {"code": "00", "data": made, "signature": judge("payosSign", data=made, key=CHECKSUM_KEY)}
    wanted = replace(payment(), reference=str(CODE))
    started = read_created(json.dumps(made_raw).encode(), wanted, CHECKSUM_KEY)
    assert started.redirect_url == made["checkoutUrl"]
