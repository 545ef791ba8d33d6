"""Import and reconciliation on both databases: written once, whatever is repeated."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import Engine, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.identifiers import new_id
from gateway.demo.statement import BankEntry, BankTransfer, entry
from payments.providers.vietqr.reference import find_references
from payments.reconciliation.journey import Reconciled, StatementImport, import_statement, reconcile
from payments.reconciliation.model import ExpectedPayment
from payments.statements.errors import (
    BreakNotFound,
    StatementAmountUnsound,
    StatementContradictsEarlier,
    StatementNotFinal,
    StatementNotFound,
)
from payments.store.statement_tables import BreakRow, BreakState, MatchRow, StatementEntryRow, StatementRow
from payments.store.statements import StatementStore
from tests.payments.reconciliation.makers import NOW, payment, reference
from tests.payments.statements.makers import ACCOUNT, DAY, document, parsed

UNIT = "unit-1"
OpenStore = Callable[[], AbstractContextManager[StatementStore]]


@pytest.fixture
def open_statements(engine: Engine) -> OpenStore:
    @contextmanager
    def opened() -> Iterator[StatementStore]:
        with Session(engine, expire_on_commit=False) as session:
            yield StatementStore(session)
            session.commit()

    return opened


@pytest.fixture
def bring(open_statements: OpenStore, tmp_path: Path) -> Callable[..., StatementImport]:
    """Import a file as the bank sent it."""

    def brought(content: bytes, unit_id: str = UNIT) -> StatementImport:
        statements = parsed(tmp_path, content)
        with open_statements() as store:
            return import_statement(
                unit_id=unit_id, file_sha256=sha256(content).hexdigest(), parsed=statements, store=store, now=NOW
            )

    return brought


@pytest.fixture
def settle(open_statements: OpenStore) -> Callable[..., Reconciled]:
    """Reconcile the account for some days."""

    def settled(expected: list[ExpectedPayment], *, days: int = 0, now: datetime = NOW) -> Reconciled:
        with open_statements() as store:
            return reconcile(
                unit_id=UNIT,
                account=ACCOUNT,
                first_day=DAY,
                last_day=DAY + timedelta(days=days),
                expected=expected,
                store=store,
                now=now,
                find_references=find_references,
            )

    return settled


def everything(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """Every row of the four tables."""
    with engine.connect() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=lambda row: str(row[0]))
            for table in (each.__table__ for each in (StatementRow, StatementEntryRow, MatchRow, BreakRow))
        }


def story(**given: object) -> bytes:
    """One payment of ours and one unknown credit."""
    return document([entry(150_000, f"PHI {reference(1)}", "FT1"), entry(77_000, "CHUYEN TIEN", "FT2")], **given)


def test_the_payment_the_unknown_credit_and_the_missing_payment_are_one_match_and_two_breaks(
    bring, settle, open_statements
):
    imported = bring(story())
    result = settle([payment(1), payment(2, 30_000)])

    (statement,) = imported.statements
    assert (statement.entries_new, statement.entries_known) == (2, 0)
    assert [finding.code for finding in statement.findings] == ["balances-agree", "first-statement"]
    assert (len(result.matches), len(result.breaks), result.opened, result.closed) == (1, 2, 2, 0)
    with open_statements() as store:
        rows = store.list_breaks(UNIT)
        assert {row.kind for row in rows} == {"unknown-credit", "missing-in-statement"}
        assert all(row.explanation_vi and row.explanation_en and row.state == "open" for row in rows)
        match = store.find_match("payment-1")
        assert match is not None
        assert (match.amount_minor, match.currency, match.rule, match.detail) == (150_000, "VND", "our-reference", 0)
        assert [each.id for each in store.matches_of([match.entry_id])] == [match.id]
        assert store.find_match("payment-2") is None


def test_the_same_file_again_is_the_same_import(bring, engine):
    first = bring(story())
    before = everything(engine)
    second = bring(story())

    assert (first.already_imported, second.already_imported) == (False, True)
    assert second.statements == first.statements
    assert everything(engine) == before


def test_the_same_file_of_another_unit_is_another_import(bring):
    bring(story())

    assert bring(story(), "unit-2").already_imported is False


def test_reconciling_again_changes_nothing(bring, settle, engine):
    bring(story())
    settle([payment(1), payment(2, 30_000)])
    before = everything(engine)

    again = settle([payment(2, 30_000), payment(1)], now=NOW + timedelta(days=9))

    assert (again.matches, again.matches_kept, again.opened, again.closed) == ((), 1, 0, 0)
    assert {each.age_days for each in again.breaks} == {11}
    assert everything(engine) == before


def test_a_payment_found_in_a_later_statement_closes_its_break(bring, settle, open_statements):
    bring(story())
    expected = [payment(1), payment(2, 30_000)]
    settle(expected)
    bring(document([entry(30_000, reference(2), "FT3")], day=DAY + timedelta(days=1), sequence_number=2))

    result = settle(expected, days=1)

    assert (len(result.matches), result.matches_kept, result.closed) == (1, 1, 1)
    assert [each.kind.value for each in result.breaks] == ["unknown-credit"]
    with open_statements() as store:
        (closed,) = store.list_breaks(UNIT, state=BreakState.CLOSED)
        assert (closed.kind, closed.closed_because, closed.closed_at) == ("missing-in-statement", "matched", NOW)


def test_a_credit_that_becomes_known_is_another_break_or_a_match(bring, settle, open_statements):
    bring(document([entry(150_000, reference(1), "FT1")]))
    settle([])
    settle([payment(1, 100_000)])
    with open_statements() as store:
        states = {row.kind: (row.state, row.closed_because) for row in store.list_breaks(UNIT, state=None)}
    assert states == {"unknown-credit": ("closed", "superseded"), "amount-differs": ("open", None)}

    settle([payment(1)])
    with open_statements() as store:
        assert store.list_breaks(UNIT) == []
    assert settle([payment(1)]).matches_kept == 1


def test_a_break_that_comes_back_is_opened_again(bring, settle, open_statements):
    bring(document([entry(150_000, reference(1), "FT1")]))
    settle([])
    settle([payment(1, 100_000)])
    result = settle([])

    assert (result.opened, result.closed) == (1, 1)
    with open_statements() as store:
        rows = {row.kind: (row.state, row.closed_at) for row in store.list_breaks(UNIT, state=None)}
    assert rows == {"unknown-credit": ("open", None), "amount-differs": ("closed", NOW)}


def test_a_missing_payment_that_a_run_does_not_ask_about_stays_missing(bring, settle, open_statements):
    bring(story())
    settle([payment(1), payment(2, 30_000)])

    settle([payment(1)])

    with open_statements() as store:
        assert {row.kind for row in store.list_breaks(UNIT)} == {"unknown-credit", "missing-in-statement"}


def test_a_payment_is_never_matched_with_two_entries(bring, settle):
    bring(story())
    settle([payment(1)])
    bring(document([entry(150_000, reference(1), "FT9")], day=DAY + timedelta(days=1), sequence_number=2))

    result = settle([payment(1)], days=1)

    assert result.matches == ()
    assert sorted(each.kind.value for each in result.breaks) == ["duplicate-credit", "unknown-credit"]


def test_the_database_itself_refuses_a_second_match(bring, settle, open_statements):
    bring(story())
    settle([payment(1)])
    with open_statements() as store:
        match = store.find_match("payment-1")
    values = {column.name: getattr(match, column.name) for column in MatchRow.__table__.columns}

    for changed in ({"detail": 1}, {"payment_id": "payment-9"}):
        with pytest.raises(IntegrityError), open_statements() as store:
            store.add_matches([MatchRow(**values | {"id": new_id()} | changed)])


def test_two_equal_transfers_of_a_day_are_two(bring, open_statements):
    (statement,) = bring(document([entry(5_000, "nop phi"), entry(5_000, "nop phi")])).statements

    assert statement.entries_new == 2
    with open_statements() as store:
        assert len({row.entry_key for row in store.entries_of(statement.id)}) == 2


def test_a_statement_sent_again_in_another_file_brings_no_entry_twice(bring, engine):
    later = datetime(2026, 11, 24, tzinfo=UTC)
    bring(story())

    (again,) = bring(story(created_at=later)).statements

    assert (again.entries_new, again.entries_known) == (0, 2)
    assert [finding.code for finding in again.findings if finding.severity.value == "notice"] == [
        "first-statement",
        "entries-imported-before",
    ]
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(StatementEntryRow)) == 2


def test_entries_without_a_reference_are_the_same_by_statement_and_position(bring):
    bring(document([entry(5_000, "a"), entry(6_000, "b")]))

    (again,) = bring(document([entry(5_000, "a"), entry(6_000, "b"), entry(7_000, "c")])).statements

    assert (again.entries_new, again.entries_known) == (1, 2)
    assert "entries-imported-before" in {finding.code for finding in again.findings}


def test_an_entry_that_comes_again_with_another_amount_refuses_the_file(bring, engine):
    bring(document([entry(5_000, "a"), entry(6_000, "b")]))
    before = everything(engine)

    with pytest.raises(StatementContradictsEarlier, match="entry 2"):
        bring(document([entry(5_000, "a"), entry(6_001, "b")]))

    assert everything(engine) == before


def test_a_reversal_with_the_reference_of_what_it_reverses_is_an_entry_of_its_own(bring):
    (statement,) = bring(document([entry(150_000, "x", "FT1"), entry(-150_000, "x", "FT1", reversal=True)])).statements

    assert statement.entries_new == 2


def test_statements_are_compared_with_the_one_before(bring):
    bring(document(sequence_number=1))

    days = [DAY + timedelta(days=number) for number in (1, 2)]
    (next_one,) = bring(document([], opening_minor=1_139_000, day=days[0], sequence_number=2)).statements
    (odd_one,) = bring(document([], opening_minor=7, day=days[1], sequence_number=9)).statements

    assert {finding.code for finding in next_one.findings} == {"balances-agree", "continues-previous"}
    assert {finding.code for finding in odd_one.findings} == {
        "balances-agree",
        "opening-differs-from-previous",
        "sequence-gap",
    }


def test_a_statement_that_does_not_add_up_is_kept_and_said(bring, open_statements):
    (statement,) = bring(document(closing_minor=1)).statements

    assert "balances-differ" in {finding.code for finding in statement.findings}
    with open_statements() as store:
        row = store.get_statement(statement.id)
        assert (row.opening_minor, row.closing_minor) == (1_000_000, 1)


def test_the_transfers_of_a_batch_survive_the_database(bring, settle):
    batch = BankEntry((BankTransfer(150_000, reference(1), "D1"), BankTransfer(30_000, reference(2), "D2")), "B1")
    bring(document([batch]))

    result = settle([payment(1), payment(2, 30_000)])

    assert {(match.movement[1], match.payment_id) for match in result.matches} == {(1, "payment-1"), (2, "payment-2")}
    assert result.breaks == ()


def test_pending_entries_are_not_kept(bring):
    (statement,) = bring(document().replace(b"<Cd>BOOK</Cd>", b"<Cd>PDNG</Cd>", 1)).statements

    assert statement.entries_new == 1
    assert "entries-not-booked" in {finding.code for finding in statement.findings}


def test_reports_and_notifications_are_not_imported(bring, engine):
    with pytest.raises(StatementNotFinal, match=r"camt\.052"):
        bring(document().replace(b"camt.053", b"camt.052").replace(b"Stmt>", b"Rpt>"))

    assert not any(everything(engine).values())


def test_entries_that_add_up_to_more_than_can_be_kept_are_refused(bring):
    largest = 10**18 - 1
    with pytest.raises(StatementAmountUnsound, match="add up"):
        bring(document([entry(largest, "a")] * 10, opening_minor=0, closing_minor=0))


def test_a_hash_that_is_none_is_a_fault_of_the_caller(open_statements):
    with pytest.raises(ValueError, match="SHA-256"), open_statements() as store:
        import_statement(unit_id=UNIT, file_sha256="x", parsed=(), store=store, now=NOW)


def test_what_is_not_there_is_said(open_statements):
    with open_statements() as store:
        with pytest.raises(StatementNotFound):
            store.get_statement("none")
        with pytest.raises(BreakNotFound):
            store.get_break("none")
        assert store.list_statements(UNIT) == []


def test_lists_are_paged_and_belong_to_the_unit(bring, settle, open_statements):
    for number in range(3):
        bring(document([entry(number + 1, "x")], day=DAY + timedelta(days=number), sequence_number=number + 1))
    settle([], days=2)

    with open_statements() as store:
        newest, *_ = store.list_statements(UNIT, limit=1)
        assert len(store.list_statements(UNIT, before_id=newest.id)) == 2
        assert store.list_statements("unit-2") == []
        first, *_ = store.list_breaks(UNIT, limit=1)
        assert len(store.list_breaks(UNIT, account=ACCOUNT, before_id=first.id)) == 2
        assert store.list_breaks(UNIT, account="other") == []
        assert store.list_breaks("unit-2") == []
        assert store.get_break(first.id) is first


def test_a_thousand_entries_go_through_in_pieces(bring, settle):
    entries = [entry(1_000 + number, f"x {number}", f"FT{number}") for number in range(2_300)]
    (statement,) = bring(document(entries)).statements

    assert statement.entries_new == 2_300
    assert settle([]).opened == 2_300
    assert settle([]).opened == 0


def test_two_copies_of_one_file_at_once_are_one_import(open_statements, engine, tmp_path):
    outcomes: list[StatementImport] = []
    statements = parsed(tmp_path, story())
    file_sha256 = sha256(story()).hexdigest()

    def run() -> None:
        with open_statements() as store:
            outcomes.append(
                import_statement(unit_id=UNIT, file_sha256=file_sha256, parsed=statements, store=store, now=NOW)
            )

    threads = [Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcome.already_imported for outcome in outcomes) == [False, True, True, True]
    assert [len(rows) for rows in everything(engine).values()] == [1, 2, 0, 0]


def test_the_database_itself_refuses_a_closed_break_without_its_time(engine):
    values = {
        "id": new_id(), "unit_id": UNIT, "account": ACCOUNT, "break_key": "k", "kind": "unknown-credit",
        "state": "closed", "amount_minor": 1, "currency": "VND", "difference_minor": 1, "occurred_on": date(2026, 1, 1),
        "explanation_vi": "a", "explanation_en": "a", "proposals": [], "found_at": NOW,
    }  # fmt: skip
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(insert(BreakRow), [values])
