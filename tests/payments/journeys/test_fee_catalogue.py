"""Importing catalogues again and again, pricing by the day, and orders made and changed from them."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from payments.catalogue.formulas import parse_formula
from payments.catalogue.model import CatalogueEntry, Reduction
from payments.errors import (
    FeeCatalogueUnsound,
    FeeNotInCatalogue,
    FeeOrderAlreadyPaid,
    FeeOrderCancelled,
    FeeOrderPaymentUnderWay,
    FeeOrderUnsound,
)
from payments.journeys import FeeWish, cancel_order, change_order, check_books, import_catalogue, open_order, price_fee
from payments.model import FeeItem, FeeKind, FeeOrderChange, Payer
from payments.money import Money
from tests.payments.makers import LE_PHI, PHI, UNIT, Recorded, draft, fake_call

OLD = CatalogueEntry(
    *("1.001", "COPY", FeeKind.PHI, "Phí sao chép", "805", "2716", "", parse_formula("per-page 2000")),
    *("TT 226/2016", date(2026, 1, 1)),
)
NEW = replace(OLD, formula=parse_formula("per-page 3000"), valid_from=date(2026, 11, 24))
HALF = Reduction("NCC", "Khoản 2 Điều 5", date(2026, 1, 1), percent=50)
ALL = Reduction("TE", "Trẻ em, Điều 10", date(2026, 1, 1), percent=100, procedure_code="1.001")
SOME = Reduction("VC", "Vùng cao", date(2026, 1, 1), amount_minor=1_001, fee_code="COPY")
WISH = FeeWish("1.001", "COPY", {"pages": 3})


@pytest.fixture
def filled(desk):
    with desk.open_store() as store:
        import_catalogue(store, UNIT, ((OLD, NEW), (HALF, ALL, SOME)), now=desk.at)
    return desk


def _price(desk, wish=WISH, *, later=timedelta(0)):
    with desk.open_store() as store:
        return price_fee(store, UNIT, "H13.01", wish, now=desk.at + later)


def test_a_newer_price_ends_the_older_one_and_the_same_file_again_changes_nothing(desk):
    with desk.open_store() as store:
        counts = [import_catalogue(store, UNIT, ((OLD, NEW), (HALF,)), now=desk.at) for _ in range(3)]
        rows = store.catalogue.entries(UNIT)

    assert [(done.added, done.ended, done.unchanged) for done in counts] == [(3, 1, 0), (0, 0, 3), (0, 0, 3)]
    assert [(row.valid_from, row.valid_until) for row in rows] == [
        (date(2026, 1, 1), date(2026, 11, 24)),
        (date(2026, 11, 24), None),
    ]


@pytest.mark.parametrize(
    "entry",
    [
        replace(OLD, formula=parse_formula("per-page 1")),
        replace(OLD, valid_from=date(2025, 1, 1)),
        replace(OLD, valid_from=date(2025, 1, 1), valid_until=date(2026, 1, 2)),
    ],
)
def test_what_stands_is_never_changed_by_an_import(filled, entry):
    with pytest.raises(FeeCatalogueUnsound), filled.open_store() as store:
        import_catalogue(store, UNIT, ((entry,), ()), now=filled.at)
    assert _price(filled).amount == Money(6_000)


def test_a_fee_may_be_ended_and_one_for_earlier_days_added(filled):
    earlier = replace(OLD, valid_from=date(2025, 1, 1), valid_until=date(2026, 1, 1))
    with filled.open_store() as store:
        import_catalogue(store, UNIT, ((earlier, replace(NEW, valid_until=date(2026, 12, 1))), ()), now=filled.at)
    assert _price(filled, later=timedelta(days=7)).amount == Money(9_000)
    with pytest.raises(FeeNotInCatalogue):
        _price(filled, later=timedelta(days=8))


def test_the_price_is_that_of_the_day_in_vietnam(filled):
    # 23 November, 10:00 in Hanoi; the new price begins at midnight there, 17:00 UTC.
    found = [_price(filled, later=timedelta(hours=hours)).amount.amount_minor for hours in (0, 13, 14)]
    assert found == [6_000, 6_000, 9_000]


@pytest.mark.parametrize(("code", "left"), [("NCC", 3_000), ("TE", 0), ("VC", 4_999)])
def test_a_reduction_leaves_its_part_on_its_legal_ground(filled, code, left):
    item = _price(filled, replace(WISH, reduction_code=code))

    assert (item.amount, item.full_amount) == (Money(left), Money(6_000))
    assert item.legal_ground
    assert item.credited_unit == "H13.01"


@pytest.mark.parametrize(
    "wish",
    [replace(WISH, fee_code="OTHER"), replace(WISH, procedure_code="1.002"), replace(WISH, reduction_code="XX")],
)
def test_what_the_catalogue_does_not_hold_is_refused(filled, wish):
    with pytest.raises(FeeNotInCatalogue):
        _price(filled, wish)


def test_an_order_of_which_every_item_is_exempt_owes_nothing_and_stands_at_once(filled):
    item = _price(filled, replace(WISH, reduction_code="TE"))
    recorded = Recorded()
    with filled.open_store() as store:
        order = open_order(store, draft(filled.at, items=(item,)), now=filled.at, record=recorded)
    assert (order.state, order.amount_minor) == ("exempt", 0)
    assert recorded.types == ["order.opened", "order.exempt"]
    assert filled.balance().accounts == ()


def test_an_exempt_item_beside_another_is_neither_booked_nor_receipted(filled):
    item = _price(filled, replace(WISH, reduction_code="TE"))
    order_id = filled.open(items=(item, LE_PHI))
    filled.call(fake_call(filled.start(order_id), amount=30_000))

    assert filled.order_state(order_id) == "paid"
    assert filled.balance().balance_minor("income:le-phi:423-2852:H13.02") == -30_000
    assert _faults(filled) == []


def _change(desk, order_id, **change):
    recorded = Recorded()
    with desk.open_store() as store:
        order = change_order(store, order_id, FeeOrderChange(**change), now=desk.at, record=recorded)
        return order, recorded.types


def _faults(desk):
    with desk.open_store() as store:
        return list(check_books(store, UNIT, lambda _: desk.provider))


def test_before_payment_items_are_exchanged_and_the_books_follow(desk):
    order_id = desk.open()
    order, types = _change(desk, order_id, items=(PHI,), payer=Payer(number="0123"), metadata={"a": "b"})

    assert (order.amount_minor, order.revision, order.payer_number, order.details) == (120_000, 2, "0123", {"a": "b"})
    assert [item.name for item in order.items] == [PHI.name]
    assert types == ["order.changed"]
    assert desk.balance().balance_minor("receivable") == 120_000
    desk.call(fake_call(desk.start(order_id), amount=120_000))
    assert desk.order_state(order_id) == "paid"
    assert _faults(desk) == []


def test_a_change_to_nothing_owed_closes_the_order_as_exempt(desk):
    free = FeeItem(**{**vars(PHI), "amount": Money(0), "full_amount": Money(120_000), "legal_ground": "Điều 5"})
    order, types = _change(desk, desk.open(), items=(free,))

    assert (order.state, types) == ("exempt", ["order.changed", "order.exempt"])
    assert _faults(desk) == []


def test_an_order_that_may_be_being_paid_or_is_closed_is_not_changed(desk):
    under_way, cancelled, paid = desk.open(), desk.open(), desk.open()
    desk.start(under_way)
    with desk.open_store() as store:
        cancel_order(store, cancelled, "Rút hồ sơ", now=desk.at, record=Recorded())
    desk.call(fake_call(desk.start(paid)))

    for order_id, error in (
        (under_way, FeeOrderPaymentUnderWay),
        (cancelled, FeeOrderCancelled),
        (paid, FeeOrderAlreadyPaid),
    ):
        with pytest.raises(error):
            _change(desk, order_id, items=(PHI,))
    assert _faults(desk) == []


@pytest.mark.parametrize("change", [{"items": ()}, {"payer_name": "  "}, {"expires_at": 0}])
def test_a_change_that_could_not_stand_is_refused(desk, change):
    if "expires_at" in change:
        change = {"expires_at": desk.at}
    order_id = desk.open()
    with pytest.raises(FeeOrderUnsound):
        _change(desk, order_id, **change)
    assert desk.balance().balance_minor("receivable") == 150_000


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": Money(0)},
        {"amount": Money(0), "full_amount": Money(120_000)},
        {"amount": Money(130_000), "full_amount": Money(120_000), "legal_ground": "Điều 5"},
        {"amount": Money(-1), "full_amount": Money(120_000), "legal_ground": "Điều 5"},
    ],
)
def test_an_item_is_less_than_full_only_on_a_legal_ground(wrong):
    with pytest.raises(FeeOrderUnsound):
        FeeItem(**{**vars(PHI), **wrong})
