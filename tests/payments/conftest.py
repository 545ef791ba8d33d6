"""A database with the payments' tables and triggers, and a provider that is a friend of the tests."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from gateway.db.engine import make_engine
from payments.store.payments import PaymentStore
from tests.payments.desk import Desk, OpenStore
from tests.payments.makers import FakeProvider, Recorded


@pytest.fixture
def at() -> datetime:
    """The moment at which tests happen."""
    return datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Each database in turn, with tables and triggers."""
    made = make_engine(database_url)
    yield made
    made.dispose()


@pytest.fixture
def open_store(engine: Engine) -> OpenStore:
    """Open a transaction that commits at its end and rolls back on an error."""

    @contextmanager
    def opened() -> Iterator[PaymentStore]:
        with Session(engine, expire_on_commit=False) as session:
            yield PaymentStore(session)
            session.commit()

    return opened


@pytest.fixture
def desk(open_store: OpenStore, at: datetime) -> Desk:
    return Desk(open_store, at, FakeProvider(), Recorded())


@pytest.fixture
def paying() -> Callable[[Desk], tuple[str, str]]:
    """Open an order and start an attempt; returns the order's id and the attempt's reference."""

    def opened(desk: Desk) -> tuple[str, str]:
        order_id = desk.open()
        return order_id, desk.start(order_id)

    return opened
