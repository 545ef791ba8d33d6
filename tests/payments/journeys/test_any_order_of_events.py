"""Random lives of orders: whatever comes in whatever order, no dong is lost and none is counted twice."""

import json
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import event
from sqlalchemy.orm import Session

from gateway.db.engine import make_engine
from payments.errors import PaymentsError
from payments.journeys import (
    Visitor,
    cancel_order,
    expire_orders,
    issue_receipts,
    keep_callback,
    open_order,
    settle_callback,
    settle_transfer,
    start_attempt,
)
from payments.journeys.transfers import settle_notice
from payments.model import STATEMENT, BankTransfer, CallbackCall, FeeKind
from payments.money import Money
from payments.receipts.forms import ReceiptForm
from payments.store.base import Base
from payments.store.payments import PaymentStore
from payments.store.tables import CollectionAccountRow
from tests.payments.desk import StoreWork
from tests.payments.makers import SECRET, UNIT, FakeProvider, Recorded, draft, fake_call

FORMS = {FeeKind.PHI: ReceiptForm("01", "PH-{yy}E"), FeeKind.LE_PHI: ReceiptForm("02", "LP-{yy}E")}
PRICE = 150_000


class Crash(Exception):
    """The machine stops before the commit."""


class Lives(RuleBasedStateMachine):
    """Drives the journeys on one SQLite database and knows, apart from them, what must be true."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.engine = make_engine(f"sqlite:///{Path(self.folder.name)}/lives.db")
        # Nothing here outlives the test, so nothing needs to reach the disk.
        event.listen(self.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        Base.metadata.create_all(self.engine)
        self.provider = FakeProvider()
        self.now = datetime(2026, 11, 23, tzinfo=UTC)
        self.orders: list[str] = []
        self.transfer_references: list[str] = []
        self.references: list[str] = []
        self.kept: list[CallbackCall] = []
        # What the provider and the bank truly took: unique transactions and their amounts.
        self.taken: dict[tuple[str, str], int] = {}
        # Which transfers of an order and amount each channel told of: the bank took as many as the one that knows most.
        self.told: dict[tuple[int, int], dict[str, set[str]]] = {}
        account = CollectionAccountRow(
            id="account",
            unit_id=UNIT,
            bank_bin="970436",
            bank_name="VCB",
            account_number="0011",
            account_name="UBND",
            valid_from=self.now,
        )
        self.within(lambda store: store.add_collection_account(account))

    @initialize()
    def begin(self):
        """Every life has something to pay and a way to pay it."""
        self.open()
        self.start(0)

    def teardown(self) -> None:
        self.engine.dispose()
        self.folder.cleanup()

    def within(self, work, *, crash: bool = False):
        """Run work in one transaction; a crash rolls it back."""
        with Session(self.engine, expire_on_commit=False) as session:
            try:
                result = work(PaymentStore(session))
                if crash:
                    raise Crash
            except (PaymentsError, Crash):
                return None
            session.commit()
            return result

    @rule()
    def open(self):
        if len(self.orders) < 3:
            order = self.within(lambda store: open_order(store, draft(self.now), now=self.now, record=Recorded()))
            self.orders.append(order.id)
            self.transfer_references.append(order.transfer_reference)

    @precondition(lambda self: self.orders and len(self.references) < 6)
    @rule(which=st.integers(0, 5))
    def start(self, which):
        def work(store):
            order_id = self.orders[which % len(self.orders)]
            work = StoreWork(store, Recorded())
            return start_attempt(work, order_id, self.provider, Visitor("", ""), now=self.now, record=Recorded())

        started = self.within(work)
        if started is not None:
            self.references.append(started.reference)

    @precondition(lambda self: self.references)
    @rule(
        which=st.integers(0, 5),
        outcome=st.sampled_from(["succeeded", "succeeded", "failed", "unknown", "not-found"]),
        transaction=st.sampled_from(["T1", "T2"]),
        amount=st.sampled_from([PRICE, PRICE, PRICE, PRICE - 1]),
        honest=st.sampled_from([True, True, True, False]),
    )
    def call(self, which, outcome, transaction, amount, honest):
        reference = self.references[which % len(self.references)]
        proof = {} if honest else {"proof": "forged"}
        call = fake_call(reference, amount=amount, outcome=outcome, transaction=transaction, **proof)
        self.kept.append(call)
        self._arrives(call, crash=False)

    @precondition(lambda self: self.kept)
    @rule(which=st.integers(0, 30), crash=st.booleans())
    def call_again(self, which, crash):
        self._arrives(self.kept[which % len(self.kept)], crash=crash)

    def _arrives(self, call: CallbackCall, *, crash: bool) -> None:
        kept = self.within(lambda store: keep_callback(store, "fake", call, now=self.now))
        self.within(
            lambda store: settle_callback(store, self.provider, kept, now=self.now, record=Recorded()), crash=crash
        )
        told = json.loads(call.body)
        if not crash and (told["proof"], told["outcome"], told["amount"]) == (SECRET, "succeeded", PRICE):
            self.taken[told["reference"], told["transaction"]] = PRICE

    @precondition(lambda self: self.orders)
    @rule(
        which=st.integers(0, 2),
        number=st.sampled_from(["FT1", "FT2"]),
        amount=st.sampled_from([PRICE, PRICE, 7]),
        channel=st.sampled_from([STATEMENT, STATEMENT, "casso", "sepay"]),
    )
    def transfer(self, which, number, amount, channel):
        which %= len(self.orders)
        # A bank's reference names one credit: the same number with another amount does not exist.
        name = f"{number}-{which}-{amount}"
        money = BankTransfer(self.transfer_references[which], name, "0011", Money(amount), self.now)
        notice = replace(money, provider=channel, notice=f"{channel}-{name}")

        def work(store):
            if channel == STATEMENT:
                return settle_transfer(store, money, now=self.now, record=Recorded())
            kept = keep_callback(store, channel, CallbackCall("POST", b"", b""), now=self.now)
            return settle_notice(store, notice, callback_id=kept, now=self.now, record=Recorded())

        self.within(work)
        told = self.told.setdefault((which, amount), {})
        told.setdefault(channel, set()).add(number)
        self.taken["bank", f"{which}-{amount}"] = amount * max(map(len, told.values()))

    @precondition(lambda self: self.orders)
    @rule(which=st.integers(0, 2))
    def cancel(self, which):
        order_id = self.orders[which % len(self.orders)]
        self.within(lambda store: cancel_order(store, order_id, "Rút", now=self.now, record=Recorded()))

    @rule(hours=st.integers(1, 60))
    def time_passes(self, hours):
        self.now += timedelta(hours=hours)
        self.within(lambda store: expire_orders(store, now=self.now, record=Recorded()))

    @precondition(lambda self: self.orders)
    @rule(which=st.integers(0, 2), crash=st.booleans())
    def receipt(self, which, crash):
        order_id = self.orders[which % len(self.orders)]
        self.within(
            lambda s: issue_receipts(s, order_id, forms=FORMS, unit_name="U", now=self.now, record=Recorded()),
            crash=crash,
        )

    @invariant()
    def all_money_is_accounted_for(self):
        with Session(self.engine) as session:
            store = PaymentStore(session)
            balance = store.journal.trial_balance(UNIT)
            states = [store.get_order(order_id).state for order_id in self.orders]
            sequences = [entry.sequence for entry in store.journal.entries(UNIT, limit=1000)]
        by_kind: dict[str, int] = {}
        for row in balance.accounts:
            kind = row.account.split(":")[0]
            by_kind[kind] = by_kind.get(kind, 0) + row.balance_minor
        assert balance.holds
        assert sequences == list(range(1, len(sequences) + 1))
        assert by_kind.get("receivable", 0) == states.count("open") * PRICE == -by_kind.get("charged", 0)
        assert -by_kind.get("income", 0) == states.count("paid") * PRICE
        received = by_kind.get("clearing", 0) + by_kind.get("bank", 0)
        assert received == sum(self.taken.values())
        assert -by_kind.get("suspense", 0) == received - states.count("paid") * PRICE

    @invariant()
    def receipts_are_whole_and_gapless(self):
        with Session(self.engine) as session:
            store = PaymentStore(session)
            receipts = [receipt for order_id in self.orders for receipt in store.receipts.of_order(order_id)]
            paid = {order_id for order_id in self.orders if store.get_order(order_id).state == "paid"}
        for kind in FeeKind:
            numbers = sorted(receipt.number for receipt in receipts if receipt.kind == kind)
            assert numbers == list(range(1, len(numbers) + 1))
        assert {receipt.order_id for receipt in receipts} <= paid


Lives.TestCase.settings = settings(
    max_examples=30,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestLives = Lives.TestCase
