"""The journal in the domain: entries that cannot be out of balance, and what they add up to."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.errors import JournalEntryUnsound
from payments.ledger.accounts import (
    RECEIVABLE,
    SUSPENSE,
    Account,
    AccountKind,
    bank,
    clearing,
    parse_account,
)
from payments.ledger.balances import PostedAmount, trial_balance
from payments.ledger.journal import JournalEntry, Posting
from payments.ledger.posting_rules import (
    money_suspended,
    order_charged,
    order_paid,
    order_released,
    provider_paid_out,
)
from payments.money import Money
from tests.payments.makers import LE_PHI, PHI

AT = datetime(2026, 11, 23, tzinfo=UTC)
accounts = st.builds(Account, st.sampled_from(AccountKind), st.sampled_from(["", "a", "b:c"]))
amounts = st.builds(Money, st.integers(1, 10**15), st.sampled_from(["VND", "USD"]))
postings = st.builds(
    lambda pair, amount: Posting(*pair, amount),
    st.tuples(accounts, accounts).filter(lambda pair: pair[0] != pair[1]),
    amounts,
)


def posted(entries):
    return [
        PostedAmount(p.debit.code, p.credit.code, p.amount.amount_minor, p.amount.currency)
        for entry in entries
        for p in entry
    ]


@given(st.lists(st.lists(postings, min_size=1, max_size=5), max_size=20), st.randoms())
def test_any_journal_balances_in_each_currency_in_any_order(entries, chance):
    balance = trial_balance(posted(entries))
    assert balance.holds
    chance.shuffle(entries)
    assert trial_balance(posted(entries)) == balance


@given(st.lists(postings, min_size=1, max_size=5))
def test_an_entry_and_its_reversal_leave_nothing(given_postings):
    entry = JournalEntry("unit", "order-paid", "order", "text", AT, tuple(given_postings))
    back = entry.reversal("entry-1", AT)
    assert back.reverses_entry_id == "entry-1"
    assert all(row.balance_minor == 0 for row in trial_balance(posted([entry.postings, back.postings])).accounts)


@pytest.mark.parametrize("amount", [0, -1])
def test_a_posting_of_nothing_is_refused(amount):
    with pytest.raises(JournalEntryUnsound):
        Posting(RECEIVABLE, SUSPENSE, Money(amount))


def test_a_posting_within_one_account_is_refused():
    with pytest.raises(JournalEntryUnsound):
        Posting(clearing("vnpay"), clearing("vnpay"), Money(1))


def test_an_entry_without_postings_is_refused():
    with pytest.raises(JournalEntryUnsound):
        JournalEntry("unit", "order-paid", "order", "text", AT, ())


@given(accounts)
def test_an_account_is_known_by_its_code(account):
    assert parse_account(account.code) == account


@pytest.mark.parametrize("code", ["", "cash", "clearings:vnpay"])
def test_a_code_of_no_kind_is_refused(code):
    with pytest.raises(JournalEntryUnsound):
        parse_account(code)


def test_charging_and_releasing_an_order_leave_nothing():
    items = [PHI, LE_PHI]
    balance = trial_balance(posted([order_charged(items), order_released(items)]))
    assert all(row.balance_minor == 0 for row in balance.accounts)


def test_a_paid_order_ends_as_income_and_a_payout_in_the_bank():
    items, total, vnpay, account = [PHI, LE_PHI], Money(150_000), clearing("vnpay"), bank("0011")
    balance = trial_balance(
        posted(
            [
                order_charged(items),
                order_paid(items, total, vnpay),
                provider_paid_out(total, Money(1_650), "vnpay", account),
                money_suspended(Money(7), account),
            ]
        )
    )
    left = {row.account: row.balance_minor for row in balance.accounts if row.balance_minor}
    assert left == {
        "bank:0011": 148_357,
        "provider-fees:vnpay": 1_650,
        "income:phi:423-2716:H13.01": -120_000,
        "income:le-phi:423-2852:H13.02": -30_000,
        "suspense": -7,
    }


def test_a_payout_without_a_fee_has_one_posting():
    assert len(provider_paid_out(Money(5), Money(0), "x", bank("1"))) == 1
