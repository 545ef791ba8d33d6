"""Payouts, providers' fees and remittances: announced by one, approved by another, booked once by a statement."""

import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from payments.errors import (
    AccountHoldsLess,
    ClearingHoldsLess,
    ExpectedTransferNotFound,
    ExpectedTransferUnsound,
    ProviderNeverUsed,
    SamePersonTwice,
    StatementEntryUnfit,
    TransferReferenceUsed,
    TransitionNotAllowed,
)
from payments.journeys import (
    TransferWish,
    announce_transfer,
    approve_transfer,
    cancel_transfer,
    payout_wish,
    reverse_transfer,
)
from payments.money import Money
from payments.store.payments import PaymentStore
from payments.store.statement_tables import StatementEntryRow
from payments.store.transfer_tables import TransferKind
from tests.payments.journeys.test_cash_deposits import TODAY, Drawer
from tests.payments.journeys.test_counter import books_hold
from tests.payments.makers import LATER, UNIT, fake_call
from tests.payments.statements.makers import ACCOUNT

NUMBER = "PO 26-1123"
PAYOUT = TransferWish(TransferKind.PAYOUT, "fake", NUMBER, ACCOUNT, Money(300_000), Money(3_300), TODAY)
FEE = TransferWish(TransferKind.PROVIDER_FEE, "fake", "HD 000123", ACCOUNT, Money(0), Money(11_000), TODAY)
REMITTANCE = TransferWish(TransferKind.REMITTANCE, "7111", "GNT-0007", ACCOUNT, Money(100_000), Money(0), TODAY)
ACCOUNTS = ("clearing:fake", f"bank:{ACCOUNT}", "provider-fees:fake", "treasury:7111")
PAID_OUT = (296_700, "CT TU FAKE po26-1123 ngay 23/11", "FT1")


class Office(Drawer):
    """The finance office's side of the desk."""

    def announce(self, wish=PAYOUT, officer="lan", unit=UNIT, **changed):
        return self(announce_transfer, unit, replace(wish, **changed), officer)

    def approved(self, wish=PAYOUT, **changed):
        row = self.announce(wish, **changed)
        return self(approve_transfer, row.id, "minh")

    def end(self, verb, row, officer="lan", reason="Nhập nhầm"):
        return self(verb, row.id, officer, reason)

    def state(self, row):
        with self.desk.open_store() as store:
            return store.transfers.get(row.id).state

    def balances(self):
        return [self.balance(code) for code in ACCOUNTS]

    def entry_id(self):
        with self.desk.open_store() as store:
            return store._session.query(StatementEntryRow.id).order_by(StatementEntryRow.position).limit(1).scalar()

    def paid_out(self, **changed):
        row = self.approved(**changed)
        self.show((row.net_minor, *PAID_OUT[1:]))
        return row


@pytest.fixture
def office(desk, tmp_path):
    """The office of a unit for which a provider took 300,000 VND."""
    for _ in range(2):
        desk.call(fake_call(desk.start(desk.open())))
    return Office(desk, tmp_path)


def test_a_payout_less_its_fee_empties_the_clearing_account_once(desk, office):
    row = office.approved()
    assert office.balances() == [300_000, 0, 0, 0]
    # The attempts inside the payout are on no statement by themselves; the payout itself is awaited.
    assert office.reconcile().count("missing-in-statement") == 3
    assert "unknown-credit" not in office.show(PAID_OUT)
    assert office.balances() == [0, 296_700, 3_300, 0]
    office.reconcile()
    assert office.balances() == [0, 296_700, 3_300, 0]
    assert office.state(row) == "arrived"
    assert books_hold(desk)
    types = [type_ for type_ in desk.recorded.types if type_.startswith("expected-transfer")]
    assert types == [f"expected-transfer.{what}" for what in ("announced", "approved", "arrived")]


