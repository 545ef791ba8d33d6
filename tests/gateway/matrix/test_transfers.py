"""Transfers that Casso, SePay and the treasury tell of, in each of the sandbox's modes, and the statement after."""

from datetime import UTC, datetime

import pytest

from gateway.callers import add_collection_account
from gateway.demo.statement import camt053_document, entry
from payments.journeys import check_books
from payments.local_time import HANOI
from payments.store.tables import ProviderCallbackRow
from tests.gateway.matrix.town import AMOUNT, Payment, Town

pytestmark = pytest.mark.xdist_group("matrix of providers")
ACCOUNT = "0123456789012"
BANK = f"bank:{ACCOUNT}"
INCOME = "income:le-phi:805-2862:H13.1"
OPEN = {"receivable": AMOUNT, "charged:le-phi:805-2862:H13.1": -AMOUNT}
PAID = {BANK: AMOUNT, INCOME: -AMOUNT}
EACH = ["casso", "sepay", "kbnn"]


@pytest.fixture(scope="module", autouse=True)
def account(town: Town) -> None:
    collect(town)


def collect(town: Town) -> None:
    """Have the unit collect on the account."""
    with town.services.unit_of_work() as work:
        add_collection_account(
            work, town.machine.unit_id, "970436", "VCB", ACCOUNT, "UBND PHUONG MOT", datetime.now(UTC)
        )
        work.commit()


def transferred(town: Town, provider: str, mode: str, *, order_id: str = "", **asked: str) -> Payment:
    """A citizen transfers by a bank's app, which changes the text; the service tells of it."""
    order_id = order_id or town.open_order()
    reference = town.order(order_id)["transfer_reference"]
    text = f"MBVCB.3278907687.{reference[:6].lower()} {reference[6:]}.CT tu 0071000123456"
    town.control("PUT", "modes", provider=provider, mode=mode)
    payment = Payment(provider, order_id, f"{order_id}-1", "")
    wish = {"reference": payment.reference, "amount": AMOUNT, "purpose": text}
    town.control("POST", "payments", provider=provider, **wish, asked={"accountNumber": ACCOUNT, **asked})
    return payment


def state(town: Town, payment: Payment) -> str:
    return str(town.order(payment.order_id)["state"])


@pytest.mark.parametrize("provider", EACH)
@pytest.mark.parametrize(("mode", "calls"), [("honest", 1), ("duplicate", 3)])
def test_a_transfer_is_booked_once(town: Town, provider: str, mode: str, calls: int) -> None:
    payment = transferred(town, provider, mode)

    assert town.codes(payment, calls) == ["200"] * calls
    assert (state(town, payment), town.booked(payment.order_id)) == ("paid", PAID)


@pytest.mark.parametrize("provider", EACH)
@pytest.mark.parametrize("mode", ["forged", "lost", "slow"])
def test_without_a_proven_notice_nothing_is_booked(town: Town, provider: str, mode: str) -> None:
    payment = transferred(town, provider, mode)

    assert town.codes(payment, mode == "forged") == (["401"] if mode == "forged" else [])
    assert (state(town, payment), town.booked(payment.order_id)) == ("open", OPEN)


@pytest.mark.parametrize("provider", EACH)
def test_a_wrong_amount_waits_in_suspense_with_a_refund_proposed(town: Town, provider: str) -> None:
    payment = transferred(town, provider, "wrong-amount")

    assert town.codes(payment, 1) == ["200"]
    assert state(town, payment) == "open"
    came = AMOUNT + 1_000
    assert town.booked(payment.order_id) == {**OPEN, BANK: came, "suspense": -came}
    refunds = town.machine.get(f"/v1/fee-orders/{payment.order_id}/refunds").get_json()["items"]
    assert [(refund["state"], refund["amount_minor"]) for refund in refunds] == [("proposed", came)]


