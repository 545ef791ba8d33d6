"""Money at the State Treasury: where citizens' payments to its accounts end, and refunds that it pays out itself."""

from datetime import timedelta

import pytest

from payments.errors import (
    AccountHoldsLess,
    ExpectedTransferUnsound,
    RefundNotFound,
    RefundUnsound,
    SamePersonTwice,
    TransitionNotAllowed,
)
from payments.journeys import (
    confirm_by_statement,
    confirm_by_treasury,
    hand_over_refund,
    keep_at_treasury,
    reverse_transfer,
)
from payments.journeys.transfers import settle_transfer
from payments.model import STATEMENT, BankTransfer
from payments.money import Money
from payments.store.tables import CollectionAccountRow, HeldAt
from tests.payments.journeys.test_counter import books_hold
from tests.payments.journeys.test_expected_transfers import REMITTANCE, Office
from tests.payments.journeys.test_refunds import Counter, debit, paper
from tests.payments.makers import LATER, UNIT, fake_call
from tests.payments.statements.makers import ACCOUNT

AT_TREASURY = f"treasury:{ACCOUNT}"


@pytest.fixture
def office(desk, tmp_path):
    return Office(desk, tmp_path)


def kept_at_treasury(desk, row_id="account-2", number=ACCOUNT, held_at=HeldAt.TREASURY):
    """Say that an account, by default the office's first, is one at the treasury."""
    with desk.open_store() as store:
        row = CollectionAccountRow(
            id=row_id,
            unit_id=UNIT,
            bank_bin="970400",
            bank_name="KBNN",
            account_number=number,
            account_name="UBND",
            held_at=held_at,
            valid_from=desk.at - timedelta(hours=1),
        )
        store.add_collection_account(row)
        if held_at is HeldAt.TREASURY:
            keep_at_treasury(store, row, now=LATER)


def transfer(desk, order_id, provider, reference="KB1"):
    with desk.open_store() as store:
        named = store.get_order(order_id).transfer_reference
        told = BankTransfer(named, reference, ACCOUNT, Money(150_000), LATER, provider=provider)
        return settle_transfer(store, told, now=LATER, record=desk.recorded).outcome


def test_what_comes_to_an_account_at_the_treasury_lies_at_the_treasury(desk, office):
    kept_at_treasury(desk)
    order_id = desk.open()
    assert transfer(desk, order_id, "kbnn") == "booked"
    assert desk.balance().balance_minor(AT_TREASURY) == 150_000
    assert desk.balance().balance_minor(f"bank:{ACCOUNT}") == 0
    # The same account's statement tells of it too, and books nothing more.
    assert office.show((150_000, "khac", "KB2")) == ["unknown-credit", "missing-in-statement"]
    assert transfer(desk, order_id, STATEMENT) == "duplicate"
    assert transfer(desk, order_id, "kbnn", "KB3") == "suspended"
    assert desk.balance().balance_minor(AT_TREASURY) == 300_000
    with desk.open_store() as store:
        assert {found.account for found in store.statements.list_breaks(UNIT)} == {ACCOUNT}
    assert books_hold(desk)


def test_cash_and_payouts_go_to_the_treasury_where_the_account_is_there(desk, office):
    kept_at_treasury(desk)
    office.take()
    cash = office.handed_over(slip="GNT260001")
    for _ in range(2):
        desk.call(fake_call(desk.start(desk.open())))
    row = office.approved()
    office.show((row.net_minor, row.reference, "KB1"), (150_000, f"NOP {cash.transfer_reference}", "KB2"))
    assert desk.balance().balance_minor(AT_TREASURY) == row.net_minor + 150_000
    office.approved(REMITTANCE)
    office.show((-100_000, "NOP GNT0007", "KB3"))
    assert desk.balance().balance_minor("treasury:7111") == 100_000
    assert books_hold(desk)


def test_an_account_taken_for_a_banks_is_booked_over_once_and_its_money_is_told_of_once(desk, office):
    order_id = desk.open()
    assert transfer(desk, order_id, "kbnn") == "booked"
    for row_id in ("account-2", "account-3"):
        kept_at_treasury(desk, row_id)
    assert desk.balance().balance_minor(f"bank:{ACCOUNT}") == 0
    assert desk.balance().balance_minor(AT_TREASURY) == 150_000
    assert transfer(desk, order_id, STATEMENT) == "duplicate"
    assert books_hold(desk)


