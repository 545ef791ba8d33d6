"""Lists by opaque cursors: newest first, stable while rows are added."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, Field

from gateway.refusal import ApiProblem

Row = TypeVar("Row")


class PageQuery(BaseModel):
    """Which page of a list is wanted."""

    limit: int = Field(50, ge=1, le=200, description="How many rows at most")
    cursor: str | None = Field(None, max_length=200, description="next_cursor of the page before")

    def before_id(self) -> str | None:
        """Return the id that the page comes after, read from the cursor."""
        if self.cursor is None:
            return None
        try:
            return base64.urlsafe_b64decode(self.cursor.encode()).decode("ascii")
        except (binascii.Error, ValueError):
            raise ApiProblem("cursor-invalid") from None


def page_body(
    rows: Sequence[Row], query: PageQuery, identity: Callable[[Row], str], render: Callable[[Row], dict[str, Any]]
) -> dict[str, Any]:
    """Return one page: its items and, if it is full, the cursor of the next."""
    full = len(rows) == query.limit
    cursor = base64.urlsafe_b64encode(identity(rows[-1]).encode()).decode() if full else None
    return {"items": [render(row) for row in rows], "next_cursor": cursor}
