"""Statements: our strict reading against the least that any reading of the same file costs."""

from datetime import UTC, date, datetime
from pathlib import Path

from lxml import etree

from benchmarks.frame import Comparison, benchmark
from gateway.demo.statement import BankEntry, BankTransfer, camt053_document
from payments.statements.parse import parse_statement

ENTRIES = 10_000


@benchmark("camt053-parse", unit="entries")
def camt053_parse(folder: Path) -> Comparison:
    """Every field of every entry, checked, against an lxml iterparse that looks at nothing."""
    path = folder / "statement.xml"
    path.write_bytes(_document())

    def ours() -> int:
        return sum(len(statement.entries) for statement in parse_statement(path))

    def bare() -> int:
        count = 0
        for _, element in etree.iterparse(path, events=("end",), tag="{*}Ntry"):
            count += 1
            element.clear()
            parent = element.getparent()
            while parent is not None and element.getprevious() is not None:
                del parent[0]
        return count

    return Comparison(ENTRIES, ours, "bare lxml iterparse of the file", bare)


def _document() -> bytes:
    entries = [
        BankEntry(
            (BankTransfer(10_000 + number, f"NOP PHI HO SO {number}", None, f"E2E{number}", "NGUYEN VAN A", "970436"),),
            f"FT{number:012d}",
        )
        for number in range(ENTRIES)
    ]
    return camt053_document(
        account="0011001234567",
        day=date(2026, 11, 23),
        opening_minor=0,
        entries=entries,
        created_at=datetime(2026, 11, 23, tzinfo=UTC),
    )
