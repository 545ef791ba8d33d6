"""One order, what happens to it, and what was truly taken for it."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

from gateway.db.unit_of_work import pipelined_work
from payments.journeys import (
    PaidOut,
    Visitor,
    cancel_order,
    change_order,
    confirm_by_statement,
    expire_orders,
    issue_receipts,
    keep_callback,
    open_order,
    settle_callback,
    settle_transfers,
    start_attempt,
)
from payments.journeys.callbacks import settle_arrived
from payments.model import CallbackCall, FeeKind, FeeOrderChange
from payments.receipts.forms import ReceiptForm
from payments.store.payments import PaymentStore
from tests.payments.desk import StoreWork
from tests.payments.journeys.lives.world import ACCOUNT, World
from tests.payments.makers import LE_PHI, PHI, Recorded, draft, fake_call

FORMS = {FeeKind.PHI: ReceiptForm("01", "PH-{yy}E"), FeeKind.LE_PHI: ReceiptForm("02", "LP-{yy}E")}


@dataclass
class Life:
    """What an order went through; taken is known apart from the journeys, from what provider and bank truly took."""

    world: World
    dice: random.Random
    steps: list[str] = field(default_factory=list)
    references: list[tuple[str, int]] = field(default_factory=list)
    calls: list[CallbackCall] = field(default_factory=list)
    lines: dict[str, Any] = field(default_factory=dict)
    # What the machine stopped at: calls that are on file, calls that were never answered, lines of statements.
    on_file: list[str] = field(default_factory=list)
    unanswered: list[CallbackCall] = field(default_factory=list)
    unread: list[Any] = field(default_factory=list)
    paid_out: list[PaidOut] = field(default_factory=list)
    taken: dict[tuple[str, str], int] = field(default_factory=dict)
    at_counter: dict[str, str] = field(default_factory=dict)
    order_id: str = ""
    transfer_reference: str = ""
    amount: int = 0

    def begin(self) -> "Life":
        """Open the order."""
        now, unit = self.world.now, self.world.unit
        order = self.world.attempt(
            lambda work: open_order(work.payments, draft(now, unit_id=unit), now=now, record=Recorded())
        )
        self.order_id, self.transfer_reference, self.amount = order.id, order.transfer_reference, order.amount_minor
        return self

    def step(self, action: Callable[["Life", int | None], None]) -> None:
        """Let one thing happen; in a quarter of the cases the machine stops in it."""
        fuse = self.dice.randint(0, 25) if self.dice.random() < 0.25 else None
        self.steps.append(action.__name__ + ("" if fuse is None else f" (stops at statement {fuse})"))
        action(self, fuse)

    def do(self, journey: Callable[..., Any], *arguments: Any, fuse: int | None, **more: Any) -> Any:
        """Do a journey in one transaction; None where it is refused or the machine stops."""
        return self.world.attempt(
            lambda work: journey(work.payments, *arguments, now=self.world.now, record=Recorded(), **more), fuse
        )

    def arrives(self, call: CallbackCall, fuse: int | None) -> None:
        """Take a call as the gateway does: kept in a transaction, settled in another, on one connection."""
        provider, now = self.world.provider, self.world.now
        kept, settled = "", False
        with self.world.stopping_at(fuse), pipelined_work(self.world.engine, lambda: None) as work:
            callback_id = keep_callback(work.payments, provider.name, call, now=now)
            work.commit()
            kept = callback_id
            settle_arrived(work.payments, provider, kept, call, now=now, record=Recorded())
            work.commit()
            settled = True
        if not kept:
            self.unanswered.append(call)
        elif not settled:
            self.on_file.append(kept)

    def settle(self, store: PaymentStore) -> None:
        """Do what was cut off: the sweep settles kept calls, providers call again, lines are read."""
        more: dict[str, Any] = {"now": self.world.now, "record": Recorded()}
        for callback_id in self.on_file:
            settle_callback(store, self.world.provider, callback_id, **more)
        self._all_come(store, self.unanswered, self.unread)

    def replay(self, store: PaymentStore) -> None:
        """All comes once more: calls, statements, debits."""
        self._all_come(store, self.calls, list(self.lines.values()))

    def _all_come(self, store: PaymentStore, calls: list[CallbackCall], lines: list[Any]) -> None:
        more: dict[str, Any] = {"now": self.world.now, "record": Recorded()}
        for each in calls:
            kept = keep_callback(store, "fake", each, now=self.world.now)
            settle_arrived(store, self.world.provider, kept, each, **more)
        settle_transfers(store, lines, **more)
        for paid in self.paid_out:
            confirm_by_statement(store, paid, **more)


def start(life: Life, fuse: int | None) -> None:
    def begin(work: StoreWork) -> str:
        more: dict[str, Any] = {"now": life.world.now, "record": Recorded()}
        return start_attempt(work, life.order_id, life.world.provider, Visitor("", ""), **more).reference

    reference = life.world.attempt(begin, fuse)
    if reference is not None:
        life.references.append((reference, life.amount))


def call(life: Life, fuse: int | None) -> None:
    if not life.references:
        start(life, None)
    if not life.references:
        return
    reference, amount = life.dice.choice(life.references)
    outcome = life.dice.choice(["succeeded", "succeeded", "failed", "unknown", "not-found"])
    wrong = {"proof": "forged"} if life.dice.random() < 0.1 else {}
    said = amount - 1 if life.dice.random() < 0.1 else amount
    transaction = life.dice.choice(["T1", "T1", "T2"])
    told = fake_call(reference, amount=said, outcome=outcome, transaction=transaction, **wrong)
    life.calls.append(told)
    life.arrives(told, fuse)
    if outcome == "succeeded" and said == amount and not wrong:
        life.taken[reference, transaction] = amount


def call_again(life: Life, fuse: int | None) -> None:
    if life.calls:
        life.arrives(life.dice.choice(life.calls), fuse)


def late_success(life: Life, _: int | None) -> None:
    """A provider that had said no, or nothing, says at last that it took the money."""
    for reference, amount in life.references:
        if not any(known == reference for known, _ in life.taken):
            told = fake_call(reference, amount=amount, transaction="T3")
            life.calls.append(told)
            life.arrives(told, None)
            life.taken[reference, "T3"] = amount


def statement(life: Life, fuse: int | None) -> None:
    amount = life.dice.choice([150_000, 150_000, 120_000, 7])
    number = f"FT-{life.order_id}-{life.dice.randint(1, 2)}-{amount}"
    line = SimpleNamespace(
        id=number,
        bank_reference=number,
        texts=[f"NOP PHI {life.transfer_reference}"],
        details=[],
        amount_minor=amount,
        currency="VND",
        reversal=False,
        account=ACCOUNT,
        booking_date=date(2026, 11, 23),
        unit_id=life.world.unit,
    )
    life.lines[number] = line
    if life.do(settle_transfers, [line], fuse=fuse) is None:
        life.unread.append(line)
    life.taken["bank", number] = amount


def cancel(life: Life, fuse: int | None) -> None:
    life.do(cancel_order, life.order_id, "Rút hồ sơ", fuse=fuse)


def change(life: Life, fuse: int | None) -> None:
    items = life.dice.choice([(PHI,), (LE_PHI,), (PHI, LE_PHI)])
    order = life.do(change_order, life.order_id, FeeOrderChange(items=items), fuse=fuse)
    if order is not None:
        life.amount = order.amount_minor


def time_passes(life: Life, fuse: int | None) -> None:
    life.world.now += timedelta(hours=life.dice.randint(1, 40))
    life.do(expire_orders, fuse=fuse)


def receipt(life: Life, fuse: int | None) -> None:
    life.do(issue_receipts, life.order_id, forms=FORMS, unit_name="U", fuse=fuse)
