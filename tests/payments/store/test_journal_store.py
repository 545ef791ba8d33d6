"""The journal in the database: numbered without gaps, append-only, and unable to hold what does not balance."""

import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from payments.errors import JournalEntryNotFound
from payments.ledger.accounts import RECEIVABLE, SUSPENSE, bank, clearing
from payments.ledger.journal import JournalEntry, Posting
from payments.money import Money
from tests.payments.makers import UNIT, fake_call


def entry(at, *, unit_id=UNIT, amount=150_000):
    postings = (Posting(clearing("vnpay"), RECEIVABLE, Money(amount)), Posting(bank("1"), SUSPENSE, Money(7, "USD")))
    return JournalEntry(unit_id, "test", "subject", "Thử", at, postings)


def test_an_entry_is_read_back_as_it_was_posted(open_store, at):
    with open_store() as store:
        entry_id = store.journal.post(entry(at)).id
    with open_store() as store:
        assert store.journal.get(entry_id) == entry(at)
        assert [row.sequence for row in store.journal.entries(UNIT)] == [1]
        assert [row.id for row in store.journal.entries_about(["subject"])] == [entry_id]


def test_each_unit_counts_for_itself_and_a_rollback_leaves_no_gap(open_store, at):
    for _ in range(2):
        with open_store() as store:
            store.journal.post(entry(at))
    with pytest.raises(RuntimeError), open_store() as store:
        store.journal.post(entry(at))
        raise RuntimeError("the machine stops")
    with open_store() as store:
        store.journal.post(entry(at))
        store.journal.post(entry(at, unit_id="another"))
        assert [row.sequence for row in store.journal.entries("another")] == [1]
        assert [row.sequence for row in store.journal.entries(UNIT, after_sequence=1)] == [2, 3]


def test_an_account_that_was_rolled_back_is_opened_again(open_store, at):
    for _ in range(2):
        with pytest.raises(RuntimeError), open_store() as store:
            store.journal.post(entry(at, unit_id="young"))
            store.journal.post(entry(at, unit_id="young"))
            raise RuntimeError("the machine stops")
    with open_store() as store:
        store.journal.post(entry(at, unit_id="young"))
    with open_store() as store:
        assert store.journal.trial_balance("young").balance_minor("clearing:vnpay") == 150_000


def test_writers_at_once_leave_no_gap(open_store, at):
    def write():
        for _ in range(5):
            with open_store() as store:
                store.journal.post(entry(at))

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with open_store() as store:
        assert [row.sequence for row in store.journal.entries(UNIT)] == list(range(1, 31))
        balance = store.journal.trial_balance(UNIT)
    assert balance.holds
    assert balance.balance_minor("clearing:vnpay") == 30 * 150_000
    assert balance.balance_minor("suspense", "USD") == -210


def test_an_entry_is_taken_back_once(open_store, at):
    with open_store() as store:
        entry_id = store.journal.post(entry(at)).id
    with open_store() as store:
        store.journal.reverse(entry_id, at)
    with open_store() as store:
        assert all(row.balance_minor == 0 for row in store.journal.trial_balance(UNIT).accounts)
    with pytest.raises(DBAPIError), open_store() as store:
        store.journal.reverse(entry_id, at)


def test_an_entry_that_is_not_there_is_not_taken_back(open_store, at):
    with open_store() as store, pytest.raises(JournalEntryNotFound):
        store.journal.reverse("nothing", at)


def test_a_balance_can_be_had_for_a_moment(open_store, at):
    with open_store() as store:
        store.journal.post(entry(at))
        assert store.journal.trial_balance(UNIT, at).accounts == ()


CHANGES = [
    "UPDATE journal_entries SET description = 'x'",
    "DELETE FROM journal_postings",
    "UPDATE journal_postings SET amount_minor = amount_minor + 1",
    "UPDATE ledger_accounts SET code = 'bank'",
    "DELETE FROM ledger_accounts",
    "UPDATE provider_events SET outcome = 'failed'",
    "DELETE FROM provider_events",
    "UPDATE provider_callbacks SET body = 'x'",
    "UPDATE provider_callbacks SET received_at = '2020-01-01 00:00:00'",
    "DELETE FROM provider_callbacks",
    "UPDATE fee_order_items SET amount_minor = 1",
    "DELETE FROM fee_order_items",
    "UPDATE fee_orders SET amount_minor = 1",
    "UPDATE payment_attempts SET reference = 'x'",
]


@pytest.mark.parametrize("change", CHANGES)
def test_the_database_keeps_history_as_it_was(desk, engine, change):
    desk.call(fake_call(desk.start(desk.open())))
    with pytest.raises(DBAPIError, match="history is not changed"), engine.begin() as connection:
        connection.execute(text(change))


POSTING = (
    "INSERT INTO journal_postings (entry_id, line_no, unit_id, debit_account_id, credit_account_id, amount_minor, "
    "currency) SELECT entry_id, 99, {unit}, debit_account_id, {credit}, {amount}, {currency} "
    "FROM journal_postings WHERE line_no = 1 LIMIT 1"
)
SOUND = {"unit": "unit_id", "credit": "credit_account_id", "amount": "1", "currency": "'VND'"}


@pytest.mark.parametrize(
    "changed",
    [{"amount": "0"}, {"amount": "-5"}, {"credit": "debit_account_id"}, {"currency": "'USD'"}, {"unit": "'x'"}],
)
def test_the_database_cannot_hold_an_entry_that_does_not_balance(desk, engine, changed):
    desk.open()
    with pytest.raises(DBAPIError), engine.begin() as connection:
        connection.execute(text(POSTING.format(**{**SOUND, **changed})))


def test_the_sound_posting_of_the_test_above_is_taken(desk, engine):
    desk.open()
    with engine.begin() as connection:
        connection.execute(text(POSTING.format(**SOUND)))
