"""Money at the counter: exactly what is owed, by a named person, once for each slip; taken back by another, today."""

from datetime import timedelta

import pytest

from payments.errors import (
    CounterAmountDiffers,
    CounterPaymentNotFound,
    CounterPaymentUnsound,
    CounterVoidTooLate,
    FeeOrderAlreadyPaid,
    FeeOrderExpired,
    FeeOrderPaymentUnderWay,
    SamePersonTwice,
    SlipAlreadyUsed,
)
from payments.journeys import CounterTaking, issue_receipts, take_at_counter, void_counter_payment
from payments.model import FeeKind
from payments.money import Money
from payments.receipts.forms import ReceiptForm
from payments.store.counter_tables import CounterMethod
from tests.payments.makers import LATER, UNIT, fake_call

FORMS = {FeeKind.PHI: ReceiptForm("01BLP0-001", "PH-{yy}E"), FeeKind.LE_PHI: ReceiptForm("02BLP0-001", "LP-{yy}E")}


@pytest.fixture
def take(desk):
    def taken(order_id, method=CounterMethod.CASH, amount=150_000, officer="Trần Thị Thu", now=LATER, **slip):
        with desk.open_store() as store:
            taking = CounterTaking(method, Money(amount), officer, **slip)
            return take_at_counter(store, order_id, taking, now=now, record=desk.recorded).id

    return taken


@pytest.fixture
def take_back(desk):
    def voided(payment_id, officer="Lê Văn Soát", reason="Nhập nhầm hồ sơ", now=LATER):
        with desk.open_store() as store:
            return void_counter_payment(store, payment_id, officer, reason, now=now, record=desk.recorded).id

    return voided


@pytest.fixture
def receipts(desk):
    def issued(order_id):
        with desk.open_store() as store:
            issue_receipts(store, order_id, forms=FORMS, unit_name="UBND", now=LATER, record=desk.recorded)
            return [(row.state, row.number, row.payment_method) for row in store.receipts.of_order(order_id)]

    return issued


def books_hold(desk):
    with desk.open_store() as store:
        return list(store.books.differences(UNIT)) == [] and store.journal.trial_balance(UNIT).holds


@pytest.mark.parametrize(
    ("method", "slip", "words"),
    [
        (CounterMethod.CASH, {}, "Tiền mặt (TM)"),
        (CounterMethod.POS, {"terminal": "T1", "slip_number": "000123"}, "Thẻ tại quầy (POS)"),
    ],
)
def test_what_was_received_pays_the_order_and_its_receipts_say_how(desk, take, receipts, method, slip, words):
    order_id = desk.open()
    take(order_id, method, **slip)
    assert desk.order_state(order_id) == "paid"
    assert desk.balance().balance_minor(f"clearing:counter-{method.value}") == 150_000
    assert {row[2] for row in receipts(order_id)} == {words}
    assert desk.recorded.types[1:3] == ["order.paid", "counter-payment.taken"]
    assert desk.recorded[2].data["officer"] == "trần thị thu"
    assert books_hold(desk)


@pytest.mark.parametrize("amount", [149_999, 150_001])
def test_another_amount_than_the_orders_is_not_taken(desk, take, amount):
    order_id = desk.open()
    with pytest.raises(CounterAmountDiffers):
        take(order_id, amount=amount)
    assert (desk.order_state(order_id), desk.attempt_states(order_id)) == ("open", [])


@pytest.mark.parametrize(
    ("method", "more"),
    [
        (CounterMethod.POS, {}),
        (CounterMethod.POS, {"terminal": "T1"}),
        (CounterMethod.POS, {"slip_number": "1"}),
        (CounterMethod.POS, {"terminal": "T" * 41, "slip_number": "1"}),
        (CounterMethod.POS, {"terminal": "T\x00", "slip_number": "1"}),
        (CounterMethod.CASH, {"slip_number": "1", "terminal": "T1"}),
        (CounterMethod.CASH, {"officer": " "}),
    ],
)
def test_an_entry_that_proves_nothing_is_refused(desk, take, method, more):
    with pytest.raises(CounterPaymentUnsound):
        take(desk.open(), method, **more)


def test_a_slip_proves_one_payment_however_it_is_typed(desk, take, take_back):
    first = take(desk.open(), CounterMethod.POS, terminal="t1", slip_number="a 123")
    second = desk.open()
    with pytest.raises(SlipAlreadyUsed):
        take(second, CounterMethod.POS, terminal=" T1", slip_number="A  123")
    take(second, CounterMethod.POS, terminal="T2", slip_number="A 123")
    take_back(first)
    take(desk.open(), CounterMethod.POS, terminal="T1", slip_number="A 123")


def test_an_order_is_paid_once_and_only_in_its_time(desk, take):
    order_id = desk.open()
    take(order_id)
    with pytest.raises(FeeOrderAlreadyPaid):
        take(order_id)
    with pytest.raises(FeeOrderExpired):
        take(desk.open(), now=desk.at + timedelta(days=4))


def test_nothing_is_taken_while_a_provider_has_not_said_whether_it_has_the_money(desk, take):
    order_id = desk.open()
    desk.call(fake_call(desk.start(order_id), outcome="unknown"))
    with pytest.raises(FeeOrderPaymentUnderWay):
        take(order_id)


def test_a_second_person_takes_it_back_and_the_order_may_be_paid_again(desk, take, take_back, receipts):
    order_id = desk.open()
    payment = take(order_id)
    assert [row[:2] for row in receipts(order_id)] == [("numbered", 1), ("numbered", 1)]
    take_back(payment)
    assert (desk.order_state(order_id), desk.attempt_states(order_id)) == ("open", ["failed"])
    assert desk.balance().balance_minor("clearing:counter-cash") == 0
    assert desk.balance().balance_minor("receivable") == 150_000
    assert desk.recorded.types[-4:] == [
        "receipt.cancelled",
        "receipt.cancelled",
        "order.reopened",
        "counter-payment.voided",
    ]
    assert books_hold(desk)
    take(order_id)
    assert sorted(row[:2] for row in receipts(order_id)) == [
        ("cancelled", 1),
        ("cancelled", 1),
        ("numbered", 2),
        ("numbered", 2),
    ]
    assert books_hold(desk)


def test_late_money_of_a_provider_is_kept_aside_beside_what_the_counter_took(desk, take):
    order_id = desk.open()
    reference = desk.start(order_id)
    take(order_id)
    assert desk.call(fake_call(reference)).outcome == "suspended"
    assert books_hold(desk)


@pytest.mark.parametrize("officer", ["Trần Thị Thu", "TRẦN  THỊ THU "])
def test_whoever_received_it_does_not_take_it_back(desk, take, take_back, officer):
    payment = take(desk.open())
    with pytest.raises(SamePersonTwice):
        take_back(payment, officer)


def test_it_is_taken_back_once_today_and_for_a_reason(desk, take, take_back):
    order_id = desk.open()
    payment = take(order_id)
    with pytest.raises(CounterPaymentUnsound):
        take_back(payment, reason="  ")
    with pytest.raises(CounterPaymentUnsound):
        take_back(payment, officer="")
    # 17:00 UTC is midnight in Hanoi.
    with pytest.raises(CounterVoidTooLate):
        take_back(payment, now=LATER.replace(hour=17, minute=0))
    assert desk.order_state(order_id) == "paid"
    take_back(payment, now=LATER.replace(hour=16, minute=59))
    with pytest.raises(CounterPaymentUnsound):
        take_back(payment)
    with pytest.raises(CounterPaymentNotFound):
        take_back("no such payment")
