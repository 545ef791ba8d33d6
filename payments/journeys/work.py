"""One transaction of the gateway's, as far as payments need it."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

from payments.events import DomainEvent, Record
from payments.store.payments import PaymentStore


class PaymentWork(Protocol):
    """A transaction: what is written through it is kept only by commit(), after which it goes on as a new one."""

    @property
    def payments(self) -> PaymentStore: ...

    def happened(self, type_: str, subject_id: str, unit_id: str, data: Mapping[str, Any], now: datetime) -> str: ...

    def commit(self) -> None: ...


OpenWork = Callable[[], AbstractContextManager[PaymentWork]]


def recorder_of(work: PaymentWork, now: datetime) -> Record:
    """Return the port through which a sweep tells what happened."""

    def record(event: DomainEvent) -> None:
        work.happened(event.type, event.subject_id, event.unit_id, event.data, now)

    return record
