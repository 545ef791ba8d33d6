"""The modes on PostgreSQL: each ends as on SQLite; and copies at once, money that nobody waits for, refunds."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from payments.journeys import check_books
from tests.gateway.matrix.dialects import ASKED, DIALECTS, EACH, REFUNDING, Dialect
from tests.gateway.matrix.test_modes import INCOME, OPEN, paid
from tests.gateway.matrix.test_transfers import BANK, PAID, collect, state, transferred
from tests.gateway.matrix.test_transfers import EACH as TOLD_BY
from tests.gateway.matrix.town import AMOUNT, Town

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


def test_after_all_that_the_books_hold(postgres_town: Town) -> None:
    with postgres_town.services.unit_of_work(read_only=True) as work:
        assert (
            list(check_books(work.payments, postgres_town.machine.unit_id, postgres_town.services.providers.named))
            == []
        )
