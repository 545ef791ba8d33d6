"""A short way to open orders, start attempts and settle calls."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from payments.events import DomainEvent
from payments.journeys import Visitor, keep_callback, open_order, settle_callback, start_attempt
from payments.ledger.balances import TrialBalance
from payments.model import CallbackCall, Settlement
from payments.providers.base import Provider
from payments.store.payments import PaymentStore
from tests.payments.makers import LATER, UNIT, FakeProvider, Recorded, draft

OpenStore = Callable[[], AbstractContextManager[PaymentStore]]


@dataclass
class StoreWork:
    """A store as the journeys that commit see it: the transaction goes on after a commit."""

    payments: PaymentStore
    recorded: Recorded

    def happened(self, type_: str, subject_id: str, unit_id: str, data: Mapping[str, Any], now: datetime) -> str:
        self.recorded(DomainEvent(type_, unit_id, subject_id, data))
        return "event"

    def commit(self) -> None:
        self.payments._session.commit()


@dataclass
class Desk:
    """What the journeys' tests work with."""

    open_store: OpenStore
    at: datetime
    provider: FakeProvider
    recorded: Recorded

    def open(self, **more: Any) -> str:
        with self.open_store() as store:
            return open_order(store, draft(self.at, **more), now=self.at, record=self.recorded).id

    def start(self, order_id: str, provider: Provider | None = None) -> str:
        with self.open_store() as store:
            visitor = Visitor("203.0.113.7", "https://cong.example/return")
            work = StoreWork(store, self.recorded)
            return start_attempt(
                work, order_id, provider or self.provider, visitor, now=self.at, record=self.recorded
            ).reference

    def call(self, call: CallbackCall, provider: Provider | None = None, *, now: datetime = LATER) -> Settlement:
        used = provider or self.provider
        with self.open_store() as store:
            kept = keep_callback(store, used.name, call, now=now)
        return self.settle(kept, used, now=now)

    def settle(self, callback_id: str, provider: Provider | None = None, *, now: datetime = LATER) -> Settlement:
        with self.open_store() as store:
            return settle_callback(store, provider or self.provider, callback_id, now=now, record=self.recorded)

    def balance(self) -> TrialBalance:
        with self.open_store() as store:
            return store.journal.trial_balance(UNIT)

    def order_state(self, order_id: str) -> str:
        with self.open_store() as store:
            return store.get_order(order_id).state

    def attempt_states(self, order_id: str) -> list[str]:
        with self.open_store() as store:
            return [attempt.state for attempt in store.attempts_of(order_id)]
