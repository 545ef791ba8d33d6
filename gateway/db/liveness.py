"""Connections that rested are asked whether they still live before they are used; those just used are taken to."""

from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError

# In the pool's record of a connection: when it was last known to live.
_SEEN = "seen-alive"
# A question costs as much as a small write. Whoever loses a connection within this time is told of it by an error, as
# if it had been lost while it was used.
_TRUSTED_SECONDS = 1.0
# When one of an engine's connections was found dead: those not seen since may be dead as well.
_lost: WeakKeyDictionary[Engine, float] = WeakKeyDictionary()


def doubt_all(engine: Engine) -> None:
    """Have every connection of an engine asked before it is used again, because one was lost."""
    _lost[engine] = monotonic()


def ask_rested_connections(engine: Engine) -> None:
    """Have an engine's pool replace connections that died while nobody used them."""
    dialect = engine.dialect
    error: type[Exception] = dialect.loaded_dbapi.Error

    def seen(_: Any, record: Any) -> None:
        record.info[_SEEN] = monotonic()

    def ask(connection: Any, record: Any, _: Any) -> None:
        at = record.info[_SEEN]
        if monotonic() - at < _TRUSTED_SECONDS and at > _lost.get(engine, 0.0):
            return
        try:
            dialect.do_ping(connection)
        except error as problem:
            # The server went away, so no other connection of the pool lives, either.
            raise InvalidatePoolError from problem

    event.listen(engine, "connect", seen)
    event.listen(engine, "checkin", seen)
    event.listen(engine, "checkout", ask)
