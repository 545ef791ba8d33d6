"""The sandbox against our own adapter, each written from VNPAY's guide apart from the other, over real HTTP."""

import re
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import requests

from payments.errors import CallbackNotAuthentic, ProviderAnswerNotAuthentic, ProviderUnavailable
from payments.model import CallbackCall, ProviderOutcome
from payments.money import Money
from payments.providers.base import PaymentRequest, QueryRequest
from payments.providers.vnpay.provider import VnpayAccount, VnpayProvider
from tests.gateway.sandbox.conftest import SECRET, TMN_CODE, TOKEN, rsp

REFERENCE = "K7WQ2M9XTB4RCE6A"


class Secrets:
    def __init__(self, secret=SECRET):
        self.secret = secret

    def read(self, reference):
        return self.secret


@pytest.fixture
def started_at():
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def provider(sandbox):
    return adapter(sandbox)


def adapter(sandbox, *, secret=SECRET, tmn_code=TMN_CODE, timeout=2):
    account = VnpayAccount(
        tmn_code,
        "env:X",
        f"{sandbox}/vnpay/paymentv2/vpcpay.html",
        f"{sandbox}/vnpay/merchant_webapi/api/transaction",
        timeout,
    )
    return VnpayProvider(account, Secrets(secret))


def request_for(started_at, *, minutes=15):
    return PaymentRequest(
        reference=REFERENCE,
        amount=Money(150_000),
        purpose="Lệ phí hồ sơ 0001",
        return_url="http://127.0.0.1:9/pay/abc/return?lang=vi",
        payer_address="203.0.113.7",
        started_at=started_at,
        expires_at=started_at + timedelta(minutes=minutes),
    )


def open_page(provider, started_at):
    page = requests.get(provider.start(request_for(started_at)).redirect_url, timeout=5)
    assert page.status_code == 200
    return re.search(r'action="/pay/([^"]+)"', page.text)[1]


def decide(sandbox, page_token, decision="pay"):
    form = {"decision": decision}
    return requests.post(f"{sandbox}/pay/{page_token}", data=form, allow_redirects=False, timeout=5)


def control(sandbox, kind, *, token=TOKEN):
    headers = {"Authorization": f"Bearer {token}"}
    wish = {"provider": "vnpay", "reference": REFERENCE, "kind": kind}
    return requests.post(f"{sandbox}/control/calls", json=wish, headers=headers, timeout=5)


def choose(sandbox, mode, **more):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    wish = {"provider": "vnpay", "mode": mode, **more}
    return requests.put(f"{sandbox}/control/modes", json=wish, headers=headers, timeout=5).status_code


def wait_for(condition):
    deadline = time.monotonic() + 5
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert condition()


def test_the_page_shows_amount_and_purpose_and_that_it_is_no_real_money(provider, started_at):
    page = requests.get(provider.start(request_for(started_at)).redirect_url, timeout=5)
    assert "150.000 ₫" in page.text
    assert "Le phi ho so 0001" in page.text
    assert "không có tiền thật" in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_a_payment_is_called_in_and_the_browser_brings_the_same_back(sandbox, merchant, provider, started_at):
    back = decide(sandbox, open_page(provider, started_at))
    assert back.status_code == 303
    called = provider.read_callback(CallbackCall("GET", merchant.queries[0].encode(), b""))
    assert (called.reference, called.amount, called.outcome) == (REFERENCE, Money(150_000), ProviderOutcome.SUCCEEDED)
    address = urlsplit(back.headers["Location"])
    assert address.query.startswith("lang=vi&vnp_Amount=15000000")
    assert provider.read_return(address.query.encode()) == called


def test_a_cancelled_payment_is_a_failure_by_the_payers_wish(sandbox, merchant, provider, started_at):
    decide(sandbox, open_page(provider, started_at), "cancel")
    event = provider.read_callback(CallbackCall("GET", merchant.queries[0].encode(), b""))
    assert (event.outcome, event.payer_cancelled, event.transaction) == (ProviderOutcome.FAILED, True, "0")


def test_a_decision_is_made_once(sandbox, merchant, provider, started_at):
    page_token = open_page(provider, started_at)
    first, second = decide(sandbox, page_token), decide(sandbox, page_token, "cancel")
    assert first.headers["Location"] == second.headers["Location"]
    assert len(merchant.queries) == 1


