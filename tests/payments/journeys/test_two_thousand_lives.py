"""Two thousand short lives of orders, drawn by seed, with crashes at any statement: no dong is lost, none counts twice.

A batch of lives runs side by side in one database and one unit, so that the books are checked over many orders at
once; what must be true is known here apart from the journeys, from what provider, bank and counter truly took.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from gateway.db.engine import make_engine
from payments.errors import TransitionNotAllowed
from payments.journeys import book_arrivals, check_books, expire_orders
from payments.states import DepositState, RefundState
from payments.store.counter_tables import CounterMethod, CounterPaymentRow
from payments.store.deposit_tables import CashDepositRow
from payments.store.ledger_tables import JournalEntryRow
from payments.store.payments import PaymentStore
from payments.store.refund_tables import RefundRow
from payments.store.tables import FeeOrderRow, ReceiptRow
from tests.payments.journeys.lives import life as lives_of
from tests.payments.journeys.lives.counter import arrival, at_the_counter, taken_back, to_the_bank
from tests.payments.journeys.lives.life import Life, late_success
from tests.payments.journeys.lives.refunding import give_back
from tests.payments.journeys.lives.world import ACCOUNT, World, engine_in_memory
from tests.payments.makers import Recorded
from tests.postgres import fresh_database

BATCHES = 10
LIVES = 200
# Every fifth batch is lived on PostgreSQL.
ON_POSTGRES = 5
AT_ONCE = 12
ACTIONS = (
    *(lives_of.start, lives_of.call, lives_of.call, lives_of.call, lives_of.call_again),
    *(lives_of.statement, lives_of.statement, lives_of.cancel, lives_of.change, lives_of.time_passes),
    *(lives_of.receipt, lives_of.receipt, give_back, give_back, give_back),
    *(at_the_counter, at_the_counter, taken_back, to_the_bank),
)


@pytest.fixture(scope="module")
def memory(sqlite_template: Path) -> Iterator[Engine]:
    engine = engine_in_memory(sqlite_template)
    yield engine
    engine.dispose()


@pytest.fixture
def world(batch: int, request: pytest.FixtureRequest) -> Iterator[World]:
    """A new database for each batch: one in memory, or one of a PostgreSQL server."""
    unit = f"unit of batch {batch}"
    if batch % ON_POSTGRES:
        engine = request.getfixturevalue("memory")
        engine.dispose()
        made = World(engine, unit)
        yield made
        made.end()
        return
    with fresh_database(request.getfixturevalue("postgres"), request.getfixturevalue("postgres_template")) as url:
        engine = make_engine(url)
        yield World(engine, unit)
        engine.dispose()


def _live(world: World, dice: random.Random) -> list[Life]:
    """Live all lives of a batch, some at a time: what happens to one comes between the others' steps."""
    lives = [Life(world, random.Random(dice.random())) for _ in range(LIVES)]  # noqa: S311 - seeds, no secrets
    coming = iter(lives)
    under_way: dict[int, tuple[Life, int]] = {}
    while True:
        while len(under_way) < AT_ONCE and (new := next(coming, None)) is not None:
            under_way[id(new)] = (new.begin(), dice.randint(3, 5))
        if not under_way:
            break
        life, left = dice.choice(list(under_way.values()))
        life.step(dice.choice(ACTIONS))
        under_way[id(life)] = (life, left - 1)
        if left == 1:
            del under_way[id(life)]
    # The orders that nobody paid run out of time, and some providers wake up only then.
    world.now += timedelta(days=4)
    world.attempt(lambda work: expire_orders(work.payments, now=world.now, record=Recorded()))
    for life in lives:
        if life.references and dice.random() < 0.3:
            life.step(late_success)
    return lives


def _entries(world: World) -> int:
    with Session(world.engine) as session:
        query = select(func.count()).select_from(JournalEntryRow)
        return session.scalars(query).one()


def _all(world: World, lives: list[Life], deed: Callable[[Life, PaymentStore], None]) -> None:
    with world.work() as work:
        for life in lives:
            deed(life, work.payments)
        work.commit()


def _cash_arrives_again(world: World) -> None:
    for deposit_id, amount in world.arrived.items():
        with suppress(TransitionNotAllowed), world.work() as work:
            matches = [arrival(deposit_id, amount)]
            book_arrivals(work.payments, ACCOUNT, matches, now=world.now, record=Recorded())
            work.commit()


@pytest.mark.parametrize("batch", range(BATCHES))
def test_whatever_comes_in_whatever_order_every_dong_is_accounted_for(batch: int, world: World) -> None:
    lives = _live(world, random.Random(batch))  # noqa: S311 - a seed, no secret
    _all(world, lives, Life.settle)
    settled = _entries(world)
    _all(world, lives, Life.replay)
    _cash_arrives_again(world)

    assert _entries(world) == settled, "a replay booked something"
    by_order = {life.order_id: life for life in lives}
    with Session(world.engine) as session:
        store = PaymentStore(session)
        balance = store.journal.trial_balance(world.unit)
        faults = [
            f"{fault}: {next((life.steps for order_id, life in by_order.items() if order_id in fault), '')}"
            for fault in check_books(store, world.unit, world.named)
        ]
        orders = list(session.scalars(select(FeeOrderRow)))
        refunds = list(session.scalars(select(RefundRow)))
        numbers = sorted((row.series, row.number) for row in session.scalars(select(ReceiptRow)))
        counter = Counter((row.method, row.voided_at is not None) for row in session.scalars(select(CounterPaymentRow)))
        deposits = Counter(row.state for row in session.scalars(select(CashDepositRow)))
    held: Counter[str] = Counter()
    for row in balance.accounts:
        held[row.account.split(":")[0]] += row.balance_minor
    paid_back = sum(row.amount_minor for row in refunds if row.state == "confirmed")
    under_way = (RefundState.APPROVED, RefundState.UNKNOWN, RefundState.SENT)
    assert faults == []
    assert balance.holds
    assert sum(held.values()) == 0
    assert held["clearing"] + held["bank"] == sum(sum(life.taken.values()) for life in lives) - paid_back
    assert balance.balance_minor("clearing:counter-cash") == world.cash.drawer
    assert balance.balance_minor("clearing:cash-in-transit") == world.cash.on_its_way
    assert -held["refunds"] == sum(row.amount_minor for row in refunds if row.state in under_way)
    still_owed = sum(order.amount_minor for order in orders if order.state == "open")
    assert held["receivable"] == still_owed == -held["charged"]
    for series in {series for series, _ in numbers}:
        of_series = [number for found, number in numbers if found == series]
        assert of_series == list(range(1, len(of_series) + 1))
    # No batch is idle: all that is worth checking did happen in it.
    assert {order.state for order in orders} == {"open", "paid", "cancelled", "expired"}
    assert {"order-paid", "order-cancelled", "order-expired", "amount-differs"} < {row.reason for row in refunds}
    assert {method for method, _ in counter} == set(CounterMethod)
    assert {voided for _, voided in counter} == {False, True}
    assert deposits[DepositState.ARRIVED]
    assert paid_back
    assert numbers
