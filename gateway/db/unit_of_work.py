"""One transaction with the stores that see it; commits whole or not at all."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, insert
from sqlalchemy.orm import Session

from certs.model import PARTNER_PURPOSES, Purpose, TrustAnchor
from certs.store import CertificateStore
from certs.trusted_lists.store import LISTED_PURPOSES, TrustedListStore
from config.identifiers import new_id
from config.queued_writes import QUEUE, QueuedWrite, queue_of
from gateway.db import audit
from gateway.db.engine import READ_ONLY
from gateway.db.outbox import Outbox
from gateway.db.pipelining import pipelined
from gateway.db.tables.work import EventRow
from payments.store.payments import PaymentStore
from payments.store.statements import StatementStore
from signing.store import SigningStore

_ADD_EVENT = QueuedWrite(insert(EventRow))


class UnitOfWork:
    """A transaction: what is written through it is kept only by commit().

    Events become webhook deliveries, and outbox rows wake workers, after the commit; audit facts are chained last, so
    that the chain's lock is held only while the transaction commits.
    """

    def __init__(
        self, engine: Engine | Connection, after_commit: Callable[[], None], *, read_only: bool = False
    ) -> None:
        bind = engine.execution_options(**{READ_ONLY: True}) if read_only else engine
        self.session = Session(bind, expire_on_commit=False)
        self._after_commit = after_commit
        self._facts: list[audit.AuditFact] = []
        self._work_became_due = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.session.close()

    @cached_property
    def certificates(self) -> CertificateStore:
        return CertificateStore(self.session)

    @cached_property
    def trusted_lists(self) -> TrustedListStore:
        return TrustedListStore(self.session)

    def anchors(self, purpose: Purpose | None = None) -> tuple[TrustAnchor, ...]:
        """Return the anchors in the database, whoever vouches for them: two persons, or a trusted list.

        Those of one purpose, or all under which signatures and time-stamps may stand.
        """
        installed = self.certificates.anchors(purpose)
        if purpose is not None:
            return (*installed, *(self.trusted_lists.anchors([purpose]) if purpose in LISTED_PURPOSES else ()))
        for_signatures = (anchor for anchor in installed if anchor.purpose not in PARTNER_PURPOSES)
        return (*for_signatures, *self.trusted_lists.anchors())

    @cached_property
    def signing(self) -> SigningStore:
        return SigningStore(self.session)

    @cached_property
    def payments(self) -> PaymentStore:
        return PaymentStore(self.session)

    @cached_property
    def statements(self) -> StatementStore:
        return StatementStore(self.session)

    @cached_property
    def outbox(self) -> Outbox:
        return Outbox(self.session)

    def due(self, kind: str, subject_id: str, unit_id: str, now: datetime, *, at: datetime | None = None) -> None:
        """Make a task due with this transaction."""
        self.outbox.put(kind, subject_id, unit_id, at or now, now)
        self._work_became_due = True

    def happened(self, type_: str, subject_id: str, unit_id: str, data: Mapping[str, Any], now: datetime) -> str:
        """Record an event; a worker turns it into deliveries. Returns the event's id."""
        event_id = new_id()
        row = {
            "id": event_id,
            "unit_id": unit_id,
            "type": type_,
            "subject_id": subject_id,
            "data": dict(data),
            "occurred_at": now,
        }
        _ADD_EVENT(self.session, row)
        self.due("event-fan-out", event_id, unit_id, now)
        return event_id

    def audited(self, actor: str, action: str, subject_id: str, unit_id: str, now: datetime, **details: object) -> None:
        """Note who did what; it is chained when the transaction commits."""
        self._facts.append(audit.AuditFact(unit_id, actor, action, subject_id, now, details))

    def commit_ahead(self) -> None:
        """Commit what was queued, without waiting where that is possible: the next commit raises what fails.

        So this one is on its way before anything else is done, and it is there whenever the next one is.
        """
        self.session.flush()
        queue = queue_of(self.session)
        if self._facts or queue is None or not queue.send_ahead():
            self.commit()

    def commit(self) -> None:
        """Write the audit chain, commit, then wake the workers if something became due."""
        self.session.flush()
        if self._facts:
            audit.append(self.session, self._facts)
            self._facts = []
        self.session.commit()
        if self._work_became_due:
            self._work_became_due = False
            self._after_commit()


@contextmanager
def pipelined_work(engine: Engine, after_commit: Callable[[], None]) -> Iterator[UnitOfWork]:
    """Open a transaction, and more after its commits, on one connection; writes are sent without waiting for each."""
    with (
        engine.connect() as connection,
        pipelined(connection) as queue,
        UnitOfWork(connection, after_commit) as work,
    ):
        if queue is not None:
            work.session.info[QUEUE] = queue
        yield work