def test_a_call_is_repeated_until_it_is_confirmed(sandbox, merchant, provider, started_at):
    merchant.answer = lambda query: rsp("99") if len(merchant.queries) < 3 else rsp("02")
    decide(sandbox, open_page(provider, started_at))
    wait_for(lambda: len(merchant.queries) == 3)
    assert len(set(merchant.queries)) == 1


def test_a_call_that_nobody_confirms_is_given_up(sandbox, merchant, provider, started_at):
    merchant.answer = lambda query: b"<html>busy</html>"
    decide(sandbox, open_page(provider, started_at))
    wait_for(lambda: len(merchant.queries) == 4)
    time.sleep(0.2)
    assert len(merchant.queries) == 4


@pytest.mark.parametrize("change", ["15000000|15000001", "TxnRef=K|TxnRef=L", "vnp_SecureHash=|vnp_SecureHash=0"])
def test_an_altered_address_is_refused(provider, started_at, change):
    before, after = change.split("|")
    page = requests.get(provider.start(request_for(started_at)).redirect_url.replace(before, after), timeout=5)
    assert (page.status_code, "Sai chữ ký" in page.text) == (400, True)


def test_another_secret_terminal_or_a_late_payer_is_refused(sandbox, provider, started_at):
    addresses = [
        adapter(sandbox, secret="another").start(request_for(started_at)).redirect_url,
        adapter(sandbox, tmn_code="OTHERONE").start(request_for(started_at)).redirect_url,
        provider.start(request_for(started_at, minutes=-1)).redirect_url,
    ]
    assert [requests.get(address, timeout=5).status_code for address in addresses] == [400, 400, 400]


@pytest.mark.parametrize(
    ("kind", "believed"),
    [("forged", False), ("unsigned", False), ("wrong-amount", True), ("unknown-order", True), ("unknown-status", True)],
)
def test_dishonest_calls_are_what_they_claim_to_be(sandbox, merchant, provider, started_at, kind, believed):
    open_page(provider, started_at)
    assert control(sandbox, kind).json()["code"] == "00"
    call = CallbackCall("GET", merchant.queries[-1].encode(), b"")
    if not believed:
        with pytest.raises(CallbackNotAuthentic):
            provider.read_callback(call)
        return
    event = provider.read_callback(call)
    honest = (event.amount, event.reference, event.outcome) == (Money(150_000), REFERENCE, ProviderOutcome.SUCCEEDED)
    assert not honest


def test_a_replayed_call_is_the_same_byte_for_byte(sandbox, merchant, provider, started_at):
    assert control(sandbox, "replayed").status_code == 404
    page_token = open_page(provider, started_at)
    assert control(sandbox, "replayed").status_code == 409
    decide(sandbox, page_token)
    control(sandbox, "replayed")
    assert merchant.queries[0] == merchant.queries[1]


def test_control_is_for_whoever_has_the_token(sandbox, merchant, provider, started_at):
    open_page(provider, started_at)
    assert control(sandbox, "forged", token="wrong").status_code == 401
    assert control(sandbox, "no such kind").status_code == 400
    assert merchant.queries == []


def test_a_query_tells_what_a_lost_call_did_not(sandbox, merchant, provider, started_at):
    asked = QueryRequest(REFERENCE, Money(150_000), started_at)
    assert provider.query(asked, started_at).event.outcome is ProviderOutcome.NOT_FOUND
    assert choose(sandbox, "lost") == 200
    page_token = open_page(provider, started_at)
    assert provider.query(asked, started_at).event.outcome is ProviderOutcome.UNKNOWN
    decide(sandbox, page_token)
    answer = provider.query(asked, started_at)
    assert merchant.queries == []
    assert answer.event.outcome is ProviderOutcome.SUCCEEDED
    assert REFERENCE.encode() in answer.raw


def test_a_cancelled_payment_is_told_as_failed_by_query(sandbox, provider, started_at):
    decide(sandbox, open_page(provider, started_at), "cancel")
    asked = QueryRequest(REFERENCE, Money(150_000), started_at)
    assert provider.query(asked, started_at).event.outcome is ProviderOutcome.FAILED


