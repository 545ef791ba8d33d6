"""Tokens of the LGSP: fetched once, renewed before their end and when refused, and shown nowhere."""

import base64
import json
import threading

import pytest

from payments.errors import ProviderUnavailable
from payments.providers.lgsp import Lgsp, LgspAccount, unwrapped


@pytest.fixture
def make(lgsp_server, secrets):
    def made(clock=lambda: 0.0):
        return Lgsp(LgspAccount(f"{lgsp_server.url}/token", "ci:ty", "env:LGSP_SECRET"), secrets, 2, clock)

    return made


def test_one_token_serves_many_calls_and_the_client_is_named_as_rfc_6749_says(lgsp_server, make):
    lgsp = make()
    threads = [threading.Thread(target=lgsp.post, args=(f"{lgsp_server.url}/x", b"{}")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(lgsp_server.received), lgsp_server.tokens_given) == (8, 1)
    named = base64.b64decode(lgsp_server.credentials[0].removeprefix("Basic ")).decode()
    assert named == "ci%3Aty:lgsp%2Bsecret%2Fof+tests"


def test_a_token_is_renewed_before_its_end(lgsp_server, make):
    moments = [0.0]
    lgsp = make(lambda: moments[0])
    lgsp.post(f"{lgsp_server.url}/x", b"{}")
    moments[0] = 3600 - 31
    lgsp.post(f"{lgsp_server.url}/x", b"{}")
    assert lgsp_server.tokens_given == 1
    moments[0] = 3600 - 29
    lgsp.post(f"{lgsp_server.url}/x", b"{}")
    assert lgsp_server.tokens_given == 2


def test_a_refused_token_is_renewed_once(lgsp_server, make):
    lgsp = make()
    lgsp.post(f"{lgsp_server.url}/x", b"{}")
    lgsp_server.good_tokens.clear()
    assert lgsp.post(f"{lgsp_server.url}/x", b"{}") == b"{}"
    assert lgsp_server.tokens_given == 2


def test_a_service_that_refuses_every_token_is_not_asked_for_ever(lgsp_server, make):
    lgsp = make()
    lgsp_server.status = 401
    with pytest.raises(ProviderUnavailable, match="401"):
        lgsp.post(f"{lgsp_server.url}/x", b"{}")
    assert (lgsp_server.tokens_given, len(lgsp_server.received)) == (2, 2)


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "tiếng", 7, None])
def test_what_is_no_token_goes_into_no_header(lgsp_server, make, token):
    lgsp_server.give_token = lambda _: json.dumps({"access_token": token}).encode()
    with pytest.raises(ProviderUnavailable) as caught:
        make().post(f"{lgsp_server.url}/x", b"{}")
    assert "lgsp+secret" not in str(caught.value)
    assert lgsp_server.received == []


def test_an_answer_may_come_wrapped_and_keeps_how_its_numbers_were_written():
    inner = b'{"SoTien": 150000.0}'
    assert unwrapped(json.dumps({"error_code": "0", "message": inner.decode()}).encode()) == inner
    assert unwrapped(json.dumps({"error_code": 0, "message": inner.decode()}).encode()) == inner
    assert unwrapped(inner) == inner
    assert unwrapped(b"%PDF-1.7") == b"%PDF-1.7"


@pytest.mark.parametrize("told", [{"error_code": "-1", "message": "x"}, {"error_code": "0", "message": {"a": 1}}])
def test_a_wrapper_that_tells_of_an_error_is_no_answer(told):
    with pytest.raises(ProviderUnavailable):
        unwrapped(json.dumps(told).encode())