def test_a_gross_payout_and_the_fee_by_itself_are_two_lines_of_the_statement(desk, office):
    office.approved(fee=Money(0))
    office.approved(FEE)
    breaks = office.show((300_000, f"FAKE {NUMBER}", "FT1"), (-11_000, "PHI DV HD000123", "FT2"))
    assert not {"unknown-credit", "debit-unexplained"} & set(breaks)
    assert office.balances() == [0, 289_000, 11_000, 0]
    assert books_hold(desk)


def test_money_goes_from_the_bank_to_the_treasury_by_our_reference_or_the_orders_number(desk, office):
    office.paid_out()
    ours, theirs = office.approved(REMITTANCE), office.approved(REMITTANCE, reference="GNT-0008")
    office.show((-100_000, f"nop nsnn {ours.transfer_reference.lower()}", "FT3"), (-100_000, "NOP GNT0008", "FT4"))
    assert [office.state(row) for row in (ours, theirs)] == ["arrived", "arrived"]
    assert office.balances() == [0, 96_700, 3_300, 200_000]
    assert books_hold(desk)
    with desk.open_store() as store:
        (entry,) = store.journal.entries_about([ours.id])
    assert entry.kind == "remitted-to-treasury"


def test_what_nobody_approved_is_not_booked(office):
    row = office.announce()
    assert "unknown-credit" in office.show(PAID_OUT)
    assert office.balances() == [300_000, 0, 0, 0]
    office(approve_transfer, row.id, "minh")
    assert "unknown-credit" not in office.reconcile()
    assert office.balances() == [0, 296_700, 3_300, 0]


def test_an_entry_whose_text_names_nothing_is_named_by_two_people(desk, office):
    assert "unknown-credit" in office.show((296_700, "CHUYEN TIEN", "FT1"), (5_000, "khac", "FT2"))
    row = office.approved(statement_entry_id=office.entry_id())
    assert office.reconcile().count("unknown-credit") == 1
    assert (office.state(row), office.balances()[:2]) == ("arrived", [0, 296_700])
    with desk.open_store() as store:
        assert store.statements.find_match(row.id).rule == "officers"
    assert books_hold(desk)


def test_an_entry_that_is_something_else_is_not_named(desk, office):
    row = office.paid_out()
    taken = office.entry_id()
    office(reverse_transfer, row.id, "lan", "Sai phí")
    for changed in (
        {"statement_entry_id": "none"},
        {"statement_entry_id": taken, "fee": Money(3_299)},
    ):
        with pytest.raises(StatementEntryUnfit):
            office.announce(reference="another", **changed)
    for _ in range(2):
        desk.call(fake_call(desk.start(desk.open())))
    first = office.announce(reference="first", statement_entry_id=taken)
    # It names the entry by its text, and is approved before.
    office.approved()
    office.reconcile()
    with pytest.raises(StatementEntryUnfit):
        office(approve_transfer, first.id, "minh")


def test_another_amount_or_direction_is_a_break_and_books_nothing(desk, office):
    office.approved()
    office.approved(FEE)
    shown = {
        (296_699, NUMBER, "FT1"): ("amount-differs", "Khoản ghi có"),
        (-296_700, NUMBER, "FT2"): ("credit-taken-back", "lần nhà cung cấp chi trả"),
        (-10_999, "HD 000123", "FT3"): ("amount-differs", "Khoản ghi nợ"),
        (11_000, "HD-000123", "FT4"): ("debit-returned", "có thể đã bị trả về"),
    }
    office.show(*shown)
    assert office.balances() == [300_000, 0, 0, 0]
    with desk.open_store() as store:
        found = [(each.kind, each.explanation_vi) for each in store.statements.list_breaks(UNIT)]
    for kind, words in shown.values():
        assert any(each == kind and words in told for each, told in found), (kind, found)


def test_a_second_debit_for_one_fee_is_a_break(office):
    office.approved(FEE)
    breaks = office.show((-11_000, "HD000123", "FT1"), (-11_000, "HD000123", "FT2"))
    assert breaks.count("debit-unexplained") == 1
    assert office.balances()[2] == 11_000