def test_a_query_with_another_secret_is_not_answered_and_the_answer_not_believed(sandbox, started_at):
    with pytest.raises(ProviderAnswerNotAuthentic):
        adapter(sandbox, secret="another").query(QueryRequest(REFERENCE, Money(1), started_at), started_at)


def test_two_calls_for_one_payment_are_the_same(sandbox, merchant, provider, started_at):
    assert choose(sandbox, "duplicate") == 200
    decide(sandbox, open_page(provider, started_at))
    wait_for(lambda: len(merchant.queries) == 3)
    assert len(set(merchant.queries)) == 1


def test_a_slow_payment_is_pending_until_it_is_not(sandbox, merchant, provider, started_at):
    page_token = open_page(provider, started_at)
    assert choose(sandbox, "slow", reference=REFERENCE) == 200
    decide(sandbox, page_token)
    asked = QueryRequest(REFERENCE, Money(150_000), started_at)
    assert (merchant.queries, provider.query(asked, started_at).event.outcome) == ([], ProviderOutcome.UNKNOWN)
    wish = {"provider": "vnpay", "reference": REFERENCE, "decision": "pay"}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert requests.post(f"{sandbox}/control/decisions", json=wish, headers=headers, timeout=5).status_code == 200
    assert len(merchant.queries) == 1
    assert provider.query(asked, started_at).event.outcome is ProviderOutcome.SUCCEEDED


def test_what_came_last_is_told_first(sandbox, merchant, provider, started_at):
    assert choose(sandbox, "out-of-order") == 200
    decide(sandbox, open_page(provider, started_at))
    wait_for(lambda: len(merchant.queries) == 2)
    calls = [provider.read_callback(CallbackCall("GET", query.encode(), b"")) for query in merchant.queries]
    assert [call.outcome for call in calls] == [ProviderOutcome.SUCCEEDED, ProviderOutcome.UNKNOWN]


def test_a_forged_call_is_all_that_there_is_of_a_payment(sandbox, merchant, provider, started_at):
    assert choose(sandbox, "forged") == 200
    decide(sandbox, open_page(provider, started_at))
    with pytest.raises(CallbackNotAuthentic):
        provider.read_callback(CallbackCall("GET", merchant.queries[0].encode(), b""))
    asked = QueryRequest(REFERENCE, Money(150_000), started_at)
    assert provider.query(asked, started_at).event.outcome is ProviderOutcome.FAILED


def test_a_wrong_amount_is_told_by_call_and_by_query(sandbox, merchant, provider, started_at):
    assert choose(sandbox, "wrong-amount") == 200
    decide(sandbox, open_page(provider, started_at))
    asked = QueryRequest(REFERENCE, Money(150_000), started_at)
    told = provider.read_callback(CallbackCall("GET", merchant.queries[0].encode(), b""))
    assert told.amount == provider.query(asked, started_at).event.amount == Money(151_000)


def test_the_payer_may_choose_the_mode_on_the_page(sandbox, merchant, provider, started_at):
    page_token = open_page(provider, started_at)
    form = {"decision": "pay", "mode": "lost"}
    requests.post(f"{sandbox}/pay/{page_token}", data=form, allow_redirects=False, timeout=5)
    assert merchant.queries == []
    assert requests.post(f"{sandbox}/pay/{page_token}", data={**form, "mode": "x"}, timeout=5).status_code == 400


def test_the_control_of_modes_takes_only_what_it_knows(sandbox):
    assert choose(sandbox, "no such") == 400
    assert choose(sandbox, "honest", provider="nobody") == 400
    assert choose(sandbox, "honest", reference="nothing") == 404


@pytest.mark.parametrize("path", ["/", "/nothing"])
def test_a_server_that_is_no_vnpay_is_unavailable(sandbox, path, started_at):
    account = VnpayAccount(TMN_CODE, "env:X", sandbox, f"{sandbox}{path}", 1)
    with pytest.raises(ProviderUnavailable):
        VnpayProvider(account, Secrets()).query(QueryRequest(REFERENCE, Money(1), started_at), started_at)


def test_nobody_at_the_address_is_unavailable(started_at):
    account = VnpayAccount(TMN_CODE, "env:X", "http://127.0.0.1:9", "http://127.0.0.1:9/api", 1)
    with pytest.raises(ProviderUnavailable):
        VnpayProvider(account, Secrets()).query(QueryRequest(REFERENCE, Money(1), started_at), started_at)
