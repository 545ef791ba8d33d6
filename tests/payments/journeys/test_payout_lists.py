"""Payouts whose documents list their payments: those payments are awaited by themselves no more, and leave once."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from payments.errors import PayoutPaymentsUnfit, TransferReferenceUsed
from payments.journeys import approve_transfer, reverse_transfer
from payments.model import RefundOutcome
from payments.money import Money
from payments.store.statement_tables import BreakState
from tests.payments.journeys.test_counter import books_hold
from tests.payments.journeys.test_expected_transfers import FEE, PAID_OUT, Office
from tests.payments.journeys.test_refunds import Counter
from tests.payments.makers import UNIT, fake_call


@pytest.fixture
def office(desk, tmp_path):
    """The office of a unit for which a provider took 300,000 VND, and the references of the two payments."""
    made = Office(desk, tmp_path)
    made.payments = tuple(desk.start(desk.open()) for _ in range(2))
    for number, reference in enumerate(made.payments):
        desk.call(fake_call(reference, transaction=f"NO-{number}"))
    return made


def open_breaks(desk):
    with desk.open_store() as store:
        return [found.kind for found in store.statements.list_breaks(UNIT, state=BreakState.OPEN)]


def test_payments_inside_a_payout_are_missed_no_more(desk, office):
    assert office.reconcile() == ["missing-in-statement"] * 2
    row = office.approved(payments=office.payments)
    # Awaited inside the payout now; on no statement yet.
    assert office.reconcile() == ["missing-in-statement"]
    assert open_breaks(desk) == ["missing-in-statement"] * 3
    assert office.show(PAID_OUT) == []
    assert open_breaks(desk) == []
    assert books_hold(desk)
    assert office.announce(payments=office.payments[::-1]).id == row.id
    with pytest.raises(TransferReferenceUsed):
        office.announce(payments=office.payments[:1])
    office.end(reverse_transfer, row)
    assert sorted(office.reconcile()) == ["missing-in-statement"] * 2 + ["unknown-credit"]
    office.approved(payments=office.payments, fee=Money(3_300))
    assert office.reconcile() == []


def test_a_list_that_is_not_what_was_paid_out_is_refused(desk, office):
    first, second = office.payments
    theirs = "NO-1"
    # Two payments under one number of the provider's.
    for _ in range(2):
        desk.call(fake_call(desk.start(desk.open())))
    for payments, gross in (
        ((first, "unknown"), 300_000),
        ((first, first), 150_000),
        ((second, theirs), 300_000),
        ((first, "T1"), 300_000),
        ((first,), 150_001),
        ((first, second), 299_999),
    ):
        with pytest.raises(PayoutPaymentsUnfit):
            office.announce(payments=payments, gross=Money(gross))
    with pytest.raises(PayoutPaymentsUnfit):
        office.announce(FEE, payments=(first,))
    office.announce(payments=(first, theirs))
    with pytest.raises(PayoutPaymentsUnfit):
        office.announce(payments=(first,), gross=Money(150_000), reference="another")


def test_a_payment_that_a_statement_shows_by_itself_is_in_no_payout(desk, office):
    row = office.announce(payments=office.payments)
    office.show((150_000, f"FAKE {office.payments[0]}", "FT9"))
    with pytest.raises(PayoutPaymentsUnfit):
        office(approve_transfer, row.id, "minh")
    for _ in range(4):
        desk.call(fake_call(desk.start(desk.open())))
    with pytest.raises(PayoutPaymentsUnfit):
        office.announce(payments=office.payments, reference="another")


def test_refunds_that_the_provider_paid_may_be_taken_off(desk, office):
    counter = Counter(desk)
    refund = counter.approved(counter.paid())
    wish = {"payments": office.payments, "gross": Money(250_000)}
    counter.send()
    with pytest.raises(PayoutPaymentsUnfit):
        office.announce(**wish)
    desk.provider.refund_answers[refund.reference] = RefundOutcome.SUCCEEDED
    counter.send(minutes=2)
    with pytest.raises(PayoutPaymentsUnfit):
        office.announce(**{**wish, "gross": Money(249_999)})
    assert office.announce(**wish).gross == Money(250_000)


def test_the_database_keeps_the_list(office, engine):
    office.announce(payments=office.payments)
    for change in ("DELETE FROM paid_out_payments", "UPDATE paid_out_payments SET unit_id = 'x'"):
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(text(change))
