"""The one way in for statement files: pure, so that it can run in the child process for untrusted files."""

from pathlib import Path

from payments.statements.camt053 import StatementLimits, parse_camt
from payments.statements.model import Statement
from payments.statements.sniff import sniff_statement

DEFAULT_LIMITS = StatementLimits()


def parse_statement(path: Path, limits: StatementLimits = DEFAULT_LIMITS) -> tuple[Statement, ...]:
    """Return the statements in a bank's file, read whole or refused whole.

    Raises:
        StatementUnreadable: Or one of its kinds: empty, of an unknown format, too large, with a document type
            declaration, with an amount that cannot be whole minor units. Never anything else for bad content.
    """
    return parse_camt(path, sniff_statement(path), limits)
