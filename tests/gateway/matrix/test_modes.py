"""Each provider in each of the sandbox's modes, over real HTTP: where orders, attempts, ledger and answers end."""

import pytest
import requests

from gateway.sandbox.modes import Mode
from payments.journeys import check_books
from tests.gateway.matrix.dialects import ASKED, DIALECTS, EACH, REFUNDING, TELLING, UNASKED, Dialect
from tests.gateway.matrix.town import AMOUNT, Town

pytestmark = pytest.mark.xdist_group("matrix of providers")
THREE_DAYS = 3 * 24 * 60
INCOME = "income:le-phi:805-2862:H13.1"
OPEN = {"receivable": AMOUNT, "charged:le-phi:805-2862:H13.1": -AMOUNT}


def paid(provider: str) -> dict[str, int]:
    """What the journal moves for an order that was paid once."""
    return {f"clearing:{provider}": AMOUNT, INCOME: -AMOUNT}


@pytest.mark.parametrize("dialect", EACH)
def test_an_honest_payment_is_booked_by_one_call(town: Town, dialect: Dialect) -> None:
    payment = town.pay(dialect.provider, "honest")

    assert town.codes(payment, 1) == [dialect.taken]
    assert town.states(payment) == ("paid", "succeeded")
    assert town.booked(payment.order_id) == paid(dialect.provider)


@pytest.mark.parametrize("dialect", EACH)
def test_the_browser_comes_back_to_a_page_that_knows_the_provider(town: Town, dialect: Dialect) -> None:
    payment = town.start(dialect.provider, "lost")

    address = town.decide(payment)
    page = requests.get(address, timeout=10)

    # The provider says so, and nothing is booked for it: the browser shows only.
    assert ("?" in address) is not dialect.stays
    assert (page.status_code, town.states(payment)[0]) == (200, "open")
    title = town.services.providers.named(dialect.provider).title
    assert title in page.text
    assert town.booked(payment.order_id) == OPEN


@pytest.mark.parametrize("dialect", EACH)
def test_copies_of_one_call_book_once(town: Town, dialect: Dialect) -> None:
    payment = town.pay(dialect.provider, "duplicate")

    codes = town.codes(payment, 3)
    assert sorted(codes) == sorted([dialect.taken, dialect.again, dialect.again])
    assert town.states(payment) == ("paid", "succeeded")
    assert town.booked(payment.order_id) == paid(dialect.provider)


@pytest.mark.parametrize("dialect", TELLING)
def test_an_older_report_after_the_newer_one_changes_nothing(town: Town, dialect: Dialect) -> None:
    payment = town.pay(dialect.provider, "out-of-order")

    assert town.codes(payment, 2) == [dialect.taken, dialect.again]
    assert town.states(payment) == ("paid", "succeeded")
    assert town.booked(payment.order_id) == paid(dialect.provider)


@pytest.mark.parametrize("dialect", EACH)
def test_a_slow_payment_is_unknown_until_it_is_known(town: Town, dialect: Dialect) -> None:
    payment = town.start(dialect.provider, "slow")
    page = requests.get(town.decide(payment), timeout=10).text
    town.ask()
    meanwhile = town.states(payment), town.booked(payment.order_id)
    town.control("POST", "decisions", provider=payment.provider, reference=payment.reference, decision="pay")

    # To say "not paid" would have the payer pay twice.
    assert "Đang chờ xác nhận" in page or not dialect.returns
    assert "đừng trả lần nữa" in page.lower()
    assert "Chưa trả được tiền" not in page
    assert meanwhile == (("open", dialect.silent), OPEN)
    assert town.codes(payment, 1) == [dialect.taken]
    assert town.states(payment) == ("paid", "succeeded")
    assert town.booked(payment.order_id) == paid(dialect.provider)


@pytest.mark.parametrize("dialect", ASKED)
def test_a_lost_call_is_found_by_asking(town: Town, dialect: Dialect) -> None:
    payment = town.pay(dialect.provider, "lost")
    before = town.states(payment)
    town.ask()

    assert before == ("open", "started")
    assert town.codes(payment, 0) == []
    assert town.states(payment) == ("paid", "succeeded")
    assert town.booked(payment.order_id) == paid(dialect.provider)