UNSOUND = (
    (PAYOUT, {"gross": Money(0), "fee": Money(0)}),
    (PAYOUT, {"gross": Money(-1)}),
    (PAYOUT, {"fee": Money(-1)}),
    (PAYOUT, {"fee": Money(300_000)}),
    (PAYOUT, {"gross": Money(300_000, "USD")}),
    (PAYOUT, {"fee": Money(3_300, "USD")}),
    (PAYOUT, {"reference": " "}),
    (PAYOUT, {"reference": "1" * 61}),
    (PAYOUT, {"reference": "1\x00"}),
    (PAYOUT, {"account_number": "another"}),
    (PAYOUT, {"counterparty": ""}),
    (PAYOUT, {"paid_on": TODAY + timedelta(days=1)}),
    (FEE, {"fee": Money(0)}),
    (FEE, {"gross": Money(1)}),
    (REMITTANCE, {"gross": Money(0)}),
    (REMITTANCE, {"gross": Money(-1)}),
    (REMITTANCE, {"fee": Money(1)}),
    (REMITTANCE, {"counterparty": "7" * 41}),
)


def test_what_cannot_be_is_refused(office):
    for wish, changed in UNSOUND:
        with pytest.raises(ExpectedTransferUnsound):
            office.announce(wish, **changed)


def test_gross_is_fee_and_net_together_and_all_are_dong():
    assert payout_wish("fake", NUMBER, ACCOUNT, (Money(300_000), Money(3_300), Money(296_700)), TODAY) == PAYOUT
    for amounts in (
        (Money(300_000), Money(3_300), Money(296_701)),
        (Money(300_000), Money(3_300), Money(296_700, "USD")),
    ):
        with pytest.raises(ExpectedTransferUnsound):
            payout_wish("fake", NUMBER, ACCOUNT, amounts, TODAY)


def test_only_a_provider_that_took_money_pays_out_or_charges(office):
    office.take()
    for provider in ("nobody", "counter-cash", "cash-in-transit"):
        for wish in (PAYOUT, FEE):
            with pytest.raises(ProviderNeverUsed):
                office.announce(wish, counterparty=provider)


def test_no_more_is_paid_out_than_the_provider_holds_less_what_is_announced(office):
    with pytest.raises(ClearingHoldsLess):
        office.announce(gross=Money(300_001))
    row = office.announce(gross=Money(200_000))
    with pytest.raises(ClearingHoldsLess):
        office.announce(gross=Money(100_001), reference="second")
    office.end(cancel_transfer, row)
    office.announce(reference="second")


