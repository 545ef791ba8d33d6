from dataclasses import replace

import pytest

from payments.journeys import cancel_order, settle_transfer
from payments.model import BankTransfer
from payments.money import Money
from tests.payments.makers import LATER, fake_call


@pytest.fixture
def transfer(desk):
    order_id = desk.open()
    with desk.open_store() as store:
        reference = store.get_order(order_id).transfer_reference
    return order_id, BankTransfer(reference, "FT26327001", "0011012345678", Money(150_000), LATER)


def settle(desk, transfer):
    with desk.open_store() as store:
        return settle_transfer(store, transfer, now=LATER, record=desk.recorded).outcome


def test_a_transfer_of_the_right_amount_pays_the_order_once(desk, transfer):
    order_id, money = transfer
    assert [settle(desk, money) for _ in range(2)] == ["booked", "duplicate"]
    assert desk.order_state(order_id) == "paid"
    assert desk.balance().balance_minor("bank:0011012345678") == 150_000
    assert desk.balance().balance_minor("receivable") == 0


@pytest.mark.parametrize("amount", [149_999, 150_001])
def test_money_of_another_amount_has_come_and_is_kept_apart(desk, transfer, amount):
    order_id, money = transfer
    assert settle(desk, replace(money, amount=Money(amount))) == "suspended"
    assert desk.order_state(order_id) == "open"
    assert desk.balance().balance_minor("suspense") == -amount
    assert desk.recorded[-1].data["reason"] == "amount-differs"


def test_a_transfer_for_a_paid_or_cancelled_order_is_kept_apart(desk, transfer):
    order_id, money = transfer
    desk.call(fake_call(desk.start(order_id)))
    assert settle(desk, money) == "suspended"
    assert desk.recorded[-1].data["reason"] == "order-paid"
    other = desk.open()
    with desk.open_store() as store:
        reference = cancel_order(store, other, "Rút", now=LATER, record=desk.recorded).transfer_reference
    assert settle(desk, replace(money, transfer_reference=reference, bank_reference="FT2")) == "suspended"


def test_two_transfers_of_one_order_are_two(desk, transfer):
    _, money = transfer
    assert [settle(desk, replace(money, bank_reference=r)) for r in ("FT1", "FT2")] == ["booked", "suspended"]


def test_a_transfer_that_names_no_order_books_nothing(desk, transfer):
    _, money = transfer
    assert settle(desk, replace(money, transfer_reference="PQ22222222222")) == "attempt-not-found"
    assert desk.balance().balance_minor("suspense") == 0


def test_a_banks_notice_and_its_statement_are_one_payment(desk, transfer):
    """The two channels name the transfer differently; money is booked at the first and only confirmed by the second."""
    order_id, money = transfer
    notice = replace(money, provider="casso", bank_reference="N-77")
    assert [settle(desk, notice), settle(desk, notice)] == ["booked", "duplicate"]
    assert [settle(desk, money), settle(desk, money)] == ["duplicate", "duplicate"]
    assert desk.balance().balance_minor("bank:0011012345678") == 150_000
    with desk.open_store() as store:
        assert [row.statement_reference for row in store.attempts_of(order_id)] == ["FT26327001"]


def test_a_second_transfer_on_the_statement_is_not_taken_for_the_notice(desk, transfer):
    _, money = transfer
    settle(desk, replace(money, provider="casso", bank_reference="N-77"))
    assert [settle(desk, replace(money, bank_reference=r)) for r in ("FT1", "FT2", "FT1")] == [
        "duplicate",
        "suspended",
        "duplicate",
    ]


def test_a_notice_after_the_statement_books_nothing_where_the_bank_names_it_alike(desk, transfer):
    _, money = transfer
    assert settle(desk, money) == "booked"
    assert settle(desk, replace(money, provider="casso")) == "duplicate"
