"""Which servers were silent, in the database: one process waits for a dead responder, and the others know."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from certs.revocation.circuit import REST_RULES
from certs.service_health import RestRules
from gateway.db.tables.authorities import SilentServerRow
from gateway.db.unit_of_work import UnitOfWork

log = structlog.get_logger()
NAME_LENGTH = 300
# Addresses come out of certificates that anybody may send in; what nobody asked for a day is forgotten.
FORGOTTEN_AFTER = timedelta(days=1)


def utc_now() -> datetime:
    """Return the wall clock's time, which all processes share."""
    return datetime.now(UTC)


class SharedRests:
    """The records of all processes; each is read and written in a moment of its own, never during a call."""

    def __init__(
        self,
        open_work: Callable[..., UnitOfWork],
        rules: RestRules = REST_RULES,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """Remember how a transaction is opened."""
        self._open_work = open_work
        self._rules = rules
        self._clock = clock

    def claim_turn(self, server: str) -> bool:
        """Say whether a server may be asked; of a rested one, one process alone hears yes until its try has ended."""
        with self._open_work(read_only=True) as work:
            row = work.session.get(SilentServerRow, server[:NAME_LENGTH])
            if row is None or row.failures < self._rules.after_failures:
                return True
            failures, until = row.failures, row.resting_until
        now = self._clock()
        if now < until:
            return False
        ours = (
            update(SilentServerRow)
            .where(SilentServerRow.server == server[:NAME_LENGTH], SilentServerRow.resting_until == until)
            .values(resting_until=now + self._rest(failures))
            .returning(SilentServerRow.server)
        )
        with self._open_work() as work:
            claimed = work.session.scalars(ours).first() is not None
            work.commit()
            return claimed

    def failed(self, server: str) -> None:
        """Note that it was silent; it rests, and longer each time."""
        name, now = server[:NAME_LENGTH], self._clock()
        try:
            with self._open_work() as work:
                row = work.session.get(SilentServerRow, name, with_for_update=True)
                if row is None:
                    work.session.execute(
                        delete(SilentServerRow).where(SilentServerRow.resting_until < now - FORGOTTEN_AFTER)
                    )
                    row = SilentServerRow(server=name, failures=0, resting_until=now)
                    work.session.add(row)
                row.failures += 1
                row.resting_until = now + self._rest(row.failures)
                work.commit()
        except IntegrityError:
            # Another process noted the same silence at the same moment.
            log.info("silence was noted by another process", server=name)

    def succeeded(self, server: str) -> None:
        """Forget that it was silent, where that was known."""
        name = server[:NAME_LENGTH]
        with self._open_work(read_only=True) as work:
            known = work.session.get(SilentServerRow, name) is not None
        if known:
            with self._open_work() as work:
                work.session.execute(delete(SilentServerRow).where(SilentServerRow.server == name))
                work.commit()

    def _rest(self, failures: int) -> timedelta:
        return timedelta(seconds=self._rules.rest_seconds(failures))
