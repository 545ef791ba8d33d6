"""Statements of the tests: one by the demonstration's writer, changed by hand where a test needs it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from gateway.demo.statement import BankEntry, camt053_document, entry
from payments.statements.model import Statement
from payments.statements.parse import parse_statement

ACCOUNT = "0011001234567"
DAY = date(2026, 11, 23)
CREATED = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
FEE = entry(150_000, "PHI HO SO PQ ABC", "FT26327000001")
CHARGE = entry(-11_000, "Phí dịch vụ", "FT26327000002")


def document(entries: Sequence[BankEntry] = (FEE, CHARGE), *, opening_minor: int = 1_000_000, **given: object) -> bytes:
    """A statement of one day in VND."""
    values = {"account": ACCOUNT, "day": DAY, "created_at": CREATED} | given
    return camt053_document(entries=entries, opening_minor=opening_minor, **values)  # type: ignore[arg-type]


def parsed(folder: Path, content: bytes) -> tuple[Statement, ...]:
    """What the parser makes of a file with this content."""
    path = folder / "statement.xml"
    path.write_bytes(content)
    return parse_statement(path)


def changed(content: bytes, old: str, new: str) -> bytes:
    """The document with the first occurrence of a text replaced; the text must be there."""
    assert old.encode() in content
    return content.replace(old.encode(), new.encode(), 1)
