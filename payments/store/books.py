"""What the books must agree with: the queries of differences.sql, which share no code with what wrote the rows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from payments.store.tables import ProviderCallbackRow, ProviderEventRow

_SECTION = re.compile(r"^-- name: ([a-z-]+)$", re.MULTILINE)


def _queries() -> dict[str, str]:
    _, *parts = _SECTION.split(Path(__file__).with_name("differences.sql").read_text(encoding="utf-8"))
    named = {name: query.strip() for name, query in zip(parts[::2], parts[1::2], strict=True)}
    legs = named.pop("legs")
    return {name: f"{legs}\n{query}" for name, query in named.items()}


DIFFERENCES: Final = _queries()


@dataclass(frozen=True)
class Difference:
    """One difference: its kind, the row, what should stand there and what does."""

    kind: str
    subject_id: str
    expected: int
    found: int


class Books:
    """A unit's books as its other rows say they must be."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def differences(self, unit_id: str) -> Iterator[Difference]:
        """Name every difference between the journal and what it was made from."""
        for kind, query in DIFFERENCES.items():
            for subject_id, expected, found in self._session.execute(text(query), {"unit": unit_id}):
                yield Difference(kind, subject_id, int(expected), int(found))

    def proven_reports(self, unit_id: str) -> Iterator[tuple[ProviderEventRow, ProviderCallbackRow]]:
        """Return each report that came by a call with the call as it was kept, oldest first."""
        query = (
            select(ProviderEventRow, ProviderCallbackRow)
            .join(ProviderCallbackRow, ProviderCallbackRow.id == ProviderEventRow.callback_id)
            .where(ProviderEventRow.unit_id == unit_id, ProviderCallbackRow.method.in_(("GET", "POST")))
            .order_by(ProviderEventRow.recorded_at)
        )
        yield from self._session.execute(query).yield_per(500)
