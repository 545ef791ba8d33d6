"""A unit's rows, newest first, a page at a time: ids sort by the time at which they were made."""

from typing import Any, TypeVar

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from payments.store.base import Base

Row = TypeVar("Row", bound=Base)


def newest_of_unit(
    session: Session,
    table: type[Row],
    unit_id: str,
    *conditions: ColumnElement[bool],
    before_id: str | None,
    limit: int,
) -> list[Row]:
    """Return a unit's rows for which the conditions hold, from the one before an id."""
    columns: Any = table
    query = select(table).where(columns.unit_id == unit_id, *conditions)
    if before_id is not None:
        query = query.where(columns.id < before_id)
    return list(session.scalars(query.order_by(columns.id.desc()).limit(limit)))