@pytest.mark.parametrize("provider", ["casso", "payos"])
def test_what_pays_nothing_back_by_message_is_refused_before_anybody_approves_it(town: Town, provider: str) -> None:
    payment = transferred(town, provider, "honest") if provider == "casso" else town.pay(provider, "honest")
    wish = {"officer": "lan.tran", "amount_minor": 20_000, "reason": "Nộp thừa", "route": "provider"}
    path = f"/v1/fee-orders/{payment.order_id}/refunds"
    refused = town.machine.post(path, wish, key=f"{payment.order_id}-1")
    whom = {"name": "NGUYEN THI MAU", "bank": "VCB", "account": "0071000123456"}
    asked = town.machine.post(path, {**wish, "route": "paper", "beneficiary": whom}, key=f"{payment.order_id}-2")

    assert (refused.status_code, refused.get_json()["code"]) == (409, "refund-not-possible")
    assert (asked.status_code, asked.get_json()["state"]) == (201, "requested")


@pytest.mark.parametrize("provider", EACH)
@pytest.mark.parametrize("kind", ["forged", "unsigned"])
def test_a_call_without_the_right_proof_is_refused(town: Town, provider: str, kind: str) -> None:
    payment = transferred(town, provider, "lost")
    told = town.control("POST", "calls", provider=provider, reference=payment.reference, kind=kind)

    assert told["code"] == "401"
    assert (state(town, payment), town.booked(payment.order_id)) == ("open", OPEN)


@pytest.mark.parametrize(
    ("provider", "asked"),
    [
        ("sepay", {"accountNumber": "9999"}),
        ("sepay", {"transferType": "out"}),
        ("kbnn", {"accountNumber": "9999"}),
        ("kbnn", {"loaiGiaoDich": "NO"}),
    ],
)
def test_other_accounts_and_money_that_went_out_are_nobodys_payment(
    town: Town, provider: str, asked: dict[str, str]
) -> None:
    payment = transferred(town, provider, "honest", **asked)

    assert town.codes(payment, 1) == ["200"]
    assert (state(town, payment), town.booked(payment.order_id)) == ("open", OPEN)


def test_all_services_and_the_statement_tell_of_one_transfer(town: Town) -> None:
    first = transferred(town, "casso", "honest")
    for provider in ("sepay", "kbnn"):
        transferred(town, provider, "honest", order_id=first.order_id)
    reference = town.order(first.order_id)["transfer_reference"]
    now = datetime.now(UTC)
    half = len(reference) // 2
    statement = camt053_document(
        account=ACCOUNT,
        day=now.astimezone(HANOI).date(),
        opening_minor=1_000_000,
        entries=[entry(AMOUNT, f"CT DEN {reference[:half]}\n{reference[half:]}", "FT999")],
        created_at=now,
    )
    imported = town.machine.upload("/v1/statements", statement)

    assert imported.status_code == 201, imported.get_json()
    assert town.booked(first.order_id) == PAID
    assert len(town.order(first.order_id)["attempts"]) == 1
    breaks = town.machine.get("/v1/breaks").get_json()["items"]
    assert not [each for each in breaks if "FT999" in str(each)]


def test_of_an_api_key_only_the_digest_is_kept(town: Town) -> None:
    payment = transferred(town, "sepay", "honest")
    with town.services.unit_of_work(read_only=True) as work:
        rows = work.session.query(ProviderCallbackRow).filter_by(provider="sepay").all()
        kept = [row.headers["authorization"] for row in rows if "authorization" in row.headers]
    assert town.codes(payment, 1) == ["200"]
    assert kept
    assert all(value.startswith("sha256:") for value in kept)
    assert town.layout.secret("sepay") not in str([row.headers for row in rows])


def test_no_payer_is_offered_what_only_tells(town: Town) -> None:
    order_id = town.open_order()
    refused = town.machine.post(f"/v1/fee-orders/{order_id}/attempts", {"provider": "casso"})
    page = town.browser.get(town.order(order_id)["pay_url"], timeout=10).text

    assert (refused.status_code, town.order(order_id)["attempts"]) == (422, [])
    assert "/attempts/payos" in page
    assert "/attempts/casso" not in page
    assert "/attempts/sepay" not in page
    assert "/attempts/kbnn" not in page


def test_after_all_that_the_books_hold(town: Town) -> None:
    with town.services.unit_of_work(read_only=True) as work:
        assert list(check_books(work.payments, town.machine.unit_id, town.services.providers.named)) == []
