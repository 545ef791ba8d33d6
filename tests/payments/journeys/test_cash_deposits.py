"""Cash on its way to the bank: never more than the drawer holds, by two people, booked once by a statement."""

import threading
from datetime import date, timedelta
from hashlib import sha256

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gateway.demo.statement import entry
from payments.errors import (
    CashDepositNotFound,
    CashDepositUnsound,
    DepositSlipAlreadyUsed,
    DrawerHoldsLess,
    SamePersonTwice,
    TransitionNotAllowed,
)
from payments.journeys import (
    CounterTaking,
    book_arrivals,
    cancel_deposit,
    expected_payments,
    hand_over_deposit,
    prepare_deposit,
    take_at_counter,
    void_counter_payment,
)
from payments.money import Money
from payments.providers.vietqr.reference import find_references
from payments.reconciliation.journey import import_statement, reconcile
from payments.store.counter_tables import CounterMethod
from payments.store.payments import PaymentStore
from payments.store.tables import CollectionAccountRow
from tests.payments.journeys.test_counter import books_hold
from tests.payments.makers import LATER, UNIT
from tests.payments.statements.makers import ACCOUNT, document, parsed

TODAY = date(2026, 11, 23)


@pytest.fixture
def drawer(desk, tmp_path):
    return Drawer(desk, tmp_path)


class Drawer:
    """The cashier's side of the desk, with one account of the unit."""

    def __init__(self, desk, folder):
        self.desk, self.folder = desk, folder
        with desk.open_store() as store:
            store._session.add(
                CollectionAccountRow(
                    id="account-1",
                    unit_id=UNIT,
                    bank_bin="970436",
                    bank_name="VCB",
                    account_number=ACCOUNT,
                    account_name="UBND PHUONG VI DU",
                    valid_from=desk.at - timedelta(days=1),
                )
            )

    def __call__(self, verb, *args, **more):
        with self.desk.open_store() as store:
            return verb(store, *args, now=LATER, record=self.desk.recorded, **more)

    def take(self):
        return self(take_at_counter, self.desk.open(), CounterTaking(CounterMethod.CASH, Money(150_000), "thu"))

    def prepare(self, amount=150_000, account=ACCOUNT, officer="thu", unit=UNIT):
        return self(prepare_deposit, unit, Money(amount), account, officer)

    def handed_over(self, slip="GNT 01", **more):
        row = self.prepare(**more)
        return self(hand_over_deposit, row.id, slip, "soát")

    def state(self, row):
        with self.desk.open_store() as store:
            return store.deposits.get(row.id).state

    def balance(self, account):
        return self.desk.balance().balance_minor(account)

    def balances(self):
        return [self.balance(code) for code in ("clearing:counter-cash", "clearing:cash-in-transit", f"bank:{ACCOUNT}")]

    def show(self, *entries, account=ACCOUNT):
        """Import a statement of today and reconcile it; returns the kinds of breaks that stand."""
        content = document([entry(*each) for each in entries], account=account)
        with self.desk.open_store() as store:
            import_statement(
                unit_id=UNIT,
                file_sha256=sha256(content).hexdigest(),
                parsed=parsed(self.folder, content),
                store=store.statements,
                now=LATER,
            )
        return self.reconcile(account=account)

    def reconcile(self, account=ACCOUNT):
        with self.desk.open_store() as store:
            found = reconcile(
                unit_id=UNIT,
                account=account,
                first_day=TODAY,
                last_day=TODAY,
                expected=expected_payments(store, UNIT, account, TODAY, TODAY),
                store=store.statements,
                now=LATER,
                find_references=find_references,
            )
            book_arrivals(store, account, found.matches, now=LATER, record=self.desk.recorded)
            return [each.kind.value for each in found.breaks]


def test_cash_goes_from_the_drawer_to_the_bank_and_the_statement_books_it_once(desk, drawer):
    drawer.take()
    drawer.take()
    assert drawer.balances() == [300_000, 0, 0]
    row = drawer.prepare(300_000)
    assert drawer.balances() == [300_000, 0, 0]
    drawer(hand_over_deposit, row.id, " gnt  01 ", "soát")
    assert drawer.balances() == [0, 300_000, 0]
    assert books_hold(desk)
    assert drawer.reconcile() == ["missing-in-statement"]
    # As a bank may write it: in lower case, with more around it.
    text = f"nop tien {row.transfer_reference.lower()} ubnd"
    assert drawer.show((300_000, text, "FT1")) == []
    assert drawer.balances() == [0, 0, 300_000]
    assert drawer.reconcile() == []
    assert drawer.balances() == [0, 0, 300_000]
    assert drawer.state(row) == "arrived"
    assert books_hold(desk)
    assert desk.recorded.types[-3:] == ["cash-deposit.prepared", "cash-deposit.handed-over", "cash-deposit.arrived"]


def test_the_banks_slip_names_a_pay_in_too(drawer):
    drawer.take()
    row = drawer.handed_over(slip="GNT260001")
    assert drawer.show((150_000, "NOP TIEN MAT GNT260001", "FT1")) == []
    assert drawer.state(row) == "arrived"


def test_another_amount_at_the_bank_is_a_break_and_the_cash_stays_on_its_way(desk, drawer):
    drawer.take()
    row = drawer.handed_over()
    assert drawer.show((149_000, row.transfer_reference, "FT1")) == ["amount-differs"]
    assert drawer.balances() == [0, 150_000, 0]
    with desk.open_store() as store:
        (found,) = store.statements.list_breaks(UNIT)
    assert "lần nộp tiền mặt" in found.explanation_vi
    assert "cash paid in" in found.explanation_en