def test_a_remittance_into_an_own_account_at_the_treasury_is_booked_once_and_matched_on_both(desk, office):
    inside = tuple(desk.start(desk.open()) for _ in range(2))
    for reference in inside:
        desk.call(fake_call(reference))
    office.paid_out(payments=inside)
    with pytest.raises(ExpectedTransferUnsound):
        office.announce(REMITTANCE, counterparty=ACCOUNT)
    own_bank, own = "0071009876543", "3713000001"
    kept_at_treasury(desk, "account-2", own)
    kept_at_treasury(desk, "account-3", own_bank, HeldAt.BANK)
    with pytest.raises(ExpectedTransferUnsound):
        office.announce(REMITTANCE, counterparty=own_bank)
    row = office.approved(REMITTANCE, counterparty=own)
    text = f"NOP {row.transfer_reference}"
    # The treasury may tell of it first.
    assert office.show((100_000, text, "KB1"), account=own) == []
    assert desk.balance().balance_minor(f"treasury:{own}") == 0
    office.show((-100_000, text, "FT7"))
    assert office.state(row) == "arrived"
    assert desk.balance().balance_minor(f"treasury:{own}") == 100_000
    assert office.reconcile(account=own) == []
    office.end(reverse_transfer, row)
    assert office.reconcile(account=own) == ["unknown-credit"]
    assert desk.balance().balance_minor(f"treasury:{own}") == 0
    assert books_hold(desk)


@pytest.fixture
def refund(desk, office):
    """A refund of 50,000 VND on paper, approved; the treasury's account 7111 holds 100,000."""
    found = paper(Counter(desk))
    for _ in range(2):
        desk.call(fake_call(desk.start(desk.open())))
    office.paid_out()
    office.approved(REMITTANCE)
    office.show((-100_000, "NOP GNT0007", "FT3"))
    return found


def test_the_treasury_pays_back_what_was_handed_over_on_paper(desk, office, refund):
    def confirm(account="7111", document="LCT 9", officer="hoa"):
        return office(confirm_by_treasury, refund.id, account, document, officer)

    with pytest.raises(TransitionNotAllowed):
        confirm()
    office(hand_over_refund, refund.id, "minh.le", "UNC-17")
    for given, refusal in (
        ({"officer": refund.requested_by.upper()}, SamePersonTwice),
        ({"officer": " "}, RefundUnsound),
        ({"document": " "}, RefundUnsound),
        ({"document": "1" * 61}, RefundUnsound),
        ({"account": "3713"}, AccountHoldsLess),
    ):
        with pytest.raises(refusal):
            confirm(**given)
    with pytest.raises(RefundNotFound):
        office(confirm_by_treasury, "none", "7111", "9", "hoa")
    assert desk.balance().balance_minor("refunds") == -50_000
    row = confirm()
    assert (row.state, row.ended_by, row.provider_transaction) == ("confirmed", "hoa", "LCT 9")
    assert [desk.balance().balance_minor(code) for code in ("refunds", "treasury:7111")] == [0, 50_000]
    with pytest.raises(TransitionNotAllowed):
        confirm()
    # A debit of a bank that names it as well is a second payment: it stays a break.
    assert office(confirm_by_statement, debit(refund)) is None
    assert books_hold(desk)


def test_the_treasurys_own_statement_confirms_what_a_person_said_before(desk, office, refund):
    office(hand_over_refund, refund.id, "minh.le", "UNC-17")
    kept_at_treasury(desk)
    office(confirm_by_treasury, refund.id, ACCOUNT, "LCT 9", "hoa")
    for _ in range(2):
        paid = debit(refund)
        shown = type(paid)(paid.transfer_reference, ACCOUNT, paid.amount, paid.entry_id)
        assert office(confirm_by_statement, shown).statement_entry_id == paid.entry_id
    assert desk.balance().balance_minor("refunds") == 0
    assert books_hold(desk)
