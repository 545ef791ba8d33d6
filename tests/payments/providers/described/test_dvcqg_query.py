"""Asking the platform: what it answers is proved and about our question, and large payments wait for it."""

import json
from contextlib import contextmanager
from datetime import timedelta

import pytest

from payments.errors import ProviderAnswerNotAuthentic, ProviderUnavailable
from payments.journeys import query_stale
from payments.model import ProviderOutcome
from payments.money import Money
from payments.providers.base import QueryRequest
from payments.providers.described.layout import load_messages
from payments.providers.dvcqg.provider import SHIPPED
from tests.payments.desk import StoreWork
from tests.payments.makers import LATER, PHI
from tests.payments.providers.described.conftest import PARTNER, SECRET, as_call, confirm_fields, platform_of, sha256

LARGE = 2_000_000


def status(reference, amount=150_000, state="1", **changed):
    """The platform's answer to a question about a payment."""
    told = {**confirm_fields(reference, amount), "LoaiBanTin": "QUERY", "TrangThaiGD": state, **changed}
    told.pop("MaXacThuc")
    told["MaXacThuc"] = sha256("|".join(str(value) for value in (*told.values(), SECRET)))
    return told


@pytest.fixture
def asked(at):
    return QueryRequest("ABCDEFGH23456789", Money(150_000), at.replace(hour=8, minute=4, second=5))


def says(server, told):
    server.answer = lambda _: told if isinstance(told, bytes) else json.dumps(told).encode()


def test_the_question_is_signed_in_the_facts_order_with_the_moment_of_the_start(platform, lgsp_server, asked, at):
    says(lgsp_server, status(asked.reference))
    answer = platform.query(asked, at)
    sent = lgsp_server.received[-1]
    assert sent["MaXacThuc"] == sha256(f"QUERY|1.0.6|{PARTNER}|ABCDEFGH23456789|20261123150405|{SECRET}")
    assert answer.event.outcome is ProviderOutcome.SUCCEEDED


@pytest.mark.parametrize(
    ("state", "outcome"), [("1", "succeeded"), ("3", "unknown"), ("4", "failed"), ("9", "unknown")]
)
def test_a_state_is_told_in_our_words(platform, lgsp_server, asked, at, state, outcome):
    says(lgsp_server, status(asked.reference, state=state))
    assert platform.query(asked, at).event.outcome == outcome


def test_an_answer_and_a_call_about_one_success_are_one_event(platform, lgsp_server, asked, at):
    says(lgsp_server, status(asked.reference))
    assert platform.query(asked, at).event.key == platform.read_callback(as_call(confirm_fields(asked.reference))).key


def test_a_wrapped_answer_is_read_and_kept_as_it_came(platform, lgsp_server, asked, at):
    raw = json.dumps({"error_code": "0", "message": json.dumps(status(asked.reference))}).encode()
    says(lgsp_server, raw)
    assert platform.query(asked, at).raw == raw


@pytest.mark.parametrize("name", ["SoTien", "MaGiaoDich", "TrangThaiGD", "MaThamChieu", "MaXacThuc"])
def test_an_altered_answer_is_not_believed(platform, lgsp_server, asked, at, name):
    told = status(asked.reference)
    says(lgsp_server, {**told, name: f"{told[name]}1"})
    with pytest.raises(ProviderAnswerNotAuthentic):
        platform.query(asked, at)


def test_an_answer_about_another_attempt_is_not_believed(platform, lgsp_server, asked, at):
    says(lgsp_server, status("ZZZZZZZZ22222222"))
    with pytest.raises(ProviderAnswerNotAuthentic):
        platform.query(asked, at)


@pytest.mark.parametrize("told", [b"", b"<html>", b"[]", {"error_code": "7", "message": "{}"}])
def test_what_is_no_answer_is_asked_again(platform, lgsp_server, asked, at, told):
    says(lgsp_server, told)
    with pytest.raises(ProviderUnavailable):
        platform.query(asked, at)


