"""Random lives of orders: whatever comes in whatever order, no dong is lost and none is counted twice."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy.orm import Session

from gateway.db.engine import make_engine
from payments.errors import PaymentsError
from payments.journeys import (
    BankTransfer,
    cancel_order,
    expire_orders,
    issue_receipts,
    keep_callback,
    open_order,
    settle_callback,
    settle_transfer,
    start_attempt,
)
from payments.model import FeeKind
from payments.money import Money
from payments.receipts.forms import ReceiptForm
from payments.store.base import Base
from payments.store.payments import PaymentStore
from tests.payments.makers import UNIT, FakeProvider, Recorded, draft, fake_call

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
        Base.metadata.create_all(self.engine)
        self.provider = FakeProvider()
        self.now = datetime(2026, 11, 23, tzinfo=UTC)
        self.orders: list[str] = []
        self.transfer_references: list[str] = []
        self.references: list[str] = []
        # What the provider and the bank truly took: unique transactions and their amounts.
        self.taken: dict[tuple[str, str], int] = {}

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
        if len(self.orders) < 4:
            order = self.within(lambda store: open_order(store, draft(self.now), now=self.now, record=Recorded()))
            self.orders.append(order.id)
            self.transfer_references.append(order.transfer_reference)

    @rule(which=st.integers(0, 3))
    def start(self, which):
        def work(store):
            return start_attempt(
                store,
                self.orders[which],
                self.provider,
                payer_address="",
                return_url="",
                now=self.now,
                record=Recorded(),
            )

        started = self.within(work) if which < len(self.orders) else None
        if started is not None:
            self.references.append(started.reference)

    @rule(
        which=st.integers(0, 7),
        outcome=st.sampled_from(["succeeded", "succeeded", "failed", "unknown", "not-found"]),
        transaction=st.sampled_from(["T1", "T2"]),
        amount=st.sampled_from([PRICE, PRICE, PRICE, PRICE - 1]),
        honest=st.sampled_from([True, True, True, False]),
        crash=st.sampled_from([False, False, True]),
    )
    def call(self, which, outcome, transaction, amount, honest, crash):
        if which >= len(self.references):
            return
        reference = self.references[which]
        proof = {} if honest else {"proof": "forged"}
        call = fake_call(reference, amount=amount, outcome=outcome, transaction=transaction, **proof)
        kept = self.within(lambda store: keep_callback(store, "fake", call, now=self.now))

        def work(store):
            return settle_callback(store, self.provider, kept, now=self.now, record=Recorded())

        self.within(work, crash=crash)
        if honest and outcome == "succeeded" and amount == PRICE and not crash:
            self.taken[reference, transaction] = amount

    @rule(which=st.integers(0, 3), number=st.sampled_from(["FT1", "FT2"]), amount=st.sampled_from([PRICE, PRICE, 7]))
    def transfer(self, which, number, amount):
        if which >= len(self.orders):
            return
        # A bank's reference names one credit: the same number with another amount does not exist.
        number = f"{number}-{which}-{amount}"
        money = BankTransfer(self.transfer_references[which], number, "0011", Money(amount), self.now)
        self.within(lambda store: settle_transfer(store, money, now=self.now, record=Recorded()))
        self.taken["bank", number] = amount

    @rule(which=st.integers(0, 3))
    def cancel(self, which):
        if which < len(self.orders):
            self.within(lambda s: cancel_order(s, self.orders[which], "Rút", now=self.now, record=Recorded()))

    @rule(hours=st.integers(1, 60))
    def time_passes(self, hours):
        self.now += timedelta(hours=hours)
        self.within(lambda store: expire_orders(store, now=self.now, record=Recorded()))

    @rule(which=st.integers(0, 3), crash=st.booleans())
    def receipt(self, which, crash):
        if which < len(self.orders):
            order_id = self.orders[which]
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
    max_examples=60,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestLives = Lives.TestCase
