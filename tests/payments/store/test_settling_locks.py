"""Which row is locked first decides whether two transactions can wait for each other: the order, everywhere."""

import threading

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from payments.store.payments import PaymentStore


def test_settling_locks_the_order_before_its_attempt(desk, paying, engine: Engine):
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    order_id, reference = paying(desk)
    locked = threading.Event()

    def settle():
        with Session(engine) as session:
            assert PaymentStore(session).settling.lock("fake", reference) is not None
            locked.set()

    with Session(engine) as holder:
        holder.execute(text("SELECT 1 FROM payment_attempts FOR UPDATE"))
        waiting = threading.Thread(target=settle)
        waiting.start()
        # It has the order and waits for the attempt, so nobody else gets the order.
        for _ in range(100):
            with engine.connect() as other:
                try:
                    query = text("SELECT 1 FROM fee_orders WHERE id = :id FOR UPDATE NOWAIT")
                    other.execute(query, {"id": order_id})
                except OperationalError:
                    break
            waiting.join(0.05)
        else:
            pytest.fail("the order was never locked while its attempt was waited for")
        assert not locked.is_set()
    waiting.join(10)
    assert locked.is_set()
