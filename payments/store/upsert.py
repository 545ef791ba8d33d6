"""Statements beside the ORM: INSERT … ON CONFLICT for either database, and objects that such a statement overtook."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from payments.store.base import Base


def insert_for(session: Session, table: type[Base], values: Mapping[str, Any]) -> Any:
    """Return the dialect's insert, which knows on_conflict_do_update."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    return insert(table).values(dict(values))


def forget(session: Session, table: type[Base], key: str) -> None:
    """Have an object of the session that a statement overtook be read anew when it is looked at next."""
    known = session.identity_map.get(identity_key(table, key))
    if known is not None:
        session.expire(known)
