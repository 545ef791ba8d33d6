"""The modes on PostgreSQL, where SePay signs and PayGov is posted to; and a database that is lost in a call."""

import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

import psycopg
import pytest
from playwright.sync_api import sync_playwright
from sqlalchemy import select

from config.exchange import Exchange, Statement
from payments.journeys import check_books
from payments.store.tables import ProviderCallbackRow
from tests.gateway.matrix import test_modes, test_outages, test_platform
from tests.gateway.matrix.dialects import ASKED, DIALECTS, EACH, REFUNDING, Dialect
from tests.gateway.matrix.test_modes import INCOME, OPEN, paid
from tests.gateway.matrix.test_transfers import BANK, PAID, collect, state, transferred
from tests.gateway.matrix.test_transfers import EACH as TOLD_BY
from tests.gateway.matrix.town import AMOUNT, Town
from tests.gateway.web.test_browser import ARGUMENTS, CHROMIUM

pytestmark = pytest.mark.xdist_group("matrix of providers")


@dataclass(frozen=True)
class End:
    """Our answers to the provider's calls, order and attempt after asking, and what the journal moved."""

    codes: list[str]
    states: tuple[str, str]
    booked: Mapping[str, int]


def end_of(mode: str, dialect: Dialect) -> End:
    settled = End([dialect.taken], ("paid", "succeeded"), paid(dialect.provider))
    nothing = End([], ("open", dialect.silent), OPEN)
    ends = {
        "honest": settled,
        "slow": nothing,
        "out-of-order": End([dialect.taken, dialect.again], settled.states, settled.booked),
        "lost": End([], settled.states, settled.booked) if dialect.asked else nothing,
        "forged": End([dialect.forged], ("open", dialect.fails), OPEN),
        "wrong-amount": End([dialect.wrong_amount], ("open", "started"), OPEN),
    }
    return ends[mode]


@pytest.mark.parametrize(
    ("dialect", "mode"),
    [
        pytest.param(each, mode, id=f"{each.provider}-{mode}")
        for each in DIALECTS
        for mode in ("honest", "slow", "out-of-order", "lost", "forged", "wrong-amount")
        if each.tells_pending or mode != "out-of-order"
    ],
)
def test_each_mode_ends_as_on_sqlite(postgres_town: Town, dialect: Dialect, mode: str) -> None:
    end = end_of(mode, dialect)
    payment = postgres_town.pay(dialect.provider, mode)
    codes = postgres_town.codes(payment, len(end.codes))
    postgres_town.ask()

    assert End(codes, postgres_town.states(payment), postgres_town.booked(payment.order_id)) == end


@pytest.mark.parametrize("dialect", EACH)
def test_copies_of_one_call_book_once(postgres_town: Town, dialect: Dialect) -> None:
    payment = postgres_town.pay(dialect.provider, "duplicate")

    assert sorted(postgres_town.codes(payment, 3)) == sorted([dialect.taken, dialect.again, dialect.again])
    assert postgres_town.states(payment) == ("paid", "succeeded")
    assert postgres_town.booked(payment.order_id) == paid(dialect.provider)


@pytest.mark.parametrize("dialect", ASKED)
def test_a_lost_call_is_found_after_the_order_was_paid_another_way(postgres_town: Town, dialect: Dialect) -> None:
    lost = postgres_town.pay(dialect.provider, "lost")
    postgres_town.pay(dialect.provider, "honest", lost.order_id)
    postgres_town.ask()

    assert postgres_town.states(lost) == ("paid", "succeeded")
    clearing = f"clearing:{dialect.provider}"
    assert postgres_town.booked(lost.order_id) == {clearing: 2 * AMOUNT, INCOME: -AMOUNT, "suspense": -AMOUNT}


