"""INSERT … ON CONFLICT for whichever database the session is on."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from payments.store.base import Base


def insert_for(session: Session, table: type[Base], values: Mapping[str, Any]) -> Any:
    """Return the dialect's insert, which knows on_conflict_do_update."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    return insert(table).values(dict(values))
