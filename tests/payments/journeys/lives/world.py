"""Where random lives happen: one migrated database, one unit, its provider, drawer and clock, and crashes."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from gateway.db.engine import make_engine
from payments.errors import PaymentsError, ProviderUnknown
from payments.store.payments import PaymentStore
from payments.store.tables import CollectionAccountRow
from tests.payments.desk import StoreWork
from tests.payments.makers import FakeProvider, Recorded

ACCOUNT = "0011"
BEGIN = datetime(2026, 11, 23, tzinfo=UTC)


class Crash(Exception):
    """The machine stops."""


@dataclass
class Cash:
    """Where the cash truly is that the counter took, apart from what the books say."""

    drawer: int = 0
    on_its_way: int = 0
    in_the_bank: int = 0


@dataclass
class World:
    """A fuse stops the machine at any statement that it waits for."""

    engine: Engine
    unit: str
    provider: FakeProvider = field(default_factory=FakeProvider)
    now: datetime = BEGIN
    fuse: int | None = None
    cash: Cash = field(default_factory=Cash)
    # Pay-ins that may still go on, by id; and those that arrived, with the statement's entry.
    pay_ins: dict[str, int] = field(default_factory=dict)
    arrived: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        event.listen(self.engine, "before_cursor_execute", self._burn)
        account = CollectionAccountRow(
            id=self.unit,
            unit_id=self.unit,
            bank_bin="970436",
            bank_name="VCB",
            account_number=ACCOUNT,
            account_name="UBND",
            valid_from=self.now - timedelta(days=1),
        )
        self.attempt(lambda work: work.payments.add_collection_account(account))

    def end(self) -> None:
        """Leave the engine as it was."""
        event.remove(self.engine, "before_cursor_execute", self._burn)

    def _burn(self, *_: Any) -> None:
        if self.fuse is not None:
            self.fuse -= 1
            if self.fuse < 0:
                raise Crash

    def named(self, name: str) -> FakeProvider:
        """Return a provider as the registry does: counter and statements are none."""
        if name != self.provider.name:
            raise ProviderUnknown(name)
        return self.provider

    @contextmanager
    def work(self) -> Iterator[StoreWork]:
        with Session(self.engine, expire_on_commit=False) as session:
            yield StoreWork(PaymentStore(session), Recorded())

    @contextmanager
    def stopping_at(self, fuse: int | None) -> Iterator[None]:
        """Let the machine stop after so many statements; what is refused or stopped is over without a word."""
        self.fuse = fuse
        try:
            yield
        except (PaymentsError, Crash):
            pass
        finally:
            self.fuse = None

    def attempt(self, action: Callable[[StoreWork], Any], fuse: int | None = None) -> Any:
        """Do an action in one transaction; None where it is refused or the machine stops."""
        done: list[Any] = []
        with self.stopping_at(fuse), self.work() as work:
            result = action(work)
            work.commit()
            done.append(result)
        return done[0] if done else None


def engine_in_memory(template: Path) -> Engine:
    """Return an engine of which each new connection is a new copy of a migrated database: disposing of it is a wipe.

    Lives in turn share the engine, because what SQLAlchemy compiles is kept with it.
    """
    engine = make_engine("sqlite://")

    def copy(connection: sqlite3.Connection, _: Any) -> None:
        source = sqlite3.connect(template)
        try:
            source.backup(connection)
        finally:
            source.close()

    event.listen(engine, "connect", copy)
    return engine