@pytest.mark.parametrize("dialect", REFUNDING)
def test_a_refund_ends_as_the_provider_ends_it(postgres_town: Town, dialect: Dialect) -> None:
    payment = postgres_town.pay(dialect.provider, "honest")
    refund = postgres_town.refund(payment)
    postgres_town.ask_about_refunds()

    assert postgres_town.refund_state(refund) == "confirmed"
    left = AMOUNT - 20_000
    assert postgres_town.booked(payment.order_id, refund) == {f"clearing:{dialect.provider}": left, INCOME: -left}


@pytest.fixture(scope="module")
def account(postgres_town: Town) -> None:
    collect(postgres_town)


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("provider", TOLD_BY)
def test_copies_of_one_notice_book_once(postgres_town: Town, provider: str) -> None:
    notice = transferred(postgres_town, provider, "duplicate")

    assert postgres_town.codes(notice, 3) == ["200"] * 3
    assert (state(postgres_town, notice), postgres_town.booked(notice.order_id)) == ("paid", PAID)


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("provider", TOLD_BY)
@pytest.mark.parametrize("mode", ["honest", "slow", "lost", "forged", "wrong-amount"])
def test_each_mode_of_a_notice_ends_as_on_sqlite(postgres_town: Town, provider: str, mode: str) -> None:
    codes = {"slow": [], "lost": [], "forged": ["401"]}.get(mode, ["200"])
    came = AMOUNT + 1_000
    ends = {"honest": ("paid", PAID), "wrong-amount": ("open", {**OPEN, BANK: came, "suspense": -came})}
    notice = transferred(postgres_town, provider, mode)

    assert postgres_town.codes(notice, len(codes)) == codes
    assert (state(postgres_town, notice), postgres_town.booked(notice.order_id)) == ends.get(mode, ("open", OPEN))


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("kind", ["forged", "unsigned"])
def test_a_notice_that_sepay_did_not_sign_is_refused(postgres_town: Town, kind: str) -> None:
    notice = transferred(postgres_town, "sepay", "lost")
    told = postgres_town.control("POST", "calls", provider="sepay", reference=notice.reference, kind=kind)

    assert told["code"] == "401"
    assert (state(postgres_town, notice), postgres_town.booked(notice.order_id)) == ("open", OPEN)


@pytest.mark.usefixtures("account")
def test_what_sepay_signed_is_kept_as_openssl_proves_it(postgres_town: Town) -> None:
    notice = transferred(postgres_town, "sepay", "honest")
    assert postgres_town.codes(notice, 1) == ["200"]
    with postgres_town.services.unit_of_work(read_only=True) as work:
        (kept,) = (row for row in work.payments.callbacks.of_order(notice.order_id) if row.outcome == "booked")

    assert "authorization" not in kept.headers
    key = f"hexkey:{postgres_town.layout.secret('sepay').encode().hex()}"
    hmac = ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", key]
    signed = kept.headers["x-sepay-timestamp"].encode() + b"." + kept.body
    digest = subprocess.run(hmac, input=signed, capture_output=True, check=True).stdout.decode()
    assert kept.headers["x-sepay-signature"] == f"sha256={digest.split()[-1]}"


@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}")
def test_a_browser_gets_from_our_page_to_the_one_that_paygov_answered_and_back(postgres_town: Town) -> None:
    order_id = postgres_town.open_order()
    pay_url, hub = postgres_town.order(order_id)["pay_url"], postgres_town.layout.sandbox_url
    postgres_town.control("PUT", "modes", provider="paygov", mode="honest")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        page = browser.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        opened = page.goto(pay_url)
        page.get_by_text("PayGov", exact=True).click()
        page.get_by_role("button", name="qua PayGov").click()
        page.wait_for_url(f"{hub}/pay/*")
        page.locator("button[value=pay]").click()
        page.wait_for_url(f"{postgres_town.layout.web_url}/**")
        told = page.locator("main").inner_text()
        browser.close()

    assert opened is not None
    # A form may end on our own page or on the partners', nowhere else.
    assert opened.headers["content-security-policy"].endswith(f"; form-action 'self' {hub}")
    assert complaints == []
    assert "Đã nhận đủ tiền" in told
    assert postgres_town.order(order_id)["state"] == "paid"
    assert postgres_town.booked(order_id) == paid("paygov")