def test_a_second_credit_for_one_pay_in_is_a_break(drawer):
    drawer.take()
    row = drawer.handed_over()
    twice = [(150_000, row.transfer_reference, "FT1"), (150_000, row.transfer_reference, "FT2")]
    assert drawer.show(*twice) == ["duplicate-credit"]
    assert drawer.balances() == [0, 0, 150_000]


def test_more_than_the_drawer_holds_or_has_promised_is_not_prepared(drawer):
    with pytest.raises(DrawerHoldsLess):
        drawer.prepare(1)
    drawer.take()
    with pytest.raises(DrawerHoldsLess):
        drawer.prepare(150_001)
    row = drawer.prepare(100_000)
    with pytest.raises(DrawerHoldsLess):
        drawer.prepare(50_001)
    drawer(cancel_deposit, row.id, "thu", "Đếm lại")
    drawer.prepare(150_000)


def test_two_at_once_do_not_take_more_than_there_is(drawer, engine):
    drawer.take()
    start, refused = threading.Barrier(2), []

    def prepare():
        start.wait()
        try:
            with Session(engine) as session:
                more = {"now": LATER, "record": lambda event: None}
                prepare_deposit(PaymentStore(session), UNIT, Money(100_000), ACCOUNT, "thu", **more)
                session.commit()
        except DrawerHoldsLess as error:
            refused.append(error)

    threads = [threading.Thread(target=prepare) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(refused) == 1


@pytest.mark.parametrize(
    "changed", [{"amount": 0}, {"amount": -1}, {"account": "another"}, {"officer": " "}, {"unit": "another unit"}]
)
def test_an_unsound_pay_in_is_refused(drawer, changed):
    drawer.take()
    with pytest.raises(CashDepositUnsound):
        drawer.prepare(**changed)


def test_two_people_hand_cash_over_and_a_slip_proves_one_pay_in(desk, drawer):
    drawer.take()
    drawer.take()
    row, other = drawer.prepare(), drawer.prepare()
    for slip, officer, refusal in (
        ("1", " THU ", SamePersonTwice),
        ("", "soát", CashDepositUnsound),
        ("1" * 41, "soát", CashDepositUnsound),
        ("1\x00", "soát", CashDepositUnsound),
        ("1", "", CashDepositUnsound),
    ):
        with pytest.raises(refusal):
            drawer(hand_over_deposit, row.id, slip, officer)
    drawer(hand_over_deposit, row.id, "a 1", "soát")
    with pytest.raises(DepositSlipAlreadyUsed):
        drawer(hand_over_deposit, other.id, "A  1", "soát")
    with pytest.raises(TransitionNotAllowed):
        drawer(hand_over_deposit, row.id, "2", "soát")
    with pytest.raises(CashDepositNotFound):
        drawer(hand_over_deposit, "none", "2", "soát")
    assert drawer.state(other) == "prepared"
    assert drawer.balances() == [150_000, 150_000, 0]


def test_cash_that_came_back_is_in_the_drawer_again_by_another_person(desk, drawer):
    drawer.take()
    row = drawer.handed_over()
    for officer, reason, refusal in (
        ("soát", "Ngân hàng đóng cửa", SamePersonTwice),
        ("thu", " ", CashDepositUnsound),
        ("", "x", CashDepositUnsound),
    ):
        with pytest.raises(refusal):
            drawer(cancel_deposit, row.id, officer, reason)
    drawer(cancel_deposit, row.id, "thu", "Ngân hàng đóng cửa")
    assert drawer.balances() == [150_000, 0, 0]
    assert books_hold(desk)
    with pytest.raises(TransitionNotAllowed):
        drawer(cancel_deposit, row.id, "thu", "x")
    assert drawer.show((150_000, row.transfer_reference, "FT1")) == ["unknown-credit"]
    assert drawer.handed_over(slip="GNT 01").state == "handed-over"


def test_what_arrived_is_not_cancelled(drawer):
    drawer.take()
    row = drawer.handed_over()
    drawer.show((150_000, row.transfer_reference, "FT1"))
    with pytest.raises(TransitionNotAllowed):
        drawer(cancel_deposit, row.id, "thu", "x")


def test_a_payment_whose_cash_left_the_drawer_is_not_taken_back(desk, drawer):
    payment = drawer.take()
    row = drawer.prepare()
    with pytest.raises(DrawerHoldsLess):
        drawer(void_counter_payment, payment.id, "soát", "Nhập nhầm")
    drawer(cancel_deposit, row.id, "thu", "Đếm lại")
    drawer(void_counter_payment, payment.id, "soát", "Nhập nhầm")
    assert books_hold(desk)


def test_the_database_too_wants_two_people_and_keeps_what_was_prepared(drawer, engine):
    drawer.take()
    row = drawer.prepare()
    changes = (
        "UPDATE cash_deposits SET state = 'handed-over', handed_over_by = prepared_by, handed_over_at = prepared_at,"
        " slip_number = '1' WHERE id = :id",
        "UPDATE cash_deposits SET state = 'arrived', statement_entry_id = 'x' WHERE id = :id",
        "UPDATE cash_deposits SET amount_minor = 1 WHERE id = :id",
        "DELETE FROM cash_deposits WHERE id = :id",
    )
    for change in changes:
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(text(change), {"id": row.id})
