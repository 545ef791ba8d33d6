from dataclasses import replace
from datetime import timedelta

import pytest

from payments.errors import (
    FeeOrderAlreadyPaid,
    FeeOrderCancelled,
    FeeOrderExpired,
    FeeOrderNotFound,
    FeeOrderUnsound,
    PaymentNotPossible,
)
from payments.journeys import cancel_order, expire_orders, open_order
from payments.money import Money
from tests.payments.makers import PHI, UNIT, Recorded, draft, fake_call, vnpay


def test_an_open_order_is_owed_and_is_no_income(desk):
    order_id = desk.open()
    with desk.open_store() as store:
        order = store.get_order(order_id)
        assert (order.state, order.amount_minor, len(order.items)) == ("open", 150_000, 2)
        assert store.find_order_by_token(order.pay_token) is order
        assert store.find_order_by_transfer_reference(order.transfer_reference) is order
        assert len(order.pay_token) == 43
    balance = desk.balance()
    assert balance.balance_minor("receivable") == 150_000
    assert balance.balance_minor("charged:phi:423-2716:H13.01") == -120_000
    assert not [row for row in balance.accounts if row.account.startswith("income")]
    assert desk.recorded.types == ["order.opened"]


def test_an_order_that_is_over_before_it_begins_is_refused(open_store, at):
    with open_store() as store, pytest.raises(FeeOrderUnsound):
        open_order(store, draft(at), now=at + timedelta(days=3), record=Recorded())


def test_a_cancelled_order_is_owed_no_more(desk):
    order_id = desk.open()
    with desk.open_store() as store:
        cancel_order(store, order_id, "Hồ sơ rút lại", now=desk.at, record=desk.recorded)
    assert desk.order_state(order_id) == "cancelled"
    assert all(row.balance_minor == 0 for row in desk.balance().accounts)
    assert desk.recorded.types[-1] == "order.cancelled"


def test_an_order_is_cancelled_for_a_reason_only(desk):
    order_id = desk.open()
    with desk.open_store() as store, pytest.raises(FeeOrderUnsound):
        cancel_order(store, order_id, "  ", now=desk.at, record=desk.recorded)
    assert desk.order_state(order_id) == "open"


def test_a_closed_order_is_neither_cancelled_nor_paid_again(desk, paying):
    paid, reference = paying(desk)
    desk.call(fake_call(reference))
    cancelled, expired = desk.open(), desk.open()
    with desk.open_store() as store:
        cancel_order(store, cancelled, "Rút", now=desk.at, record=desk.recorded)
    with desk.open_store() as store:
        assert expire_orders(store, now=desk.at + timedelta(days=4), record=desk.recorded) == 1
    cases = {paid: FeeOrderAlreadyPaid, cancelled: FeeOrderCancelled, expired: FeeOrderExpired}
    for order_id, refusal in cases.items():
        with pytest.raises(refusal):
            desk.start(order_id)
        with desk.open_store() as store, pytest.raises(refusal):
            cancel_order(store, order_id, "Rút", now=desk.at, record=desk.recorded)


def test_an_order_that_nobody_opened_is_not_found(desk):
    with pytest.raises(FeeOrderNotFound):
        desk.start("00000000-0000-7000-8000-000000000000")
    with desk.open_store() as store, pytest.raises(FeeOrderNotFound):
        store.get_order("nothing")


def test_an_order_past_its_time_takes_no_new_attempt_before_the_sweep_closes_it(desk):
    order_id = desk.open()
    desk.at += timedelta(days=4)
    with pytest.raises(FeeOrderExpired):
        desk.start(order_id)


def test_an_order_whose_payment_may_be_under_way_does_not_expire(desk, paying):
    order_id, reference = paying(desk)
    late = desk.at + timedelta(days=4)
    with desk.open_store() as store:
        assert expire_orders(store, now=late, record=desk.recorded) == 0
    desk.call(fake_call(reference, outcome="failed"), now=late)
    with desk.open_store() as store:
        assert expire_orders(store, now=late, record=desk.recorded) == 1
    assert desk.order_state(order_id) == "expired"
    assert desk.balance().balance_minor("receivable") == 0


def test_an_order_does_not_expire_before_its_time(desk):
    desk.open()
    with desk.open_store() as store:
        assert expire_orders(store, now=desk.at + timedelta(days=2), record=desk.recorded) == 0


def test_a_refused_start_leaves_a_failed_attempt_that_nobody_is_asked_about(desk):
    costly = desk.open(items=(replace(PHI, amount=Money(10**10)),))
    with pytest.raises(PaymentNotPossible):
        desk.start(costly, vnpay())
    assert desk.attempt_states(costly) == ["failed"]
    with desk.open_store() as store:
        assert [(row.next_query_at, row.provider_code) for row in store.attempts_of(costly)] == [(None, "not-possible")]


def test_an_attempt_ends_with_its_order_at_the_latest(desk):
    order_id = desk.open()
    desk.at += timedelta(days=2, hours=23, minutes=55)
    desk.start(order_id)
    with desk.open_store() as store:
        assert store.attempts_of(order_id)[0].expires_at == store.get_order(order_id).expires_at


def test_orders_are_listed_newest_first_and_by_dossier(desk):
    first, second = desk.open(), desk.open()
    with desk.open_store() as store:
        assert [order.id for order in store.list_orders(UNIT)] == [second, first]
        assert [order.id for order in store.list_orders(UNIT, before_id=second)] == [first]
        assert len(store.list_orders(UNIT, dossier_code="000.00.15.H13-261123-0001")) == 2
        assert store.list_orders(UNIT, dossier_code="another") == []
        assert store.list_orders("another unit") == []