def test_a_refused_question_says_nothing_about_the_payment(platform, lgsp_server, asked, at):
    says(lgsp_server, status(asked.reference, MaLoi="99"))
    with pytest.raises(ProviderUnavailable, match="MaLoi"):
        platform.query(asked, at)


@pytest.fixture
def ask(desk, platform):
    """Ask about what is due at a moment; returns the outcomes."""

    @contextmanager
    def work():
        with desk.open_store() as store:
            yield StoreWork(store, desk.recorded)

    return lambda now: [settled.outcome for settled in query_stale(work, lambda _: platform, now=now)]


@pytest.fixture
def large(desk, platform, lgsp_server):
    says(lgsp_server, {"MaLoi": "00", "UrlThanhToan": "https://thanhtoan.dichvucong.example/1"})
    order_id = desk.open(items=(type(PHI)(PHI.kind, PHI.name, "1.1", "423", "2716", "H13.01", Money(LARGE)),))
    return order_id, desk.start(order_id, platform)


@pytest.mark.parametrize("late", [timedelta(), timedelta(days=9)])
def test_a_large_payment_is_booked_once_the_platform_says_so_when_asked(desk, platform, lgsp_server, large, ask, late):
    order_id, reference = large
    says(lgsp_server, b"silence")
    ask(LATER + timedelta(days=8) if late else LATER)
    noted = desk.call(as_call(confirm_fields(reference, LARGE)), platform, now=LATER + late)
    assert (noted.outcome, noted.acknowledgement.code) == ("unknown-noted", "00")
    assert desk.order_state(order_id) == "open"
    says(lgsp_server, status(reference, LARGE))
    assert ask(LATER + late) == ["booked"]
    assert desk.order_state(order_id) == "paid"
    assert desk.call(as_call(confirm_fields(reference, LARGE)), platform).outcome == "duplicate"


def test_a_large_payment_that_the_platform_denies_when_asked_is_not_booked(desk, platform, lgsp_server, large, ask):
    order_id, reference = large
    desk.call(as_call(confirm_fields(reference, LARGE)), platform)
    says(lgsp_server, status(reference, LARGE, "4"))
    assert ask(LATER) == ["failure-noted"]
    assert (desk.order_state(order_id), desk.attempt_states(order_id)) == ("open", ["failed"])


def test_the_platforms_receipt_is_a_pdf_or_an_error(platform, lgsp_server, asked):
    says(lgsp_server, b"%PDF-1.7 ...")
    assert platform.fetch_receipt(asked) == b"%PDF-1.7 ..."
    assert lgsp_server.received[-1]["MaXacThuc"] == sha256(
        f"RECEIPT|1.0.6|{PARTNER}|ABCDEFGH23456789|20261123150405|{SECRET}"
    )
    for other in (b"", b'{"MaLoi": "99"}', b"<html>%PDF-"):
        says(lgsp_server, other)
        with pytest.raises(ProviderUnavailable):
            platform.fetch_receipt(asked)


@pytest.mark.parametrize(("state", "outcome"), [("3", "not-found"), ("4", "failed")])
def test_a_refusal_of_the_platforms_counts_under_a_4xx_too(lgsp_server, secrets, asked, at, state, outcome):
    shipped = load_messages(SHIPPED, None)
    answer = shipped.query.answer.model_copy(update={"not_found": ("3",)})
    query = shipped.query.model_copy(update={"answer": answer})
    platform = platform_of(shipped.model_copy(update={"query": query}), lgsp_server, secrets)
    lgsp_server.status = 404
    says(lgsp_server, status(asked.reference, state=state))
    assert platform.query(asked, at).event.outcome == outcome


@pytest.mark.parametrize("told", [status("ABCDEFGH23456789"), {"fault": "no such API"}, b"<html>"])
def test_nothing_else_counts_under_a_4xx(platform, lgsp_server, asked, at, told):
    lgsp_server.status = 404
    says(lgsp_server, told)
    with pytest.raises(ProviderUnavailable, match="status 404"):
        platform.query(asked, at)