@pytest.mark.parametrize("numbers", [("PO-1", "PO-2"), ("PO-1", "PO-1")])
def test_two_at_once_do_not_take_the_same_money_twice(office, engine, numbers):
    start, ended = threading.Barrier(2), []

    def announce(number):
        start.wait()
        wish = replace(PAYOUT, reference=number, gross=Money(200_000))
        try:
            with Session(engine) as session:
                more = {"now": LATER, "record": lambda event: None}
                ended.append(announce_transfer(PaymentStore(session), UNIT, wish, "lan", **more).id)
                session.commit()
        except ClearingHoldsLess:
            ended.append("refused")

    threads = [threading.Thread(target=announce, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    # Another document finds too little; the same one is the transfer that stands.
    assert len(ended) == 2
    assert (len(set(ended)) == 1) == (len(set(numbers)) == 1)
    assert ended.count("refused") == len(set(numbers)) - 1


def test_no_more_is_remitted_than_the_account_holds_less_what_is_announced(office):
    with pytest.raises(AccountHoldsLess):
        office.announce(REMITTANCE)
    office.paid_out()
    with pytest.raises(AccountHoldsLess):
        office.announce(REMITTANCE, gross=Money(296_701))
    office.announce(REMITTANCE)
    with pytest.raises(AccountHoldsLess):
        office.announce(REMITTANCE, reference="second", gross=Money(196_701))


def test_the_same_document_again_is_the_same_transfer_and_another_content_is_refused(desk, office):
    row = office.announce()
    assert office.announce(reference=" po  26-1123", officer="minh").id == row.id
    assert desk.recorded.types.count("expected-transfer.announced") == 1
    for changed in (
        {"gross": Money(200_000)},
        {"fee": Money(1)},
        {"paid_on": date(2026, 11, 22)},
    ):
        with pytest.raises(TransferReferenceUsed):
            office.announce(**changed)
    office(approve_transfer, row.id, "minh")
    office.show(PAID_OUT)
    # Also when nothing is left on the clearing account.
    assert office.announce().state == "arrived"


def test_two_people_stand_behind_each_transfer(office, engine):
    row = office.announce()
    for officer, refusal in ((" LAN ", SamePersonTwice), ("", ExpectedTransferUnsound)):
        with pytest.raises(refusal):
            office(approve_transfer, row.id, officer)
    office(approve_transfer, row.id, "minh")
    with pytest.raises(TransitionNotAllowed):
        office(approve_transfer, row.id, "hoa")
    with pytest.raises(SamePersonTwice):
        office.end(cancel_transfer, row, officer="minh")
    with pytest.raises(ExpectedTransferUnsound):
        office.end(cancel_transfer, row, reason=" ")
    with pytest.raises(ExpectedTransferNotFound):
        office(approve_transfer, "none", "hoa")
    with pytest.raises(ExpectedTransferUnsound):
        office.announce(FEE, officer="\n")


def test_what_was_cancelled_is_awaited_no_more_and_its_number_is_free(desk, office):
    row = office.approved()
    assert office.reconcile().count("missing-in-statement") == 3
    office.end(cancel_transfer, row)
    assert office.reconcile().count("missing-in-statement") == 2
    with desk.open_store() as store:
        assert len(store.statements.list_breaks(UNIT)) == 2
    assert "unknown-credit" in office.show(PAID_OUT)
    for verb in (cancel_transfer, reverse_transfer):
        with pytest.raises(TransitionNotAllowed):
            office.end(verb, row)
    assert office.announce().id != row.id


def test_what_was_booked_wrongly_is_reversed_and_entered_anew(desk, office):
    row = office.paid_out()
    with pytest.raises(TransitionNotAllowed):
        office.end(cancel_transfer, row)
    with pytest.raises(SamePersonTwice):
        office.end(reverse_transfer, row, officer="minh")
    office.end(reverse_transfer, row)
    assert office.balances() == [300_000, 0, 0, 0]
    assert books_hold(desk)
    assert "unknown-credit" in office.reconcile()
    office.approved(gross=Money(297_700), fee=Money(1_000))
    office.reconcile()
    assert office.balances() == [2_300, 296_700, 1_000, 0]
    assert books_hold(desk)
    with desk.open_store() as store:
        kinds = [entry.kind for entry in store.journal.entries_about([row.id])]
    assert kinds == ["provider-paid-out", "provider-paid-out-reversed"]


def test_the_database_too_wants_two_people_and_keeps_what_was_announced(office, engine):
    row = office.announce()
    changes = (
        "UPDATE expected_transfers SET state = 'approved', approved_by = announced_by, approved_at = announced_at"
        " WHERE id = :id",
        "UPDATE expected_transfers SET state = 'approved' WHERE id = :id",
        "UPDATE expected_transfers SET state = 'arrived', approved_by = 'x', approved_at = announced_at WHERE id = :id",
        "UPDATE expected_transfers SET state = 'cancelled' WHERE id = :id",
        "UPDATE expected_transfers SET fee_minor = 1 WHERE id = :id",
        "DELETE FROM expected_transfers WHERE id = :id",
    )
    for change in changes:
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(text(change), {"id": row.id})
