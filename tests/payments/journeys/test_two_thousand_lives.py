"""Two thousand short lives of orders, drawn by seed, with crashes at any statement: no dong is lost, none counts twice.

A batch of lives shares one database in memory and one unit, so that the books are checked over many orders at once;
what must be true is known here apart from the journeys, from what provider and bank truly took.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import create_engine, event, func, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from payments.errors import PaymentsError
from payments.journeys import (
    PaidOut,
    RefundWish,
    Visitor,
    approve_refund,
    cancel_order,
    change_order,
    check_books,
    confirm_by_statement,
    expire_orders,
    give_up_refund,
    hand_over_refund,
    issue_receipts,
    keep_callback,
    open_order,
    reject_refund,
    request_proposed,
    request_refund,
    send_refunds,
    settle_callback,
    settle_transfers,
    start_attempt,
)
from payments.model import FeeKind, FeeOrderChange, RefundOutcome
from payments.money import Money
from payments.receipts.forms import ReceiptForm
from payments.states import RefundState
from payments.store.base import Base
from payments.store.ledger_tables import JournalEntryRow
from payments.store.payments import PaymentStore
from payments.store.refund_tables import RefundRoute, RefundRow
from payments.store.tables import FeeOrderRow, ReceiptRow
from tests.payments.desk import StoreWork
from tests.payments.makers import LE_PHI, PHI, UNIT, FakeProvider, Recorded, draft, fake_call

BATCHES = 20
LIVES = 100
FORMS = {FeeKind.PHI: ReceiptForm("01", "PH-{yy}E"), FeeKind.LE_PHI: ReceiptForm("02", "LP-{yy}E")}
ACCOUNT = "0011"
NO_LIMIT = 10**15
PAYEE = {"name": "Nguyễn Thị Mẫu", "bank": "970436", "account": "1"}


class Crash(Exception):
    """The machine stops."""


class World:
    """One database, its provider and its clock; a fuse stops the machine at any statement."""

    def __init__(self) -> None:
        self.engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        event.listen(self.engine, "before_cursor_execute", self._burn)
        self.fuse: int | None = None
        Base.metadata.create_all(self.engine)
        self.provider = FakeProvider()
        self.now = datetime(2026, 11, 23, tzinfo=UTC)

    def _burn(self, *_: Any) -> None:
        if self.fuse is not None:
            self.fuse -= 1
            if self.fuse < 0:
                raise Crash

    @contextmanager
    def work(self) -> Iterator[StoreWork]:
        with Session(self.engine, expire_on_commit=False) as session:
            yield StoreWork(PaymentStore(session), Recorded())

    def attempt(self, action: Callable[[StoreWork], Any], fuse: int | None = None) -> Any:
        """Do an action in one transaction; None where it is refused or the machine stops."""
        self.fuse = fuse
        try:
            with self.work() as work:
                result = action(work)
                work.commit()
                return result
        except (PaymentsError, Crash):
            return None
        finally:
            self.fuse = None


@dataclass
class Life:
    """One order, what happens to it, and what was truly taken for it."""

    world: World
    dice: random.Random
    steps: list[str] = field(default_factory=list)
    references: list[tuple[str, int]] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    calls: list[Any] = field(default_factory=list)
    lines: list[SimpleNamespace] = field(default_factory=list)
    taken: dict[tuple[str, str], int] = field(default_factory=dict)
    order_id: str = ""
    transfer_reference: str = ""

    def live(self) -> "Life":
        order = self.world.attempt(
            lambda work: open_order(work.payments, draft(self.world.now), now=self.world.now, record=Recorded())
        )
        self.order_id, self.transfer_reference = order.id, order.transfer_reference
        for _ in range(self.dice.randint(3, 6)):
            name = self.dice.choice(ACTIONS)
            fuse = self.dice.randint(0, 25) if self.dice.random() < 0.25 else None
            self.steps.append(name if fuse is None else f"{name} (stops at statement {fuse})")
            getattr(self, name)(fuse)
        return self

    def _do(self, journey: Callable[..., Any], *arguments: Any, fuse: int | None, **more: Any) -> Any:
        return self.world.attempt(
            lambda work: journey(work.payments, *arguments, now=self.world.now, record=Recorded(), **more), fuse
        )

    def start(self, fuse: int | None) -> None:
        def begin(work: StoreWork) -> Any:
            visitor = Visitor("", "")
            started = start_attempt(
                work, self.order_id, self.world.provider, visitor, now=self.world.now, record=Recorded()
            )
            return started.reference, work.payments.get_order(self.order_id).amount_minor

        started = self.world.attempt(begin, fuse)
        if started is not None:
            self.references.append(started)

    def call(self, fuse: int | None) -> None:
        if not self.references:
            self.start(None)
        if not self.references:
            return
        reference, amount = self.dice.choice(self.references)
        outcome = self.dice.choice(["succeeded", "succeeded", "failed", "unknown", "not-found"])
        wrong = {"proof": "forged"} if self.dice.random() < 0.1 else {}
        said = amount - 1 if self.dice.random() < 0.1 else amount
        transaction = self.dice.choice(["T1", "T1", "T2"])
        call = fake_call(reference, amount=said, outcome=outcome, transaction=transaction, **wrong)
        self.calls.append(call)
        self._arrives(call, fuse)
        if outcome == "succeeded" and said == amount and not wrong:
            self.taken[reference, transaction] = amount

    def call_again(self, fuse: int | None) -> None:
        if self.calls:
            self._arrives(self.dice.choice(self.calls), fuse)

    def _arrives(self, call: Any, fuse: int | None) -> None:
        kept = self.world.attempt(lambda work: keep_callback(work.payments, "fake", call, now=self.world.now))
        self.kept.append(kept)
        self._do(settle_callback, self.world.provider, kept, fuse=fuse)

    def statement(self, fuse: int | None) -> None:
        amount = self.dice.choice([150_000, 150_000, 120_000, 7])
        number = f"FT-{self.order_id}-{self.dice.randint(1, 2)}-{amount}"
        line = SimpleNamespace(
            id=number,
            bank_reference=number,
            texts=[f"NOP PHI {self.transfer_reference}"],
            details=[],
            amount_minor=amount,
            currency="VND",
            reversal=False,
            account=ACCOUNT,
            booking_date=date(2026, 11, 23),
            unit_id=UNIT,
        )
        self.lines.append(line)
        self._do(settle_transfers, [line], fuse=fuse)
        self.taken["bank", number] = amount

    def cancel(self, fuse: int | None) -> None:
        self._do(cancel_order, self.order_id, "Rút hồ sơ", fuse=fuse)

    def change(self, fuse: int | None) -> None:
        items = self.dice.choice([(PHI,), (LE_PHI,), (PHI, LE_PHI)])
        self._do(change_order, self.order_id, FeeOrderChange(items=items), fuse=fuse)

    def time_passes(self, fuse: int | None) -> None:
        self.world.now += timedelta(hours=self.dice.randint(1, 40))
        self._do(expire_orders, fuse=fuse)

    def receipt(self, fuse: int | None) -> None:
        self._do(issue_receipts, self.order_id, forms=FORMS, unit_name="U", fuse=fuse)

    def give_back(self, fuse: int | None) -> None:
        """Asked for, decided and sent, one after the other; the machine stops in one of the four."""
        stops = self.dice.randrange(4)
        ask = self.dice.choice([self.refund, self.take_up])
        for number, deed in enumerate((ask, self.decide, self.pay_back, self.pay_back)):
            deed(fuse if number == stops else None)

    def refund(self, fuse: int | None) -> None:
        route = self.dice.choice(list(RefundRoute))
        payee = PAYEE if route is RefundRoute.PAPER else {}
        amount = Money(self.dice.choice([1, 75_000, 120_000, 150_000]))
        key = self.dice.choice(["a", "b", "c"])
        wish = RefundWish(amount, "Thu thừa", "người một", route, key, beneficiary=payee)
        self._do(request_refund, self.order_id, wish, day_limit_minor=NO_LIMIT, fuse=fuse)

    def take_up(self, fuse: int | None) -> None:
        for row in self._refunds(RefundState.PROPOSED):
            arguments = (row.id, "người một", RefundRoute.PAPER, PAYEE)
            self._do(request_proposed, *arguments, day_limit_minor=NO_LIMIT, fuse=fuse)

    def decide(self, fuse: int | None) -> None:
        for row in self._refunds(RefundState.REQUESTED):
            if self.dice.random() < 0.2:
                self._do(reject_refund, row.id, "người hai", "Không đúng", fuse=fuse)
            else:
                officer = self.dice.choice(["người một", "người hai", "người hai"])
                self._do(approve_refund, row.id, officer, day_limit_minor=NO_LIMIT, fuse=fuse)

    def pay_back(self, fuse: int | None) -> None:
        outcomes = [*RefundOutcome, RefundOutcome.SUCCEEDED]
        for row in self._refunds(RefundState.APPROVED, RefundState.SENT, RefundState.UNKNOWN):
            self.world.provider.refund_answers[row.reference] = self.dice.choice(outcomes)
            if row.route == RefundRoute.PAPER and row.state == RefundState.APPROVED:
                self._do(hand_over_refund, row.id, "người hai", "UNC-1", fuse=fuse)
            elif self.dice.random() < 0.15:
                self._do(give_up_refund, row.id, "người hai", "Ngân hàng trả lại", fuse=fuse)
            else:
                paid = PaidOut(row.transfer_reference, ACCOUNT, row.amount, f"entry-{row.id}")
                self._do(confirm_by_statement, paid, fuse=fuse)
        self.world.fuse = fuse
        try:
            send_refunds(self.world.work, lambda _: self.world.provider, now=self.world.now)
        except Crash:
            pass
        finally:
            self.world.fuse = None

    def _refunds(self, *states: RefundState) -> list[RefundRow]:
        query = select(RefundRow).where(RefundRow.order_id == self.order_id, RefundRow.state.in_(states))
        with Session(self.world.engine) as session:
            return list(session.scalars(query))

    def settle(self, store: PaymentStore) -> None:
        """Do what was cut off: the sweep settles the calls that were kept, and the statement is imported again."""
        more = {"now": self.world.now, "record": Recorded()}
        for callback_id in self.kept:
            settle_callback(store, self.world.provider, callback_id, **more)
        settle_transfers(store, self.lines, **more)

    def replay(self, store: PaymentStore) -> None:
        """All comes once more."""
        more = {"now": self.world.now, "record": Recorded()}
        for call in self.calls:
            kept = keep_callback(store, "fake", call, now=self.world.now)
            settle_callback(store, self.world.provider, kept, **more)
        settle_transfers(store, self.lines, **more)


ACTIONS = (
    *("start", "call", "call", "call", "call_again", "statement", "statement", "cancel", "change", "time_passes"),
    *("receipt", "receipt", "give_back", "give_back", "give_back"),
)


def _entries(world: World) -> int:
    with Session(world.engine) as session:
        return session.scalars(select(func.count()).select_from(JournalEntryRow)).one()


def _all(world: World, lives: list[Life], deed: Callable[[Life, PaymentStore], None]) -> None:
    with world.work() as work:
        for life in lives:
            deed(life, work.payments)
        work.commit()


@pytest.mark.parametrize("batch", range(BATCHES))
def test_whatever_comes_in_whatever_order_every_dong_is_accounted_for(batch):
    world = World()
    dice = [random.Random(batch * LIVES + number) for number in range(LIVES)]  # noqa: S311 - seeds, no secrets
    lives = [Life(world, thrown).live() for thrown in dice]
    _all(world, lives, Life.settle)
    settled = _entries(world)
    _all(world, lives, Life.replay)

    assert _entries(world) == settled, "a replay booked something"
    by_order = {life.order_id: life for life in lives}
    with Session(world.engine) as session:
        store = PaymentStore(session)
        balance = store.journal.trial_balance(UNIT)
        faults = [
            f"{fault}: {next((life.steps for order_id, life in by_order.items() if order_id in fault), '')}"
            for fault in check_books(store, UNIT, lambda _: world.provider)
        ]
        orders = {order.id: order for order in session.scalars(select(FeeOrderRow))}
        paid_back = sum(row.amount_minor for row in session.scalars(select(RefundRow)) if row.state == "confirmed")
        owed_back = sum(
            row.amount_minor
            for row in session.scalars(select(RefundRow))
            if row.state in (RefundState.APPROVED, RefundState.UNKNOWN, RefundState.SENT)
        )
        numbers = sorted((row.series, row.number) for row in session.scalars(select(ReceiptRow)))
    held: dict[str, int] = {}
    for row in balance.accounts:
        kind = row.account.split(":")[0]
        held[kind] = held.get(kind, 0) + row.balance_minor
    assert faults == []
    assert balance.holds
    assert sum(held.values()) == 0
    taken = sum(sum(life.taken.values()) for life in lives)
    assert held.get("clearing", 0) + held.get("bank", 0) == taken - paid_back
    assert -held.get("refunds", 0) == owed_back
    still_owed = sum(order.amount_minor for order in orders.values() if order.state == "open")
    assert held.get("receivable", 0) == still_owed == -held.get("charged", 0)
    for series in {series for series, _ in numbers}:
        of_series = [number for found, number in numbers if found == series]
        assert of_series == list(range(1, len(of_series) + 1))
    # No batch is idle: all that is worth checking did happen in it.
    assert {order.state for order in orders.values()} == {"open", "paid", "cancelled", "expired"}
    assert paid_back
    assert numbers