BY_NAME = {dialect.provider: dialect for dialect in DIALECTS}


@pytest.mark.parametrize(
    ("case", "provider"),
    [
        (test_modes.test_silence_is_asked_about_for_three_days_and_then_told_to_people, "momo"),
        (test_modes.test_a_lost_call_of_one_that_cannot_be_asked_is_told_to_people_and_no_success, "paygov"),
        (test_modes.test_money_after_silence_and_expiry_waits_in_suspense_with_a_refund_proposed, "vnpay"),
        (test_outages.test_without_our_secret_nothing_starts_and_the_payer_is_told, "zalopay"),
        (test_outages.test_one_unreadable_secret_keeps_no_refund_of_the_others_back, "vnpay"),
    ],
)
def test_silence_expiry_and_outages_end_as_on_sqlite(
    postgres_town: Town, case: Callable[[Town, Dialect], None], provider: str
) -> None:
    case(postgres_town, BY_NAME[provider])


@pytest.mark.parametrize(
    "case",
    [
        test_platform.test_a_fine_is_paid_by_its_decision,
        test_platform.test_a_large_payment_counts_once_the_platform_says_so_when_asked,
    ],
)
def test_the_platforms_own_cases_end_as_on_sqlite(postgres_town: Town, case: Callable[[Town], None]) -> None:
    case(postgres_town)


@pytest.fixture
def lost_at(postgres_town: Town, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[int]]:
    """End the server's side of a connection before the nth message of the next call; returns whom it will have met.

    A call is three messages: itself, what is asked for, and what is written with the commit.
    """

    def lose(number: int) -> list[int]:
        messages, ended, send = count(1), [], Exchange.send
        address = postgres_town.services.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)

        def lost(exchange: Exchange, statements: Sequence[Statement]) -> None:
            if next(messages) == number:
                ended.append(exchange._driver.info.backend_pid)
                with psycopg.connect(address, autocommit=True) as other:
                    other.execute("SELECT pg_terminate_backend(%s, 5000)", ended)
            send(exchange, statements)

        monkeypatch.setattr(Exchange, "send", lost)
        return ended

    return lose


@pytest.mark.parametrize(("message", "on_file"), [(1, []), (3, [None])], ids=["keeping it", "settling it"])
def test_a_call_during_which_the_database_is_lost_is_repeated_and_booked_once(
    postgres_town: Town, lost_at: Callable[[int], list[int]], message: int, on_file: list[None]
) -> None:
    payment = postgres_town.pay("vnpay", "lost")
    call = {"provider": payment.provider, "reference": payment.reference, "kind": "honest"}
    ended = lost_at(message)
    fault = postgres_town.control("POST", "calls", **call)["code"]
    outcomes = outcomes_of(postgres_town, payment.reference)
    before = postgres_town.states(payment), postgres_town.booked(payment.order_id)
    again = [postgres_town.control("POST", "calls", **call)["code"] for _ in range(2)]

    assert len(ended) == 1
    assert (fault, before, outcomes) == ("99", (("open", "started"), OPEN), on_file)
    assert again == ["00", "02"]
    assert postgres_town.states(payment) == ("paid", "succeeded")
    assert postgres_town.booked(payment.order_id) == paid("vnpay")


def outcomes_of(town: Town, reference: str) -> list[str | None]:
    """How the calls that are on file about an attempt ended."""
    query = select(ProviderCallbackRow).order_by(ProviderCallbackRow.received_at)
    with town.services.unit_of_work(read_only=True) as work:
        return [row.outcome for row in work.session.scalars(query) if reference.encode() in row.query]


def test_after_all_that_the_books_hold(postgres_town: Town) -> None:
    with postgres_town.services.unit_of_work(read_only=True) as work:
        assert (
            list(check_books(work.payments, postgres_town.machine.unit_id, postgres_town.services.providers.named))
            == []
        )
