"""The check of the books: silent while they hold, and for each way to falsify them it names what was done."""

import pytest
from sqlalchemy import text

from payments.journeys import approve_refund, check_books, issue_receipts
from payments.journeys.books import SENTENCES
from payments.money import Money
from payments.providers.registry import ProviderRegistry
from payments.store.books import DIFFERENCES
from tests.payments.journeys.test_expected_transfers import Office
from tests.payments.journeys.test_receipts import FORMS
from tests.payments.journeys.test_refunds import LIMIT, Counter
from tests.payments.makers import LATER, UNIT, fake_call


@pytest.fixture
def books(desk, tmp_path):
    """A unit with a life: paid, open, cancelled, late, failed, refunded in part, receipted, paid out, cash away."""
    counter = Counter(desk)
    order_id = counter.paid()
    refund = counter.approved(order_id)
    counter.send()
    counter.proposal()
    desk.open()
    desk.call(fake_call(desk.start(desk.open()), outcome="failed"))
    with desk.open_store() as store:
        issue_receipts(store, order_id, forms=FORMS, unit_name="UBND", now=LATER, record=desk.recorded)
    taken_up = counter.request(order_id, action_key="another")
    counter(approve_refund, taken_up.id, "minh.le", limit=LIMIT)
    assert refund.id != taken_up.id
    drawer = Office(desk, tmp_path)
    drawer.take()
    drawer.handed_over()
    paid_out = desk.start(desk.open())
    desk.call(fake_call(paid_out))
    drawer.paid_out(gross=Money(150_000), fee=Money(500), payments=(paid_out,))
    return counter


def faults(desk, unit_id=UNIT):
    with desk.open_store() as store:
        return list(check_books(store, unit_id, ProviderRegistry([desk.provider]).named))


def tamper(engine, *statements):
    """Do what someone with the database's password could: take the triggers away, then change what stands."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            found = connection.exec_driver_sql("SELECT name FROM sqlite_schema WHERE type = 'trigger'").scalars()
            for name in list(found):
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            connection.execute(text("SET session_replication_role = replica"))
        for statement in statements:
            assert connection.execute(text(statement)).rowcount > 0, statement
        connection.commit()
        connection.invalidate()


# {paid} and {entry}: the order that a provider took money for, and its journal entry; {cash}: that of the counter.
PAID = (
    "(SELECT o.id FROM fee_orders o JOIN payment_attempts a ON a.id = o.paid_attempt_id WHERE a.provider = '{}' "
    "ORDER BY o.id LIMIT 1)"
)
ENTRY = "(SELECT id FROM journal_entries WHERE kind = 'order-paid' AND subject_id = {})"
NAMES = {
    "{paid}": PAID.format("fake"),
    "{entry}": ENTRY.format(PAID.format("fake")),
    "{cash}": ENTRY.format(PAID.format("counter-cash")),
}
CASES = {
    "entry-without-postings": "DELETE FROM journal_postings WHERE entry_id = {entry}",
    "order-total-is-not-its-items": "UPDATE fee_orders SET amount_minor = amount_minor + 1 WHERE id = {paid}",
    "order-owes-another-amount": "UPDATE fee_orders SET state = 'open' WHERE state = 'cancelled'",
    "order-charged-another-amount": "DELETE FROM journal_postings WHERE line_no = 2 AND entry_id = (SELECT id FROM "
    "journal_entries WHERE kind = 'order-charged' LIMIT 1)",
    "income-is-not-the-paid-items": "UPDATE journal_postings SET amount_minor = 1 WHERE line_no = 2 AND entry_id = "
    "{entry}",
    "money-booked-is-not-money-proven": "UPDATE journal_postings SET amount_minor = 1 WHERE line_no = 1 AND "
    "entry_id = {entry}",
    "attempt-hides-a-success": "UPDATE payment_attempts SET state = 'failed' WHERE state = 'succeeded'",
    "paid-order-without-a-payment": "UPDATE fee_orders SET paid_attempt_id = NULL WHERE id = {paid}",
    "callback-booked-nothing": "UPDATE provider_callbacks SET outcome = 'booked' WHERE outcome = 'refund-noted'",
    "report-without-its-callback": "DELETE FROM provider_callbacks WHERE outcome = 'booked'",
    "refund-owes-another-amount": "UPDATE refunds SET state = 'failed' WHERE state = 'sent'",
    "refund-paid-another-amount": "UPDATE refunds SET state = 'confirmed' WHERE state = 'sent'",
    "more-refunded-than-received": "UPDATE refunds SET amount_minor = 150000 WHERE state = 'sent'",
    "suspense-without-a-proposal": "DELETE FROM refunds WHERE state = 'proposed'",
    "deposit-took-another-amount": "UPDATE cash_deposits SET state = 'prepared'",
    "deposit-arrived-with-another-amount": "UPDATE cash_deposits SET state = 'arrived', statement_entry_id = 'x'",
    "drawer-below-zero": "UPDATE journal_postings SET amount_minor = 1 WHERE line_no = 1 AND entry_id = {cash}",
    "transfer-booked-another-amount": "UPDATE expected_transfers SET fee_minor = fee_minor + 1",
    "transfer-is-not-its-statement-entry": "UPDATE matches SET amount_minor = amount_minor - 1",
    "payment-paid-out-twice": "UPDATE matches SET payment_id = (SELECT attempt_id FROM paid_out_payments)",
    "statement-entry-matched-beyond-its-amount": "UPDATE statement_entries SET amount_minor = amount_minor - 1",
    "receipt-numbers-have-a-gap": "DELETE FROM receipts WHERE kind = 'phi'",
    "receipt-is-not-its-items": "UPDATE receipts SET amount_minor = 1 WHERE kind = 'phi'",
    "callback-no-longer-proves": "UPDATE provider_callbacks SET body = '{}' WHERE outcome = 'booked'",
}


def test_sound_books_raise_nothing(desk, books):
    assert faults(desk) == []
    assert faults(desk, "another unit") == []


def test_every_kind_of_difference_has_its_case():
    assert set(CASES) == set(SENTENCES) == {*DIFFERENCES, "callback-no-longer-proves"}


@pytest.mark.parametrize("kind", CASES)
def test_each_falsification_is_named(desk, books, engine, kind):
    change = CASES[kind].replace("'{}'", "CAST('{}' AS BLOB)" if engine.dialect.name == "sqlite" else "'{}'")
    for name, query in NAMES.items():
        change = change.replace(name, query)
    tamper(engine, change)
    beginning, _, ending = SENTENCES[kind].partition("{id}")
    wording = ending.partition("{")[0].strip(" ,:")
    found = faults(desk)
    assert [fault for fault in found if fault.startswith(beginning) and wording in fault], found


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("DELETE FROM journal_entries WHERE sequence = 2", "entries are numbered from 1 to"),
        ("UPDATE journal_heads SET sequence = sequence + 1", "the head says"),
    ],
)
def test_a_missing_entry_is_named(desk, books, engine, change, sentence):
    tamper(engine, change)
    assert any(sentence in fault for fault in faults(desk))


def test_a_provider_that_is_gone_is_left_out(desk, books):
    desk.provider.name = "gone"
    assert faults(desk) == []