@pytest.mark.parametrize("dialect", UNASKED)
def test_a_lost_call_of_one_that_cannot_be_asked_is_told_to_people_and_no_success(town: Town, dialect: Dialect) -> None:
    payment = town.pay(dialect.provider, "lost")
    pauses = town.pauses(payment, 1)
    given_up = town.states(payment), town.booked(payment.order_id)
    seen = town.breaks_of(payment)
    town.control("POST", "calls", provider=payment.provider, reference=payment.reference, kind="honest")

    assert [pause.total_seconds() // 60 for pause in pauses] == [THREE_DAYS]
    assert given_up == (("open", "unresolved"), OPEN)
    assert (seen, town.breaks_of(payment)) == ([("outcome-unknown", "open")], [("outcome-unknown", "closed")])
    # A call that comes at last still counts.
    assert town.states(payment) == ("paid", "succeeded")
    assert town.booked(payment.order_id) == paid(dialect.provider)


@pytest.mark.parametrize("dialect", EACH)
def test_a_forged_call_changes_nothing_and_the_provider_tells_the_truth(town: Town, dialect: Dialect) -> None:
    payment = town.pay(dialect.provider, "forged")
    codes, before = town.codes(payment, 1), town.states(payment)
    town.ask()

    assert codes == [dialect.forged]
    assert before == ("open", "started")
    assert town.states(payment) == ("open", dialect.fails)
    assert town.booked(payment.order_id) == OPEN


@pytest.mark.parametrize("dialect", EACH)
def test_a_fault_of_ours_makes_the_provider_call_again(town: Town, dialect: Dialect) -> None:
    payment = town.start(dialect.provider, "honest")
    with town.without_secrets(dialect.provider):
        town.decide(payment)
        codes, before = town.codes(payment, 1), (town.states(payment), town.booked(payment.order_id))
    wish = {"provider": payment.provider, "reference": payment.reference, "kind": "honest"}
    again = town.control("POST", "calls", **wish)["code"]

    assert (codes, before) == ([dialect.our_fault], (("open", "started"), OPEN))
    assert again == dialect.taken
    assert town.states(payment) == ("paid", "succeeded")
    assert town.booked(payment.order_id) == paid(dialect.provider)


@pytest.mark.parametrize("dialect", EACH)
def test_a_wrong_amount_is_refused_by_call_and_by_query(town: Town, dialect: Dialect) -> None:
    payment = town.pay(dialect.provider, "wrong-amount")
    codes = town.codes(payment, 1)
    town.ask()

    assert codes == [dialect.wrong_amount]
    assert town.states(payment) == ("open", "started")
    assert town.booked(payment.order_id) == OPEN


@pytest.mark.parametrize("dialect", EACH)
def test_a_payer_who_gives_up_may_choose_again(town: Town, dialect: Dialect) -> None:
    payment = town.start(dialect.provider, "honest")
    town.decide(payment, "cancel")
    town.ask()
    again = town.pay(dialect.provider, "honest", payment.order_id)

    assert town.states(payment) == ("paid", dialect.given_up)
    assert town.states(again) == ("paid", "succeeded")
    assert town.booked(payment.order_id) == paid(dialect.provider)


@pytest.mark.parametrize(
    ("dialect", "mode"),
    [
        *(pytest.param(each, "honest", id=f"{each.provider}-honest") for each in DIALECTS),
        *(pytest.param(each, "lost", id=f"{each.provider}-lost") for each in DIALECTS if each.asked),
    ],
)
def test_money_for_a_cancelled_order_waits_in_suspense_with_a_refund_proposed(
    town: Town, dialect: Dialect, mode: str
) -> None:
    payment = town.start(dialect.provider, mode)
    town.machine.post(f"/v1/fee-orders/{payment.order_id}/cancel", {"reason": "Rút hồ sơ"})
    town.decide(payment)
    town.ask()

    assert town.states(payment) == ("cancelled", "succeeded")
    assert town.booked(payment.order_id) == {f"clearing:{dialect.provider}": AMOUNT, "suspense": -AMOUNT}
    refunds = town.machine.get(f"/v1/fee-orders/{payment.order_id}/refunds").get_json()["items"]
    assert [(refund["state"], refund["amount_minor"]) for refund in refunds] == [("proposed", AMOUNT)]


@pytest.mark.parametrize("dialect", ASKED)
def test_silence_is_asked_about_for_three_days_and_then_told_to_people(town: Town, dialect: Dialect) -> None:
    payment = town.pay(dialect.provider, "slow")

    pauses = town.pauses(payment, 7)
    town.ask(THREE_DAYS - 1)
    before = town.states(payment)
    town.ask(THREE_DAYS + 61)

    assert [round(pause.total_seconds() / 60) for pause in pauses] == [1, 2, 5, 15, 60, 60, 60]
    assert (before, town.states(payment)) == (("open", dialect.silent), ("open", "unresolved"))
    newest = town.machine.get("/v1/events?limit=100").get_json()["items"]
    told = {event["data"].get("attempt_id") for event in newest if event["type"] == "attempt.unresolved"}
    assert town.attempt(payment.order_id)["id"] in told
    assert town.breaks_of(payment) == [("outcome-unknown", "open")]


@pytest.mark.parametrize("dialect", EACH)
def test_money_after_silence_and_expiry_waits_in_suspense_with_a_refund_proposed(town: Town, dialect: Dialect) -> None:
    payment = town.start(dialect.provider, "honest")
    town.pauses(payment, 6 if dialect.asked else 1)
    town.ask(THREE_DAYS + 1)
    town.close_expired()
    before = town.states(payment)
    town.decide(payment)

    assert before[0] == "expired"
    assert town.codes(payment, 1) == [dialect.taken]
    assert town.states(payment) == ("expired", "succeeded")
    assert town.booked(payment.order_id) == {f"clearing:{dialect.provider}": AMOUNT, "suspense": -AMOUNT}
    refunds = town.machine.get(f"/v1/fee-orders/{payment.order_id}/refunds").get_json()["items"]
    assert [(refund["state"], refund["amount_minor"]) for refund in refunds] == [("proposed", AMOUNT)]


@pytest.mark.parametrize("dialect", REFUNDING)
@pytest.mark.parametrize(
    ("mode", "first", "last"),
    [
        ("honest", "sent", "confirmed"),
        ("refund-failing", "sent", "failed"),
        ("refund-refused", "failed", "failed"),
        ("refund-unanswered", "unknown", "confirmed"),
    ],
)
def test_a_refund_ends_as_the_provider_ends_it(town: Town, dialect: Dialect, mode: str, first: str, last: str) -> None:
    payment = town.pay(dialect.provider, mode)
    refund = town.refund(payment)
    states = [town.refund_state(refund)]
    town.ask_about_refunds()
    states.append(town.refund_state(refund))

    assert states == [first, last]
    gone = 20_000 if last == "confirmed" else 0
    assert town.booked(payment.order_id, refund) == {
        f"clearing:{dialect.provider}": AMOUNT - gone,
        INCOME: gone - AMOUNT,
    }


@pytest.mark.parametrize("dialect", EACH)
@pytest.mark.parametrize("kind", ["forged", "unsigned", "wrong-amount", "unknown-order"])
def test_a_call_that_must_be_withstood_is_refused_before_an_honest_one_is_taken(
    town: Town, dialect: Dialect, kind: str
) -> None:
    payment = town.start(dialect.provider, "honest")
    wish = {"provider": payment.provider, "reference": payment.reference, "kind": kind}
    refused = town.control("POST", "calls", **wish)["code"]
    untouched = town.states(payment), town.booked(payment.order_id)
    town.decide(payment)

    assert refused not in {dialect.taken, dialect.again}
    assert untouched == (("open", "started"), OPEN)
    assert town.states(payment) == ("paid", "succeeded")


def test_after_all_that_the_books_hold(town: Town) -> None:
    with town.services.unit_of_work(read_only=True) as work:
        assert list(check_books(work.payments, town.machine.unit_id, town.services.providers.named)) == []


@pytest.mark.parametrize("dialect", EACH)
def test_a_mode_that_the_sandbox_refuses_is_one_that_the_provider_cannot_do(town: Town, dialect: Dialect) -> None:
    refused = {mode for mode in Mode if town.refuses(dialect.provider, mode)}

    expected = set() if dialect.tells_pending else {Mode.OUT_OF_ORDER}
    expected |= set() if dialect.refunds else {mode for mode in Mode if mode.startswith("refund")}
    assert refused == expected
    assert town.services.providers.named(dialect.provider).can_refund is dialect.refunds


def test_the_payers_page_says_truly_whether_a_provider_sends_them_back(town: Town) -> None:
    pay_url = town.order(town.open_order())["pay_url"]
    says = {
        "vi": ("rồi quay lại đây", "Trang đó không tự đưa bạn về"),
        "en": ("then come back here", "It does not bring you back"),
    }
    for language, (back, stays) in says.items():
        page = requests.get(pay_url, params={"lang": language}, timeout=10).text
        for dialect in DIALECTS:
            before = page.partition(f"/attempts/{dialect.provider}")[0].rpartition("<summary>")[2]
            assert (stays in before, back in before) == (dialect.stays, not dialect.stays), (dialect.provider, language)


def test_the_matrix_has_every_provider_that_the_demonstration_sets_up(town: Town) -> None:
    listed = {dialect.provider for dialect in DIALECTS}
    assert {provider.name for provider in town.services.providers.payable} == listed
